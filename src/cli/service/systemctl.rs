//! Asking systemd's manager, by its own program.

use std::{io, path::PathBuf, time::Duration};

use tokio::runtime::Runtime;

use super::unit::NAME;
use crate::{
    claude::process,
    cli::{
        exit::{Code, ExitError},
        invocation::{Invocation, say},
        run,
    },
    config::locate,
};

/// How long a start may take, after a bot that runs has stopped.
const PATIENCE: Duration = Duration::from_mins(2);

/// Where an account's own manager listens.
const OF_LOGIN: [&str; 2] = ["XDG_RUNTIME_DIR", "DBUS_SESSION_BUS_ADDRESS"];

pub(super) struct Systemctl<'a> {
    program: PathBuf,
    invocation: &'a Invocation,
    pub(super) is_user: bool,
    runtime: Runtime,
}

impl<'a> Systemctl<'a> {
    /// Finds the manager of the system or of this account; the error says what is missing, and what to do.
    pub(super) fn open(invocation: &'a Invocation, is_user: bool) -> Result<Self, ExitError> {
        let without = "`switchboard service install --print` shows the unit; without systemd, have another supervisor start \
                       `switchboard run`";
        let program = locate::program("systemctl", &invocation.environment);
        let program = program.ok_or_else(|| {
            Code::Failed.exit(format!(
                "systemd is not installed: there is no systemctl. {without}"
            ))
        })?;
        let this = Self {
            program,
            invocation,
            is_user,
            runtime: run::runtime()?,
        };
        let ran = this.run(&["is-system-running"]);
        let state = ran.map_or_else(|error| error.to_string(), |(_, output)| output);
        let state = state.trim();
        let runs = [
            "running",
            "degraded",
            "starting",
            "initializing",
            "maintenance",
        ];
        if runs.contains(&state) {
            return Ok(this);
        }
        Err(Code::Failed.exit(if is_user {
            format!(
                "systemd does not run for your account ({state}): log in as this account itself, by SSH or on the console, not by \
                 su or sudo; or, as root, install the service of the system. {without}"
            )
        } else {
            format!("this machine was not started by systemd ({state}), as in most containers. {without}")
        }))
    }

    /// Runs systemctl. Returns whether it succeeded, and what it printed.
    pub(super) fn run(&self, arguments: &[&str]) -> io::Result<(bool, String)> {
        let arguments = [&["--user"][..usize::from(self.is_user)], arguments].concat();
        let environment = &self.invocation.environment;
        let variables = OF_LOGIN.map(str::to_owned);
        let ran = process::run_tool(PATIENCE, &self.program, &arguments, environment, &variables);
        let ran = self.runtime.block_on(ran)?;
        Ok((ran.succeeded, ran.output))
    }

    /// The file that systemd has the unit from, if it knows it.
    pub(super) fn unit_file(&self) -> Result<Option<PathBuf>, ExitError> {
        let shown = self.run(&["show", NAME, "--property=FragmentPath"]);
        let (_, shown) = shown.map_err(|error| Code::Failed.exit(error))?;
        let path = shown
            .lines()
            .find_map(|it| it.strip_prefix("FragmentPath="));
        Ok(path.filter(|path| !path.is_empty()).map(PathBuf::from))
    }

    /// Runs a command that changes something, and says so.
    pub(super) fn change(&self, arguments: &[&str]) -> Result<(), ExitError> {
        let user = if self.is_user { "--user " } else { "" };
        let command = format!("systemctl {user}{}", arguments.join(" "));
        say(&format!("Runs: {command}\n"))?;
        let failed = |reason: String| {
            let log = log(self.is_user);
            Code::Failed.exit(format!("`{command}` failed: {reason}\nthe log: `{log}`"))
        };
        match self.run(arguments) {
            Ok((true, _)) => Ok(()),
            Ok((false, output)) => Err(failed(output.trim().to_owned())),
            Err(error) => Err(failed(error.to_string())),
        }
    }
}

/// What shows the last lines of the log.
pub(super) fn log(is_user: bool) -> &'static str {
    if is_user {
        "journalctl --user -u switchboard -n 50"
    } else {
        "journalctl -u switchboard -n 50"
    }
}
