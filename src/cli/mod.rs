//! The command line: runs one subcommand and returns an exit code.

mod access;
mod args;
mod backup;
mod check;
mod dashboard;
#[cfg(feature = "demo")]
mod demo;
mod doctor;
mod exit;
mod finding;
mod init;
mod invocation;
mod logs;
mod reexec;
mod reload;
mod replay;
mod restore;
mod run;
mod service;
mod sessions;

#[cfg(feature = "demo")]
pub use demo::is_stand_in;

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use clap::{CommandFactory as _, Parser as _};

use self::{
    args::{Args, Job},
    exit::ExitError,
    invocation::{Invocation, say},
};
use crate::config::{self, Machine};

/// The arguments, for man pages and completions.
pub fn command() -> clap::Command {
    Args::command()
}

/// Runs the program and writes errors to stderr.
pub fn main() -> ExitCode {
    make_undumpable();
    // Before anything else, because it restarts the program.
    let environment = reexec::environment();
    let args = Args::parse();
    let job = args.job.clone();
    let invocation = Invocation {
        args,
        environment,
        machine: Machine::capture(),
    };
    let result = match job {
        Job::Run(options) => run::run(&invocation, options),
        #[cfg(feature = "demo")]
        Job::Demo(options) => demo::demo(&invocation, &options),
        Job::Sessions(options) => sessions::sessions(&invocation, &options),
        Job::Dashboard { admin } => dashboard::dashboard(&invocation, admin),
        Job::Init(options) => init::init(&invocation, &options),
        Job::Check(options) => check::check(&invocation, &options),
        Job::Doctor(options) => doctor::doctor(&invocation, &options),
        Job::Backup(options) => backup::backup(&invocation, &options),
        Job::Restore { file } => restore::restore(&invocation, &file),
        Job::Service(options) => service::service(&invocation, &options),
        Job::Reload => reload::reload(&invocation),
        Job::Replay { file } => replay::replay(&invocation, &file),
        Job::Schema { markdown: true } => say(&config::tables()),
        Job::Schema { markdown: false } => say(&format!("{:#}\n", config::schema())),
        Job::Completions { shell } => {
            let mut text = Vec::new();
            clap_complete::generate(shell, &mut command(), "switchboard", &mut text);
            say(&String::from_utf8_lossy(&text))
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(ExitError { code, message }) => {
            if tracing::dispatcher::has_been_set() {
                tracing::error!("{message}");
            } else if !message.is_empty() {
                drop(writeln!(io::stderr(), "switchboard: {message}"));
            }
            ExitCode::from(code as u8)
        }
    }
}

/// Prevents other processes of this user, including the CLI's tools, from reading this one's memory, environment and open
/// files through `/proc`. Root still can; `check` warns about that.
fn make_undumpable() {
    use rustix::process::{DumpableBehavior, set_dumpable_behavior};
    if let Err(error) = set_dumpable_behavior(DumpableBehavior::NotDumpable) {
        drop(writeln!(
            io::stderr(),
            "switchboard: other processes of this user may read the bot token: {error}"
        ));
    }
}
