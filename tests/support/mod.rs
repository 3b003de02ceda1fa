//! What the tests stand on: a bot that is started as a user would start it, and the two loopback services.

mod bot;
mod log;
mod people;
mod processes;
mod talk;

use std::time::Duration;

pub(crate) use bot::{Bot, Claude, Home, Running, real_cli, search_path};
pub(crate) use people::message_create;
pub(crate) use processes::{cli_behind, processes, running, stand_ins};
pub(crate) use talk::{eventually, said};

/// Says what a test leaves out on this machine.
#[expect(clippy::print_stdout, reason = "shown where somebody looks")]
pub(crate) fn skipped(what: &str) {
    println!("not tried: {what}");
}

/// How long a test waits for what must come. Far longer than it takes, because machines are busy.
pub(crate) const DEADLINE: Duration = Duration::from_mins(1);
