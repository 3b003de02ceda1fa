//! Texts about questions on the side.

use super::figures::plain;

/// How much of a question is repeated, in characters.
const QUESTION: usize = 300;

pub(in crate::channel) const NO_QUESTION: &str =
    "Write your question after it: `!btw QUESTION`. Claude answers on the side and forgets it.";
pub(in crate::channel) const NO_CONVERSATION: &str =
    "There is no conversation here yet that you could ask about. Simply write to Claude.";
pub(in crate::channel) const TOO_MANY: &str =
    "Several side questions are waiting for their answers here. Try again in a moment.";
pub(in crate::channel) const UNSUPPORTED: &str =
    "The installed version of Claude's CLI knows no side questions. Ask without `!btw`.";
pub(in crate::channel) const NO_ANSWER: &str =
    "Claude had no answer to this side question. Ask again, or without `!btw`.";
pub(in crate::channel) const TOO_SLOW: &str =
    "The answer to this side question took too long. Ask again later.";
pub(in crate::channel) const PROCESS_ENDED: &str =
    "Claude's process ended before it answered this side question. Ask again.";
pub(in crate::channel) const SHUTTING_DOWN: &str =
    "I'm shutting down, so this side question was not asked. Ask again when I'm back.";

/// The bot was killed.
pub(in crate::channel) fn cut_by_restart(question: &str) -> String {
    format!("> {question}\nA restart cut this side question off. Ask again.")
}

/// A question as it is repeated.
pub(in crate::channel) fn shown(question: &str) -> String {
    plain(question, QUESTION)
}

/// An answer; the question precedes it if its own message cannot be seen.
pub(in crate::channel) fn answer(question: Option<&str>, answer: &str) -> String {
    let question = question.map_or_else(String::new, |question| format!("> {}\n", shown(question)));
    format!(
        "{question}{}\n-# On the side: Claude won't remember this.",
        answer.trim_end()
    )
}
