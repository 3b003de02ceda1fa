//! Texts about skipped files and limits.

use std::fmt::Write as _;

use crate::{
    external::{Layout, SkipReason, sanitize},
    limits::{Quantity, Reached, Scope},
};

/// How many files are named.
const NAMED: usize = 5;

/// How many characters of a file name are shown.
const NAME: usize = 60;

/// The names of the files that Claude does not get, and why.
pub(crate) fn files_left(files: &[(String, SkipReason)]) -> String {
    let mut text = "-# Not passed to Claude:".to_owned();
    for (place, (name, why)) in files.iter().take(NAMED).enumerate() {
        let name = sanitize(name, NAME, Layout::SingleLine).replace('`', "'");
        let comma = if place == 0 { " " } else { "; " };
        let _infallible = write!(text, "{comma}`{name}` ({why})");
    }
    if let Some(more @ 1..) = files.len().checked_sub(NAMED) {
        let _infallible = write!(text, "; and {more} more");
    }
    text.push('.');
    text
}

/// The message exceeds a limit. Discord shows the time in the reader's time zone.
pub(crate) fn limit_reached(reached: &Reached) -> String {
    let what = match (reached.scope, reached.quantity) {
        (Scope::User, Quantity::Messages) => "You've reached your hourly limit.",
        (Scope::User, Quantity::Cost) => "You've reached today's budget.",
        (Scope::Channel, Quantity::Messages) => "This channel has reached its hourly limit.",
        (Scope::Channel, Quantity::Cost) => "This channel has reached today's budget.",
    };
    format!(
        "{what} This message was not run. Send it again <t:{}:R>.",
        reached.until.timestamp()
    )
}

#[cfg(test)]
mod tests;
