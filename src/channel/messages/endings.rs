//! Texts about turns that ended without an answer. Where a Retry button stands below, they say what it does.

use std::time::Duration;

use super::{
    excerpts::{in_parentheses, sentence},
    failures::{self, again},
};
use crate::claude::turn::Ending;

/// The label of the button that runs a message again.
pub(crate) const RETRY_LABEL: &str = "Retry";

/// The bot was shut down while it posted the answer.
const CUT_OFF_ANSWER: &str = "I was restarted while posting this answer, so it may be missing or incomplete. The message was **not** run \
    again. Ask for what is missing, or press **Retry** to run the message again.";

const CUT_OFF_TURN: &str = "I was restarted while working on this. It was **not** run again, because part of the work may be done. \
    Press **Retry** to continue.";

/// How to have Claude go on: the session holds what is done.
fn continues(has_button: bool) -> &'static str {
    if has_button {
        "press **Retry** to continue from there"
    } else {
        "say \"go on\" to continue"
    }
}

/// How a turn with this model ended; `None` if it was answered.
pub(crate) fn ending(ending: &Ending, model: &str, has_button: bool) -> Option<String> {
    let (again, continues) = (again(has_button), continues(has_button));
    let first = if has_button {
        "Press **Retry**"
    } else {
        "Try again"
    };
    Some(match ending {
        Ending::Answered => return None,
        Ending::Silent if has_button => {
            "Claude returned no answer. Press **Retry**, or try rephrasing.".into()
        }
        Ending::Silent => "Claude returned no answer. Try rephrasing.".into(),
        Ending::Interrupted => {
            format!("The turn was interrupted. The session is kept: {continues}.")
        }
        Ending::SessionMissing => format!(
            "Claude lost this channel's session, and a new one could not be started. {first}; if that doesn't help, \
             use `!clear`."
        ),
        Ending::LoginExpired => format!(
            "Claude isn't logged in. The owner of this bot needs to run `claude` on its machine and log in (`/login`). \
             After that, {again}; the session is kept."
        ),
        Ending::ModelUnknown => failures::model_unknown(model, has_button),
        Ending::LongContext => failures::long_context(has_button),
        Ending::HistoryDamaged(damage) => failures::history_damaged(*damage, has_button),
        Ending::Billing => failures::BILLING.into(),
        Ending::ConversationTooLong => format!(
            "This conversation is too long for the model. Use `!compact` to summarize it, or `!clear` to start over. \
             Then {again}."
        ),
        Ending::UsageLimit { detail, .. } => format!(
            "Claude's usage limit is reached: {} The session is kept: {again} later.",
            reason(detail)
        ),
        Ending::ApiDown {
            status: status @ Some(429),
        } => format!(
            "Claude is busy right now{}, and trying again didn't help. The session is kept: {again} in a few minutes.",
            in_parentheses(*status)
        ),
        Ending::ApiDown { status } => format!(
            "Claude's API is unavailable right now{}. The session is kept: {again} in a few minutes.",
            in_parentheses(*status)
        ),
        Ending::ApiRefused { status, detail } => format!(
            "Claude's API rejected the request{}: {} Try rephrasing it; if that doesn't help, use `!clear` to start \
             over.",
            in_parentheses(*status),
            reason(detail)
        ),
        Ending::TooManySteps => format!(
            "Claude reached the limit of steps per turn and stopped. The session is kept: {continues}."
        ),
        Ending::BudgetSpent => format!(
            "Claude stopped because the budget that the owner of this bot has set for one process is used up. The \
             session is kept: {continues} with a new budget."
        ),
        Ending::Failed { detail } => format!(
            "Claude failed: {} {first}; if that doesn't help, use `!clear` to start over.",
            reason(detail)
        ),
    })
}

pub(crate) fn timed_out(limit: Duration, has_button: bool) -> String {
    format!(
        "Timed out after {} s. Try a smaller request, or {}.",
        limit.as_secs(),
        continues(has_button)
    )
}

pub(crate) fn unresponsive(silence: Duration, has_button: bool) -> String {
    format!(
        "Claude stopped responding for {} s, so I ended this turn. The session is kept: {}.",
        silence.as_secs(),
        continues(has_button)
    )
}

/// The time limit passed before a process was ready.
pub(crate) fn waited_too_long(limit: Duration, has_button: bool) -> String {
    format!(
        "Timed out after {} s while waiting for a free process. Your message was not run: {} later.",
        limit.as_secs(),
        again(has_button)
    )
}

/// The shutdown ended the running turn.
pub(crate) fn cut_by_shutdown(has_button: bool) -> String {
    format!(
        "I had to shut down before this was done. The session is kept: when I'm back, {}.",
        continues(has_button)
    )
}

/// The bot went down in a turn or, if it was `booked`, while it posted the answer.
pub(crate) fn cut_off(booked: bool) -> &'static str {
    if booked { CUT_OFF_ANSWER } else { CUT_OFF_TURN }
}

/// The CLI repeats a request to the API. `status` is the HTTP status of the failed one.
pub(crate) fn retrying(attempt: u64, of: u64, status: Option<u16>) -> String {
    let trouble = api_trouble(status);
    format!("-# {trouble}. Retrying: attempt {attempt} of {of}. `!stop` cancels.")
}

/// What is wrong with the API, which answered with this HTTP status or not at all.
pub(super) fn api_trouble(status: Option<u16>) -> String {
    let trouble = match status {
        None => "Claude's API didn't respond",
        Some(429) => "Claude is busy",
        Some(529) => "Claude's API is overloaded",
        Some(_) => "Claude's API failed",
    };
    format!("{trouble}{}", in_parentheses(status))
}

/// The CLI's words for a failure, without the status, which they begin with.
fn reason(detail: &str) -> String {
    let detail = detail.trim();
    let after_status = detail.strip_prefix("API Error: ").map(|rest| {
        let number = rest.split(' ').next().unwrap_or_default();
        let is_status = number.len() == 3 && number.bytes().all(|byte| byte.is_ascii_digit());
        if is_status { rest[3..].trim() } else { rest }
    });
    sentence(after_status.unwrap_or(detail))
}

#[cfg(test)]
mod tests;
