//! The tools that wait for a person: `AskUserQuestion`, whose input comes back with the `answers`, and those of plan mode.

use serde_json::{Value, json};

use crate::tools::ToolOutput;

/// What the model reads of the answers.
pub(crate) fn answered(input: &Value) -> ToolOutput {
    let answers = input["answers"].as_object();
    let pairs: Vec<String> = answers
        .into_iter()
        .flatten()
        .map(|(question, answer)| format!("\"{question}\"=\"{}\"", words(answer)))
        .collect();
    let content = match (input["response"].as_str(), pairs.as_slice()) {
        (Some(reply), _) => format!("The user responded: {reply}"),
        (None, []) => "The user did not answer the questions.".to_owned(),
        (None, pairs) => format!(
            "Your questions have been answered: {}. You can now continue with these answers in mind.",
            pairs.join(", ")
        ),
    };
    ToolOutput {
        content,
        is_error: false,
        detail: json!({"questions": input["questions"], "answers": input["answers"]}),
    }
}

/// What the model reads once it plans.
pub(crate) fn planning() -> ToolOutput {
    said("Entered plan mode.")
}

/// What the model reads once its plan is approved.
pub(crate) fn approved() -> ToolOutput {
    said("User has approved your plan. You can now start coding.")
}

fn said(text: &str) -> ToolOutput {
    ToolOutput {
        content: text.to_owned(),
        is_error: false,
        detail: Value::Null,
    }
}

/// An answer: one text, or several.
fn words(answer: &Value) -> String {
    match answer {
        Value::String(text) => text.clone(),
        Value::Array(texts) => {
            let texts: Vec<&str> = texts.iter().filter_map(Value::as_str).collect();
            texts.join(",")
        }
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests;
