//! What waits in a channel, and what becomes of it.

use std::fmt::Write as _;

use super::figures::{count, plain};
use crate::{
    channel::{QueueItem, Request},
    config::QueueMode,
    external::is_blank,
};

/// How many characters of a message are shown.
const FIRST_WORDS: usize = 60;
const NAME: usize = 40;

/// How many messages are listed.
const MOST_LISTED: usize = 20;

pub(crate) const NO_LONGER_WAITS: &str =
    "That message no longer waits. `!queue` shows what waits now.";
pub(crate) const NOT_YOURS: &str =
    "Only the author of that message or an admin of this bot can do that.";
/// A list that was replaced by a newer one.
pub(crate) const LIST_REPLACED: &str = "-# `!queue` was used again further down.";
/// `!stop` dropped the message that was to be run again after a pause.
pub(crate) const PAUSED_DROPPED: &str =
    "Stopped. The message that was waiting for a retry won't be run.";

/// The turn of a later message, which this one was a part of, failed.
pub(crate) const FAILED_TOGETHER: &str =
    "Claude got this message together with a later one, and that turn ended early.";

pub(crate) fn drop_label(number: usize) -> String {
    format!("Drop {number}")
}

pub(crate) fn front_label(number: usize) -> String {
    format!("{number} first")
}

/// The answer to `!queue`.
pub(crate) fn list<'a>(
    waiting: impl ExactSizeIterator<Item = &'a QueueItem>,
    mode: QueueMode,
) -> String {
    let head = match waiting.len() {
        0 => "Nothing waits here.".to_owned(),
        1 => "1 message waits here:".to_owned(),
        number => format!("{number} messages wait here:"),
    };
    format!("{head}\n{}-# {}", lines(waiting), mode_line(mode))
}

/// One line a message, by its author and first words.
fn lines<'a>(items: impl ExactSizeIterator<Item = &'a QueueItem>) -> String {
    let more = items.len().saturating_sub(MOST_LISTED);
    let mut lines = String::new();
    for (index, item) in items.take(MOST_LISTED).enumerate() {
        let (number, name) = (index + 1, plain(&item.speaker.name, NAME));
        let words = first_words(item);
        let _infallible = writeln!(lines, "{number}. **{name}**: {words}");
    }
    if more > 0 {
        let _infallible = writeln!(lines, "and {more} more");
    }
    lines
}

fn first_words(item: &QueueItem) -> String {
    match &item.request {
        Request::Prompt { text, .. } if is_blank(text) => "(no words)".into(),
        Request::Prompt { text, .. } => {
            let mut words = text.split_whitespace().collect::<Vec<_>>().join(" ");
            if let Some((end, _)) = words.char_indices().nth(FIRST_WORDS) {
                words.truncate(end);
                words.push('…');
            }
            plain(&words, FIRST_WORDS + 1)
        }
        Request::Command(_) => "(a command)".into(),
        Request::Hint(_) | Request::Skipped(_) => "(a notice from the bot)".into(),
    }
}

/// What `!stop all` has dropped, and how many messages of others it has left.
pub(crate) fn dropped<'a>(
    dropped: impl ExactSizeIterator<Item = &'a QueueItem>,
    left: usize,
) -> String {
    let head = match dropped.len() {
        0 => String::new(),
        number => format!(
            "Dropped, and won't be run: {}.\n",
            count(number as u64, "message")
        ),
    };
    let left = match left {
        0 => String::new(),
        1 => "1 message of somebody else still waits: only its author or an admin can drop it."
            .into(),
        _ => format!(
            "{left} messages of others still wait: only their authors or an admin can drop them."
        ),
    };
    format!("{head}{}{left}", lines(dropped))
}

/// `!stop` where nothing runs.
pub(crate) fn nothing_runs(waiting: usize) -> String {
    let rest = match waiting {
        0 => String::new(),
        1 => " 1 message waits; `!stop all` drops it.".into(),
        _ => format!(" {waiting} messages wait; `!stop all` drops them."),
    };
    format!("{}{rest}", super::NOTHING_RUNS)
}

/// What a message does that arrives while Claude works.
pub(crate) fn mode_line(mode: QueueMode) -> String {
    let what = match mode {
        QueueMode::Queue => "waits for its turn",
        QueueMode::Collect => "waits, and Claude answers all that waits together",
        QueueMode::Steer => "steers: Claude goes on with it once a running tool has finished",
        QueueMode::Interrupt => "stops the running turn and is next",
    };
    format!(
        "A message that arrives while Claude works {what} (`{}`).",
        mode.name()
    )
}

/// The turn has made way for a message of this person, which steers.
pub(crate) fn made_way(name: &str) -> String {
    format!("-# Claude goes on with {}'s message.", plain(name, NAME))
}

/// The turn was stopped by a message of this person.
pub(crate) fn interrupted_by(name: &str) -> String {
    let name = plain(name, NAME);
    format!("-# Stopped: Claude goes on with {name}'s message.")
}

#[cfg(test)]
mod tests;
