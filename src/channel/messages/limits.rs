//! What is left out or put off.

use std::fmt::Write as _;

use crate::{
    external::{Layout, SkipReason, sanitize},
    limits::{Quantity, Reached, Scope},
};

/// The most characters of a file's name, and the most files, that are named.
const NAME: usize = 60;
const NAMED: usize = 5;

/// Files that Claude does not get, by their names.
#[must_use]
pub fn files_left(files: &[(String, SkipReason)]) -> String {
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

/// A message that is not taken because a limit is reached. The time is shown by Discord in the reader's own terms.
#[must_use]
pub fn limit_reached(reached: &Reached) -> String {
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
