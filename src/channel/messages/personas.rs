//! Texts about personas.

use super::figures::plain;

/// How much of a name is repeated that is none.
const TYPED: usize = 50;

/// The answers to `!persona reload`.
pub(crate) const PERSONAS_RELOADED: &str = "The personality files are read anew. They hold from the next message on, in the same session; where a background task runs, once it has ended.";
pub(crate) const PERSONAS_UNCHANGED: &str = "The personality files have not changed.";
pub(crate) const PERSONAS_NOT_RELOADED: &str = "The personality files could not be read, so everything stays as it was. The bot's log says why.";
pub(in crate::channel) const NO_FILES: &str = "This bot has no personality files of its own.";

/// The answer to `!persona` without a name.
pub(in crate::channel) fn persona(present: &str, available: &[String]) -> String {
    format!(
        "Claude is `{present}` here. Available: {}.",
        list(available)
    )
}

/// A background task lives in the process, which has the persona that it was started with.
pub(in crate::channel) fn persona_set(name: &str, has_background_work: bool) -> String {
    let from = if has_background_work {
        "once the background task that runs now has ended"
    } else {
        "from the next message on"
    };
    format!("Claude is `{name}` here {from}, in the same session.")
}

pub(in crate::channel) fn unknown(typed: &str, available: &[String]) -> String {
    format!(
        "There is no persona “{}” here. Available: {}.",
        plain(typed, TYPED),
        list(available)
    )
}

fn list(available: &[String]) -> String {
    let names: Vec<_> = available.iter().map(|name| format!("`{name}`")).collect();
    names.join(", ")
}
