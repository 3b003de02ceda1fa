//! Texts about the sessions of a channel: leaving one, and going back to it.

use chrono::DateTime;

use super::figures::{count, dollars, plain, tokens};
use crate::{chat::MenuOption, registry::Record};

/// The longest text in a menu, in characters.
const MENU_TEXT: usize = 100;

pub(in crate::channel) const UNDO_LABEL: &str = "Undo";
pub(in crate::channel) const RESUME_LABEL: &str = "Choose a session";

pub(in crate::channel) const NOTHING_TO_CLEAR: &str =
    "There is no session here yet. The next message starts one.";
pub(in crate::channel) const NOTHING_TO_RESUME: &str =
    "This channel has no earlier session. `!clear` keeps the one that it leaves.";
/// Above the menu.
pub(in crate::channel) const EARLIER: &str = "**Earlier sessions of this channel**\nChoose the one to go on with. The present one is kept, too.";
/// A member pressed a button that only admins may.
pub(in crate::channel) const ONLY_ADMINS: &str =
    "Only this bot's admins can change the session of a channel.";
/// The button of a `!clear` was pressed too late.
pub(in crate::channel) const UNDO_EXPIRED: &str = "That `!clear` was too long ago to undo with this button. `!resume` lists the channel's earlier sessions.";
/// The session to go back to is the present one, or the record has it no longer.
pub(in crate::channel) const NOT_EARLIER: &str =
    "That session is not among this channel's earlier ones any more. `!resume` lists them.";
/// Something runs or waits, so the session is not changed.
pub(in crate::channel) const BUSY: &str =
    "Claude is working here. Try again when it is done; `!stop` ends it.";
/// Somebody at a terminal named a channel that Discord has not described.
pub(in crate::channel) const UNKNOWN_CHANNEL: &str = "the bot does not know this channel: the id of a channel is copied from its menu in Discord, with the developer mode on";

pub(in crate::channel) fn cleared(old: &Record) -> String {
    format!(
        "Cleared: {} with `{}`, {}, {} in context. The next message starts a new session.\n\
         -# The old one is kept: `!resume` goes back to it.",
        count(old.message_count, "turn"),
        old.model,
        dollars(old.total_cost_usd),
        tokens(old.context_tokens),
    )
}

/// Somebody has undone a `!clear`. It is appended to what was said about it.
pub(in crate::channel) fn undone(by: &str, session: &Record) -> String {
    format!(
        "\n-# Undone by {}: the next message continues {}.",
        plain(by, 40),
        named(session)
    )
}

/// Somebody has gone back to an earlier session.
pub(in crate::channel) fn resumed(by: &str, session: &Record) -> String {
    format!(
        "The next message continues {}.\n-# Chosen by {}. The session before is kept: `!resume` goes back to it.",
        named(session),
        plain(by, 40)
    )
}

/// A session from a terminal is the channel's now, in place of the session `before`.
pub(in crate::channel) fn adopted(session: &Record, before: &str) -> String {
    let words = session.state.first_words.as_deref().unwrap_or_default();
    let is_kept = session.resumed(before).is_some();
    format!(
        "The next message continues a copy of a session from a terminal that began with “{}”.{}",
        plain(words, MENU_TEXT),
        if is_kept {
            "\n-# The session before is kept: `!resume` goes back to it."
        } else {
            ""
        }
    )
}

/// As an option of the menu; its value is the session's id.
pub(in crate::channel) fn option(session: &Record) -> MenuOption {
    let last = DateTime::parse_from_rfc3339(&session.last_message_at);
    let when = last.map_or_else(
        |_| "time unknown".into(),
        |last| last.to_utc().format("%Y-%m-%d %H:%M UTC").to_string(),
    );
    let words = session.state.first_words.as_deref();
    MenuOption {
        value: session.session_id.clone(),
        label: words
            .unwrap_or("(no words)")
            .chars()
            .take(MENU_TEXT)
            .collect(),
        description: format!("{when} · {}", count(session.message_count, "turn")),
    }
}

fn named(session: &Record) -> String {
    let words = session.state.first_words.as_deref();
    let words = words.map_or_else(String::new, |words| {
        format!(" that began with “{}”", plain(words, MENU_TEXT))
    });
    format!(
        "the session{words} ({})",
        count(session.message_count, "turn")
    )
}

#[cfg(test)]
mod tests;
