//! The log on stderr. Secrets are redacted at all levels and from all crates.

use std::{
    backtrace::{Backtrace, BacktraceStatus},
    fs,
    io::{self, IsTerminal as _, Write},
    panic::{self, PanicHookInfo},
    path::PathBuf,
    sync::{Arc, PoisonError, RwLock},
};

use tracing_subscriber::{EnvFilter, layer::SubscriberExt as _, util::SubscriberInitExt as _};

use super::{
    args::{Args, LogFormat},
    exit::{Code, ExitError},
    invocation::account,
};
use crate::{
    claude::sandbox::Account,
    config::{Config, Environment, Token},
    dashboard::{Credentials, LogTail},
    redact::{Redactor, Secret, secrets},
};

#[derive(Debug, Clone)]
pub(super) struct Log {
    redactor: Arc<RwLock<Arc<Redactor>>>,
    tail: LogTail,
}

/// Starts the log. Secrets in the environment are redacted from the first line on.
pub(super) fn start(args: &Args, environment: &Environment) -> Result<Log, ExitError> {
    let filter = EnvFilter::try_new(&args.log_filter).map_err(|error| {
        Code::Config.exit(format!("--log-filter {:?}: {error}", args.log_filter))
    })?;
    let redactor = Redactor::new(&secrets::of_environment(environment, &[]));
    let log = Log {
        redactor: Arc::new(RwLock::new(Arc::new(redactor))),
        tail: LogTail::default(),
    };
    let writer = {
        let log = log.clone();
        move || Writer {
            redactor: log.redactor(),
            out: io::stderr(),
        }
    };
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        // Printing errors to stderr panics if that fails too, such as on a full disk.
        .log_internal_errors(false)
        .with_writer(writer);
    let started = match args.log {
        LogFormat::Human => {
            let builder = builder.with_ansi(io::stderr().is_terminal());
            builder.finish().with(log.tail()).try_init()
        }
        LogFormat::Json => {
            let builder = builder.json().flatten_event(true);
            builder.finish().with(log.tail()).try_init()
        }
    };
    started.map_err(|error| Code::Software.exit(format!("failed to start the log: {error}")))?;
    panic::set_hook(Box::new(log_panic));
    Ok(log)
}

impl Log {
    /// The end of the log, for the dashboard.
    pub(super) fn tail(&self) -> LogTail {
        self.tail.clone()
    }

    /// Also redacts the token, the CLI's login, secrets in its arguments and the dashboard's from now on. Returns the
    /// redactor.
    pub(super) fn hide(
        &self,
        token: &Token,
        config: &Config,
        environment: &Environment,
        dashboard: Option<&Credentials>,
    ) -> Arc<Redactor> {
        let mut held = held(Some(token), config, environment);
        held.extend(dashboard.into_iter().flat_map(Credentials::secrets));
        let redactor = Arc::new(Redactor::new(&held));
        let mut known = self
            .redactor
            .write()
            .unwrap_or_else(PoisonError::into_inner);
        *known = Arc::clone(&redactor);
        redactor
    }

    fn redactor(&self) -> Arc<Redactor> {
        let known = self.redactor.read().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(&known)
    }
}

/// The token, the CLI's login, and the secrets in the environment and the configuration.
pub(super) fn held(
    token: Option<&Token>,
    config: &Config,
    environment: &Environment,
) -> Vec<Secret> {
    // Problems with the account are reported where it is used.
    let account = account(config);
    let mut held = secrets::of_environment(environment, &config.claude.pass_env);
    held.extend(token.into_iter().flat_map(secrets::of_token));
    held.extend(secrets::of_arguments(&config.claude.extra_args));
    held.extend(secrets::of_arguments(&config.private_json()));
    held.extend(login(environment, account.as_ref()));
    held
}

/// The tokens that the CLI, running as `account`, has saved where its tools can read them. Tokens that it gets later are
/// only recognized by their format.
fn login(environment: &Environment, account: Option<&Account>) -> Vec<Secret> {
    match account {
        Some(account) => account.with_its_rights(|| login_in(&account.environment(environment))),
        None => login_in(environment),
    }
}

fn login_in(environment: &Environment) -> Vec<Secret> {
    let folder = match environment.get("CLAUDE_CONFIG_DIR") {
        Some(folder) => PathBuf::from(folder),
        None => environment.home().unwrap_or_default().join(".claude"),
    };
    let path = folder.join(".credentials.json");
    match fs::read_to_string(&path) {
        Ok(text) => secrets::of_login(&text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => {
            tracing::warn!(path = %path.display(), %error, "failed to read the CLI's login; its tokens are not redacted");
            Vec::new()
        }
    }
}

/// Redacts and writes events, each of which comes in a single call.
struct Writer<W> {
    redactor: Arc<Redactor>,
    out: W,
}

impl<W: Write> Write for Writer<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let text = String::from_utf8_lossy(bytes);
        let redacted = self.redactor.redact(&text);
        self.out.write_all(redacted.text.as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.out.flush()
    }
}

/// Logs a panic as an event, so that its message is redacted.
fn log_panic(info: &PanicHookInfo<'_>) {
    let message = info.payload_as_str().unwrap_or("no message");
    let at = info.location().map(ToString::to_string);
    let backtrace = Backtrace::capture();
    match backtrace.status() {
        BacktraceStatus::Captured => tracing::error!(at, %backtrace, "a task panicked: {message}"),
        _ => tracing::error!(at, "a task panicked: {message}"),
    }
}

#[cfg(test)]
mod tests;
