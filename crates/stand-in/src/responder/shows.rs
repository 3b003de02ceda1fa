//! What takes several steps: each function returns the next tool call after the results so far, then the answer.

use serde_json::{Value, json};

use super::memory::quote;
use super::reply::{Question, Reply};
use super::results::about;
use crate::tools::ToolOutput;

/// The tool with which the bot lets Claude send a file.
const SEND_FILE: &str = "mcp__switchboard__send_file";

/// A chart, as a PNG in base64.
const CHART: &str = include_str!("chart.txt");

const GREETING: &str = "def greet(name):\n    print(\"Hello \" + name)\n\n\ngreet(\"world\")\n";

/// The answer after a failed step.
fn failed(results: &[ToolOutput]) -> Option<Reply> {
    results.last().filter(|result| result.is_error).map(about)
}

/// Writes a small program, changes it, and shows the diff.
pub(super) fn diff(question: &Question<'_>) -> Reply {
    if let Some(failure) = failed(question.results) {
        return failure;
    }
    match question.results {
        [] => Reply::tool(
            "I'll write a small program and then improve it.",
            "Write",
            json!({"file_path": "greeting.py", "content": GREETING}),
        ),
        [_] => Reply::step(
            "Edit",
            json!({
                "file_path": "greeting.py",
                "old_string": "print(\"Hello \" + name)",
                "new_string": "print(f\"Hello, {name}!\")",
            }),
        ),
        [.., edited] => {
            let lines = edited.detail["structuredPatch"][0]["lines"].as_array();
            let lines: Vec<&str> = lines
                .into_iter()
                .flatten()
                .filter_map(Value::as_str)
                .collect();
            let lines = lines.join("\n");
            Reply::text(format!(
                "I changed one line of `greeting.py`:\n\n```diff\n{lines}\n```\n\nIt now greets in a whole sentence."
            ))
        }
    }
}

/// Looks around, writes a file, reads it and changes it.
pub(super) fn work(question: &Question<'_>) -> Reply {
    if let Some(failure) = failed(question.results) {
        return failure;
    }
    let file = "notes.md";
    match question.results.len() {
        0 => Reply::tool(
            "I'll look at the folder and keep some notes in it.",
            "Glob",
            json!({"pattern": "*"}),
        ),
        1 => Reply::step(
            "Write",
            json!({"file_path": file, "content": "# Notes\n\n- looked at the folder\n"}),
        ),
        2 | 4 => Reply::step("Read", json!({"file_path": file})),
        3 => Reply::step(
            "Edit",
            json!({
                "file_path": file,
                "old_string": "- looked at the folder",
                "new_string": "- looked at the folder\n- read the notes again",
            }),
        ),
        count => Reply::text(format!(
            "Done, in {count} steps: I looked at this channel's folder, wrote `{file}`, read it, changed it, and read it again. Say \"read {file}\" to see it."
        )),
    }
}

/// Does three things, each an entry of a list.
pub(super) fn todo(question: &Question<'_>) -> Reply {
    const SUBJECTS: [&str; 3] = [
        "Look at the folder",
        "Write down what to buy",
        "Check the list",
    ];
    if let Some(failure) = failed(question.results) {
        return failure;
    }
    let create = |index: usize| json!({"subject": SUBJECTS[index], "description": SUBJECTS[index]});
    let status = |id: &str, status: &str| {
        let input = json!({"taskId": id, "status": status});
        Reply::step("TaskUpdate", input).quick()
    };
    match question.results.len() {
        0 => Reply::tool("I'll do this in three steps.", "TaskCreate", create(0)),
        count @ 1..=2 => Reply::step("TaskCreate", create(count)).quick(),
        3 => status("1", "in_progress"),
        4 => Reply::step("Glob", json!({"pattern": "*"})),
        5 => status("1", "completed"),
        6 => status("2", "in_progress"),
        7 => Reply::step(
            "Write",
            json!({"file_path": "shopping.md", "content": "- bread\n- tea\n- a longer cable\n"}),
        ),
        8 => status("2", "completed"),
        9 => status("3", "in_progress"),
        10 => Reply::step("Read", json!({"file_path": "shopping.md"})),
        11 => status("3", "completed"),
        _ => Reply::text(
            "All three are done:\n\n- [x] Look at the folder\n- [x] Write down what to buy\n- [x] Check the list\n\nThe list is in `shopping.md`.",
        ),
    }
}

/// Lets a subagent look at the folder.
pub(super) fn subagent(question: &Question<'_>) -> Reply {
    match question.results {
        [] => Reply::tool(
            "I'll ask a subagent to look at the folder.",
            "Agent",
            json!({
                "description": "Look at the folder",
                "prompt": "List the files in this folder and count them.",
                "subagent_type": "general-purpose",
            }),
        ),
        [report, ..] => Reply::text(format!(
            "The subagent reports:\n> {}",
            quote(&report.content)
        )),
    }
}

/// Tries what no rule allows.
pub(super) fn permission(question: &Question<'_>) -> Reply {
    match question.results {
        [] => Reply::tool(
            "I'll try to write outside this channel's folder, which needs your permission.",
            "Write",
            json!({"file_path": "../shared-note.txt", "content": "A note for all channels.\n"}),
        ),
        [refused, ..] if refused.is_error => Reply::text(format!(
            "I was not allowed to, so I changed nothing. The tool reported:\n> {}",
            quote(&refused.content)
        )),
        [..] => Reply::text("Thank you. I wrote `shared-note.txt` beside the channels' folders."),
    }
}

/// Asks the person to choose.
pub(super) fn question(question: &Question<'_>) -> Reply {
    let options = json!([
        {"label": "Tea", "description": "With or without milk"},
        {"label": "Coffee", "description": "Black"},
    ]);
    match question.results {
        [] => Reply::tool(
            "Let me ask you something.",
            "AskUserQuestion",
            json!({"questions": [{
                "question": "What would you like to drink?",
                "header": "Drink",
                "options": options,
                "multiSelect": false,
            }]}),
        ),
        [unasked, ..] if unasked.is_error => Reply::text(
            "I have no buttons to ask with here, so in plain words: would you like **tea** or **coffee**?",
        ),
        [answer, ..] => {
            let answers = answer.detail["answers"].as_object();
            let chosen = answers.and_then(|answers| answers.values().next()?.as_str());
            Reply::text(match chosen {
                Some(drink) => format!("**{drink}** it is."),
                None => "You did not choose. That is fine, too.".to_owned(),
            })
        }
    }
}

/// Makes a picture and sends it.
pub(super) fn picture(question: &Question<'_>) -> Reply {
    match question.results {
        [made, ..] if made.is_error => about(made),
        [] => Reply::tool(
            "I'll draw a chart and send it.",
            "Write",
            json!({
                "file_path": "chart.png",
                "content": format!("data:image/png;base64,{}", CHART.trim()),
            }),
        ),
        [_] => Reply::step(
            SEND_FILE,
            json!({"path": "chart.png", "caption": "Calls per day"}),
        ),
        [_, sent, ..] if sent.is_error => Reply::text(format!(
            "I drew `chart.png` in this channel's folder, but could not send it:\n> {}",
            quote(&sent.content)
        )),
        [..] => Reply::text("Here is the chart: seven days, with Saturday the busiest."),
    }
}

#[cfg(test)]
mod tests;
