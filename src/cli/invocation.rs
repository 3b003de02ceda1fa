//! What every subcommand gets.

use std::{
    io::{self, Write as _},
    path::{self, Path},
};

use super::{
    args::Args,
    exit::{Code, ExitError},
};
use crate::{
    claude::sandbox::Account,
    config::{self, Config, Environment, Machine},
};

pub(super) struct Invocation {
    pub(super) args: Args,
    pub(super) environment: Environment,
    pub(super) machine: Machine,
}

impl Invocation {
    pub(super) fn config(&self) -> Result<Config, ExitError> {
        config::load(
            self.args.config.as_deref(),
            &self.environment,
            &self.machine,
        )
        .map_err(|error| Code::Config.exit(error))
    }
}

impl Invocation {
    /// The configuration of a file with this text.
    pub(super) fn config_of(&self, text: &str, file: &Path) -> Result<Config, ExitError> {
        let file = path::absolute(file).map_err(|error| Code::Files.exit(error))?;
        let folder = file.parent().unwrap_or(Path::new("/"));
        let config = Config::from_json(text, folder, &self.environment, &self.machine);
        config.map_err(|error| {
            Code::Config.exit(format!("invalid configuration in the backup:\n{error}"))
        })
    }
}

/// The account that the CLI runs as, if it is another one and exists.
pub(super) fn account(config: &Config) -> Option<Account> {
    let wanted = config.claude.run_as.as_deref()?;
    Account::find(wanted).ok().flatten()
}

/// The environment of the CLI, which runs as this account.
pub(super) fn claude_environment(own: &Environment, account: Option<&Account>) -> Environment {
    account.map_or_else(|| own.clone(), |account| account.environment(own))
}

/// Writes to stdout. A reader that has closed the pipe is no error.
pub(super) fn say(text: &str) -> Result<(), ExitError> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(Code::Files.exit(format!("failed to write to stdout: {error}")))
        }
        _ => Ok(()),
    }
}
