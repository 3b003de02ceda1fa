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

/// The options that were chosen in a form.
pub(super) fn chosen<'a>(question: &'a OpenQuestion, numbers: &[String]) -> Vec<&'a str> {
    let options = question.options();
    let chosen = numbers.iter().filter_map(|number| {
        let option = options.get(number.parse::<usize>().ok()?)?;
        Some(option.label.as_str())
    });
    chosen.collect()
}
