//! The log on stderr.

use std::io::IsTerminal as _;

use tracing_subscriber::EnvFilter;

use super::{
    args::{Args, LogFormat},
    exit::Exit,
};

/// Sets the log up, once for the whole program.
pub(super) fn start(args: &Args) -> Result<(), Exit> {
    let filter = EnvFilter::try_new(&args.log_filter)
        .map_err(|error| Exit::Config(format!("--log-filter {:?}: {error}", args.log_filter)))?;
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        // It would be told on stderr, and panic where that is what fails: on a full disk, say.
        .log_internal_errors(false)
        .with_writer(std::io::stderr);
    let started = match args.log {
        LogFormat::Human => builder
            .with_ansi(std::io::stderr().is_terminal())
            .try_init(),
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
    };
    started.map_err(|error| Exit::Software(format!("failed to start the log: {error}")))
}
