//! Texts about questions that are asked in a message's context menu.

use super::figures::plain;

/// How much of a name and a question is shown, in characters.
const NAME: usize = 40;
const QUESTION: usize = 300;

pub(in crate::channel) const FORM_TITLE: &str = "Ask Claude about this";
pub(in crate::channel) const FORM_LABEL: &str = "Your question (or leave it empty)";
/// What is asked where nothing was entered.
pub(in crate::channel) const DEFAULT_QUESTION: &str =
    "What is this message about, and what should I know to answer it?";
pub(in crate::channel) const ASKED: &str = "Claude answers in this channel.";

pub(in crate::channel) const FORM_EXPIRED: &str =
    "That form is no longer open: it was sent already, or I was restarted since. Open it again.";

/// Above the answer, so that everybody knows what it answers.
pub(in crate::channel) fn asks(name: &str, link: &str, question: &str) -> String {
    format!(
        "-# {} asks about {link}: {}",
        plain(name, NAME),
        plain(question, QUESTION)
    )
}
