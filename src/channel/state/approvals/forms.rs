//! The forms in which people write.

use std::ops::RangeInclusive;

use super::{super::OPTIONS_FIELD, ApprovalChoice, OpenQuestion, question_texts, texts};
use crate::chat::{ControlId, FieldKind, Form, FormField};

/// How many options a form can show (Discord developer docs, "Radio group").
const FORM_OPTIONS: RangeInclusive<usize> = 2..=10;

pub(super) fn form(
    id: ControlId,
    choice: &ApprovalChoice,
    question: Option<&OpenQuestion>,
) -> Form {
    let (title, label) = match choice {
        ApprovalChoice::AnswerFreely => (question_texts::ANSWER_FORM, question_texts::ANSWER_FIELD),
        ApprovalChoice::ChangePlan => (question_texts::CHANGE_FORM, question_texts::ANSWER_FIELD),
        _ => (texts::REASON_FORM, texts::REASON_FIELD),
    };
    let text = |label: &str, is_required| FormField {
        id: "reason".into(),
        label: label.into(),
        kind: FieldKind::Text {
            value: String::new(),
            is_long: true,
        },
        is_required,
    };
    let fields = match question.and_then(options_field) {
        Some(options) => vec![options, text(question_texts::OWN_FIELD, false)],
        None => vec![text(label, true)],
    };
    Form {
        id,
        title: title.into(),
        fields,
    }
}

/// The options of a question, if a form can show them.
fn options_field(question: &OpenQuestion) -> Option<FormField> {
    let (options, is_multiple) = (question.options(), question.is_multiple());
    let label = if is_multiple {
        question_texts::CHOOSE_SEVERAL
    } else {
        question_texts::CHOOSE_ONE
    };
    FORM_OPTIONS.contains(&options.len()).then(|| FormField {
        id: OPTIONS_FIELD.into(),
        label: label.into(),
        kind: FieldKind::Options {
            labels: options.iter().map(|it| it.label.clone()).collect(),
            is_multiple,
        },
        is_required: false,
    })
}

/// What was answered in a form, by the numbers of the options and in words; `None` if nothing was.
pub(super) fn answer(
    question: Option<&OpenQuestion>,
    numbers: &[String],
    written: Option<String>,
) -> Option<String> {
    let chosen = question.map_or_else(Vec::new, |open| chosen(open, numbers));
    let chosen = chosen.join(", ");
    match written {
        Some(written) if chosen.is_empty() => Some(written),
        Some(written) if question.is_some_and(OpenQuestion::is_multiple) => {
            Some(format!("{chosen}, {written}"))
        }
        // After a comma, the words would look like a second option.
        Some(written) => Some(format!("{chosen}: {written}")),
        None => Some(chosen).filter(|chosen| !chosen.is_empty()),
    }
}

fn chosen<'a>(question: &'a OpenQuestion, numbers: &[String]) -> Vec<&'a str> {
    let options = question.options();
    let chosen = numbers.iter().filter_map(|number| {
        let option = options.get(number.parse::<usize>().ok()?)?;
        Some(option.label.as_str())
    });
    chosen.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::claude::protocol::{Choice, Question};

    #[test]
    fn an_answer_joins_options_and_words() {
        let option = |label: &str| Choice {
            label: label.into(),
            ..Choice::default()
        };
        let question = |is_multi_select| OpenQuestion {
            all: vec![Question {
                options: ["Red", "Blue, dark", "Green"].map(option).into(),
                is_multi_select,
                ..Question::default()
            }],
            ..OpenQuestion::default()
        };
        for (is_multiple, numbers, written, wanted) in [
            (false, &["0"][..], None, Some("Red")),
            (false, &["1"], None, Some("Blue, dark")),
            (false, &["0"], Some("but darker"), Some("Red: but darker")),
            (false, &["1"], Some("a bit"), Some("Blue, dark: a bit")),
            (false, &[], Some("mine"), Some("mine")),
            (false, &["9", "x"], None, None),
            (true, &["0", "1"], None, Some("Red, Blue, dark")),
            (true, &["0", "2"], Some("teal"), Some("Red, Green, teal")),
            (true, &[], Some("teal"), Some("teal")),
            (true, &[], None, None),
        ] {
            let numbers: Vec<_> = numbers.iter().map(|number| (*number).to_owned()).collect();
            let question = question(is_multiple);
            let answer = answer(Some(&question), &numbers, written.map(str::to_owned));
            assert_eq!(answer.as_deref(), wanted, "{numbers:?}, {written:?}");
        }
    }
}
