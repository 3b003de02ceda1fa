//! Texts about answers.

use std::time::Duration;

use crate::{claude::protocol::Effort, config::StreamMode};

/// The answer exceeds what is kept of one.
pub(in crate::channel) const ANSWER_TOO_LONG: &str =
    "-# The rest of this answer was cut: it is longer than a megabyte. Ask for it in parts.";

/// So many messages came while Discord did not take the bot's, and the queue was full.
pub(in crate::channel) fn refused_meanwhile(count: usize) -> String {
    let (messages, them) = match count {
        1 => ("1 message was".to_owned(), "it"),
        _ => (format!("{count} messages were"), "them"),
    };
    format!(
        "Discord did not take my messages for a while, and {messages} not accepted meanwhile. Send {them} again."
    )
}

/// Ends a long turn.
pub(in crate::channel) fn done_in(took: Duration) -> String {
    format!("Done in {}.", duration(took))
}

pub(super) fn duration(took: Duration) -> String {
    let seconds = took.as_secs();
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, seconds) => format!("{seconds} s"),
        (0, minutes, seconds) => format!("{minutes} min {seconds} s"),
        (hours, minutes, _) => format!("{hours} h {minutes} min"),
    }
}

/// The answer to `!stream` without a mode.
pub(in crate::channel) fn stream_mode(mode: StreamMode) -> String {
    let [(edit, _), (block, _), (last, _)] = StreamMode::NAMED;
    let how = posted(mode, "");
    format!("{how} Choose from `{edit}`, `{block}` and `{last}`.")
}

pub(in crate::channel) fn stream_mode_set(mode: StreamMode) -> String {
    posted(mode, " now")
}

fn posted(mode: StreamMode, now: &str) -> String {
    let how = match mode {
        StreamMode::Edit => "as Claude writes them",
        StreamMode::Block => "in blocks: each text once it is finished",
        StreamMode::Final => "at the end: only the last text of each turn",
    };
    format!("Answers here are{now} posted {how} (`{}`).", mode.name())
}

/// The answer to `!effort` without a level.
pub(in crate::channel) fn effort(level: Option<Effort>) -> String {
    match level {
        Some(level) => format!("Claude thinks with effort `{}` here.", level.name()),
        None => "Claude thinks with the model's own effort here.".to_owned(),
    }
}

/// The answer to `!effort` with a level.
pub(in crate::channel) fn effort_set(level: Option<Effort>) -> String {
    let level = level.map_or("the model's own effort".to_owned(), |level| {
        format!("effort `{}`", level.name())
    });
    format!("Claude now thinks with {level} here, from the next message on.")
}
