//! The command line: arguments in, one of the program's jobs, an exit code out.

mod args;
mod check;
#[cfg(feature = "demo")]
mod demo;
mod exit;
mod handover;
mod logs;
mod run;
mod sessions;

pub use check::{Capability, Finding, Risk, lint, lint_rule};
#[cfg(feature = "demo")]
pub use demo::is_stand_in;

use std::{
    io::{self, Write as _},
    process::ExitCode,
};

use clap::{CommandFactory as _, Parser as _};

use self::args::{Args, Job};
use crate::config::{self, Environment, Machine};

/// What every job gets.
struct Context {
    args: Args,
    environment: Environment,
    machine: Machine,
}

impl Context {
    fn config(&self) -> Result<config::Config, exit::Exit> {
        config::load(
            self.args.config.as_deref(),
            &self.environment,
            &self.machine,
        )
        .map_err(|error| exit::Exit::Config(error.to_string()))
    }
}

/// Runs the program. Everything that goes wrong is on stderr, in words, when this returns.
#[must_use]
pub fn main() -> ExitCode {
    shut_out_others();
    // First of all: it starts the program over.
    let environment = handover::environment();
    let args = Args::parse();
    let job = args.job.clone();
    let context = Context {
        args,
        environment,
        machine: Machine::capture(),
    };
    let result = match job {
        Job::Run => run::run(&context),
        #[cfg(feature = "demo")]
        Job::Demo(options) => demo::demo(&context, &options),
        Job::Sessions(options) => sessions::sessions(&context, &options),
        Job::Check(options) => check::check(&context, &options),
        Job::Schema => say(&format!("{:#}\n", config::schema())),
        Job::Completions { shell } => {
            let mut text = Vec::new();
            clap_complete::generate(shell, &mut Args::command(), "switchboard", &mut text);
            say(&String::from_utf8_lossy(&text))
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(exit) => {
            let words = exit.to_string();
            if tracing::dispatcher::has_been_set() {
                tracing::error!("{words}");
            } else if !words.is_empty() {
                // With stderr gone there is nobody to tell.
                drop(writeln!(io::stderr(), "switchboard: {words}"));
            }
            exit.code()
        }
    }
}

/// Keeps other processes of the same user, the CLI's tools among them, from reading this one's memory, environment
/// and files through `/proc`. Does nothing against root; see `check`.
fn shut_out_others() {
    use rustix::process::{DumpableBehavior, set_dumpable_behavior};
    if let Err(error) = set_dumpable_behavior(DumpableBehavior::NotDumpable) {
        drop(writeln!(
            io::stderr(),
            "switchboard: other processes of this user may read the bot token: {error}"
        ));
    }
}

/// Writes to stdout. A reader that has seen enough is no error.
fn say(text: &str) -> Result<(), exit::Exit> {
    let mut out = io::stdout().lock();
    match out.write_all(text.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(exit::Exit::Files(format!(
            "failed to write to stdout: {error}"
        ))),
        _ => Ok(()),
    }
}
