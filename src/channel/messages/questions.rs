//! Texts about Claude's questions and plans.

use std::collections::BTreeMap;

use super::{
    approvals::{Verdict, spell},
    figures::plain,
};
use crate::claude::protocol::Question;

/// How much of a question, a heading and an option is shown, in characters.
const QUESTION: usize = 900;
const HEADING: usize = 60;
const OPTION: usize = 100;
const DESCRIPTION: usize = 200;

/// How many options the card describes.
const MOST_DESCRIBED: usize = 25;

/// The longest list of options, in characters.
const LONGEST_OPTIONS: usize = 800;

/// The longest answer, in characters. Claude reads it.
pub(in crate::channel) const LONGEST_ANSWER: usize = 4_000;

pub(in crate::channel) const ANSWER_FORM: &str = "Your answer to Claude";
pub(in crate::channel) const ANSWER_FIELD: &str = "Claude reads this";
/// Beside the options.
pub(in crate::channel) const OWN_FIELD: &str = "In your own words";
pub(in crate::channel) const CHANGE_FORM: &str = "What should Claude change in the plan?";

pub(in crate::channel) const OTHER_LABEL: &str = "Other…";
pub(in crate::channel) const CHANGE_LABEL: &str = "Change";
pub(in crate::channel) const CHOOSE_ONE: &str = "Choose an answer";
pub(in crate::channel) const CHOOSE_SEVERAL: &str = "Choose one or more answers";

/// Somebody else pressed the button.
pub(in crate::channel) const NOT_THE_ASKER: &str =
    "Only the person whom Claude is working for, or an admin of this bot, can answer this.";
/// A form was submitted with nothing to read in it.
pub(in crate::channel) const EMPTY: &str =
    "There is nothing to read in that. Press the button again and write something.";

/// What Claude is told if its questions cannot be shown.
pub(in crate::channel) const NOT_SHOWN: &str =
    "The questions could not be shown. Ask them in your answer instead.";

pub(in crate::channel) fn approve_label(accepts_edits: bool) -> &'static str {
    if accepts_edits {
        "Approve and accept edits"
    } else {
        "Approve"
    }
}

/// At most `longest` characters of a label.
pub(in crate::channel) fn short_label(label: &str, longest: usize) -> String {
    if label.chars().count() <= longest {
        return label.to_owned();
    }
    let start: String = label.chars().take(longest - 1).collect();
    format!("{start}…")
}

/// The card of a question, the first having number 1.
pub(in crate::channel) fn question(question: &Question, number: usize, of: usize) -> String {
    let place = if of > 1 {
        format!(" ({number} of {of})")
    } else {
        String::new()
    };
    let heading = plain(&question.header, HEADING);
    let about = if heading.is_empty() {
        String::new()
    } else {
        format!(": {heading}")
    };
    let mut text = format!(
        "**Claude asks{place}{about}**\n{}",
        plain(&question.question, QUESTION)
    );
    let mut length = 0;
    for option in question.options.iter().take(MOST_DESCRIBED) {
        let label = plain(&option.label, OPTION);
        let line = match plain(&option.description, DESCRIPTION).as_str() {
            "" => format!("\n- **{label}**"),
            description => format!("\n- **{label}** · {description}"),
        };
        length += line.chars().count();
        if length > LONGEST_OPTIONS {
            text.push_str("\n- …");
            break;
        }
        text.push_str(&line);
    }
    text
}

/// The end of an open question's card.
pub(in crate::channel) fn question_open(until: i64) -> String {
    format!(
        "-# Press an answer, or simply write it here. Claude goes on without one <t:{until}:R>."
    )
}

/// The line on the card of a question that is closed.
pub(in crate::channel) fn line(verdict: &Verdict) -> String {
    match verdict {
        Verdict::TimedOut(limit) => format!("✗ Nobody answered within {}.", spell(*limit)),
        Verdict::Stopped => "✗ Closed: Claude was stopped before anybody answered.".into(),
        Verdict::Deleted => "✗ Closed: the question was deleted.".into(),
        Verdict::ProcessEnded => "✗ Closed: Claude's process ended before anybody answered.".into(),
        Verdict::Restarting => "✗ Closed by a restart before anybody answered.".into(),
        other => other.line(),
    }
}

/// What Claude is told without an answer. `answers` are those to earlier questions.
pub(in crate::channel) fn for_model(
    verdict: &Verdict,
    answers: &BTreeMap<String, String>,
) -> String {
    let why = match verdict {
        Verdict::TimedOut(limit) => format!(
            "Nobody answered within {}. Go on with what you think is best, and say what you assumed.",
            spell(*limit)
        ),
        Verdict::Restarting => {
            "Nobody answered, because the bot is restarting. Finish without an answer.".into()
        }
        Verdict::Stopped => "Nobody answered, because the work was stopped.".into(),
        _ => "The question was withdrawn. Go on without an answer.".into(),
    };
    if answers.is_empty() {
        return why;
    }
    let given = answers
        .iter()
        .map(|(question, answer)| format!("\"{question}\"=\"{answer}\""));
    let given = given.collect::<Vec<_>>().join(", ");
    format!("{why} Earlier questions were answered: {given}.")
}

/// The card of a plan. `is_known` says whether the plan came with the request; it stands above the card.
pub(in crate::channel) fn plan(is_known: bool) -> String {
    if is_known {
        "**Claude asks to carry out this plan**\nThe plan is in the message above.".into()
    } else {
        "**Claude asks to carry out its plan**\nThe plan did not come with the request, so it can't be approved. Press \
         Change to have Claude write it down."
            .into()
    }
}

/// The end of an open plan's card.
pub(in crate::channel) fn plan_open(until: i64) -> String {
    format!(
        "-# Approving is for the approvers; the person who asked can have it changed. Denied <t:{until}:R> if nobody does."
    )
}

#[cfg(test)]
mod tests;
