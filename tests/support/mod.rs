//! What the tests share: a bot started as a user would start it, the two loopback services, and skipping.

mod bot;
mod files;
mod home;
mod log;
mod people;
mod processes;
mod program;
mod skip;
mod talk;
mod terminal;

use std::time::Duration;

pub(crate) use bot::{Bot, Claude, Running, real_cli, search_path};
pub(crate) use files::files;
pub(crate) use home::Home;
pub(crate) use people::{buttons, message_create, offered, press, send_as_bot, told};
pub(crate) use processes::{cli_behind, processes, running, stand_ins};
pub(crate) use program::finish;
pub(crate) use skip::{
    Need, browser_packages, client_packages, promtool, skip_part, skip_part_without, skip_without,
};
pub(crate) use talk::{eventually, heading, said};
pub(crate) use terminal::Terminal;

/// How long a test waits for something that must happen. Far longer than it takes, because machines are busy.
pub(crate) const DEADLINE: Duration = Duration::from_mins(1);
