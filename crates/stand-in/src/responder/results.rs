//! Answers about a tool's result.

use serde_json::Value;

use super::memory::quote;
use super::reply::{Question, Reply};
use crate::tools::ToolOutput;

/// The answer about the turn's tool call, or the call itself.
pub(super) fn answer_or_call(question: &Question<'_>, call: impl FnOnce() -> Reply) -> Reply {
    question.results.last().map_or_else(call, about)
}

/// The answer about a tool's result.
pub(super) fn about(result: &ToolOutput) -> Reply {
    if result.is_error {
        Reply::text(format!(
            "That didn't work. The tool reported:\n> {}",
            quote(&result.content)
        ))
    } else if let Some(names) = result.detail.get("filenames").and_then(Value::as_array) {
        listing(names)
    } else {
        excerpt(&result.detail["file"])
    }
}

fn listing(names: &[Value]) -> Reply {
    const MOST: usize = 25;
    if names.is_empty() {
        return Reply::text(
            "This channel's folder is empty. Files that Claude writes in this channel are stored here.",
        );
    }
    let mut lines: Vec<String> = names
        .iter()
        .filter_map(Value::as_str)
        .take(MOST)
        .map(|name| format!("- `{name}`"))
        .collect();
    if names.len() > MOST {
        lines.push(format!("- and {} more", names.len() - MOST));
    }
    Reply::text(format!(
        "This channel's folder contains:\n\n{}",
        lines.join("\n")
    ))
}

fn excerpt(file: &Value) -> Reply {
    const MOST: usize = 1_200;
    let path = file["filePath"].as_str().unwrap_or("the file");
    let name = path.rsplit('/').next().unwrap_or(path);
    let text = file["content"].as_str().unwrap_or_default();
    let total = &file["totalLines"];
    let shown: String = text.chars().take(MOST).collect();
    let cut = if shown.len() < text.len() {
        "\n(This is only the start of the file.)"
    } else {
        ""
    };
    // A fence longer than any in the file.
    let fence = if text.contains("```") { "````" } else { "```" };
    Reply::text(format!(
        "`{name}` has {total} lines:\n\n{fence}\n{shown}\n{fence}{cut}"
    ))
}

#[cfg(test)]
mod tests;
