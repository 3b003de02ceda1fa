//! Tool calls in plain words.

use super::figures::{count, inline, plain};
use crate::claude::protocol::{Json, PermissionDenial, TaskProgress};

/// How many refused calls are named.
const NAMED: usize = 5;

/// How many characters of a command, a path or the like are shown.
const SHOWN: usize = 100;

/// How many characters of a to-do, or of a line of output, are shown.
const LINE: usize = 80;

/// A tool call in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ToolWords {
    /// While it runs: `Reading`.
    pub(crate) doing: &'static str,
    /// Afterwards: `Read`.
    pub(crate) done: &'static str,
    /// What it is about, as Markdown that mentions nobody: the file, the command, the pattern, the address.
    pub(crate) object: String,
}

impl ToolWords {
    /// Whether the first line of what it returns is worth showing: not for files, whose name says enough.
    pub(crate) fn has_output(&self) -> bool {
        let with_output = [
            "Running",
            "Searching for",
            "Searching the web for",
            "Fetching",
            "Using",
        ];
        with_output.contains(&self.doing)
    }
}

/// Puts a call in words. Files in the folder `workspace` are named relative to it.
pub(crate) fn tool_words(name: &str, input: &Json, workspace: Option<&str>) -> ToolWords {
    let (doing, done, fields): (_, _, &[&str]) = match name {
        "Bash" => ("Running", "Ran", &["command", "description"]),
        "BashOutput" | "TaskOutput" => (
            "Checking the output of",
            "Checked the output of",
            &["bash_id", "task_id"],
        ),
        "KillShell" | "TaskStop" => ("Stopping", "Stopped", &["shell_id", "task_id"]),
        "Read" => ("Reading", "Read", &["file_path"]),
        "Write" => ("Writing", "Wrote", &["file_path"]),
        "Edit" | "MultiEdit" | "NotebookEdit" => {
            ("Editing", "Edited", &["file_path", "notebook_path"])
        }
        "Grep" | "Glob" => ("Searching for", "Searched for", &["pattern"]),
        "WebFetch" => ("Fetching", "Fetched", &["url"]),
        "WebSearch" => ("Searching the web for", "Searched the web for", &["query"]),
        "Agent" | "Task" => {
            let described = ["description", "prompt"].map(|field| input.get(field).text());
            let described = described.into_iter().flatten().next();
            return ToolWords {
                doing: "Subagent at work:",
                done: "Subagent:",
                object: plain(&described.unwrap_or_default(), SHOWN),
            };
        }
        "Skill" => ("Using the skill", "Used the skill", &["skill", "command"]),
        "ToolSearch" => ("Looking for the tool", "Looked for the tool", &["query"]),
        "mcp__switchboard__send_file" => ("Sending", "Sent", &["path"]),
        "mcp__switchboard__react" => ("Reacting with", "Reacted with", &["emoji"]),
        "mcp__switchboard__read_channel" => ("Reading the channel", "Read the channel", &[]),
        "AskUserQuestion" => ("Asking a question", "Asked a question", &["header"]),
        "EnterPlanMode" => ("Starting to plan", "Started to plan", &[]),
        "ExitPlanMode" => ("Presenting the plan", "Presented the plan", &["plan"]),
        _ => ("Using", "Used", &[]),
    };
    let named = fields.iter().find_map(|field| input.get(field).text());
    let object = match (named, doing) {
        (Some(value), _) => inline(relative(&value, workspace), SHOWN),
        (None, "Using") => other_tool(name),
        (None, _) => String::new(),
    };
    ToolWords {
        doing,
        done,
        object,
    }
}

/// A to-do, as Markdown that mentions nobody.
pub(crate) fn todo_line(text: &str) -> String {
    plain(text, LINE)
}

/// The first line of a tool's output; empty if the CLI says no more than that it ran.
pub(crate) fn output_line(line: &str) -> String {
    let is_empty = line.is_empty()
        || line.starts_with("(Bash completed")
        || line.starts_with("Command running in background");
    if is_empty {
        return String::new();
    }
    inline(line.trim_start_matches("<tool_use_error>"), LINE)
}

/// What a subagent has done so far. `object` is what it is shown with already.
pub(crate) fn task_note(task: &TaskProgress, object: &str) -> String {
    let calls = count(task.usage.tool_uses, "tool call");
    match plain(&task.description, LINE) {
        doing if doing.is_empty() || doing == object => calls,
        doing => format!("{calls}, {doing}"),
    }
}

/// A tool without words of its own. Those of MCP servers are called `mcp__server__tool`.
fn other_tool(name: &str) -> String {
    let mcp = name
        .strip_prefix("mcp__")
        .and_then(|rest| rest.split_once("__"));
    match mcp {
        Some((server, tool)) => format!("{} of {}", inline(tool, SHOWN), inline(server, SHOWN)),
        None => inline(name, SHOWN),
    }
}

fn relative<'a>(path: &'a str, workspace: Option<&str>) -> &'a str {
    let inside = workspace.and_then(|folder| path.strip_prefix(folder)?.strip_prefix('/'));
    inside.filter(|rest| !rest.is_empty()).unwrap_or(path)
}

/// The tool calls of a turn that the allow rules refused; `None` if there are none.
pub(crate) fn refused_tools(denials: &[PermissionDenial]) -> Option<String> {
    let wanted = |denial: &PermissionDenial| {
        let words = tool_words(&denial.tool_name, &denial.input, None);
        let name = inline(&denial.tool_name, SHOWN);
        match words.object {
            object if object.is_empty() || object == name => name,
            object => format!("{name} ({object})"),
        }
    };
    let mut named: Vec<String> = Vec::new();
    for denial in denials {
        let text = wanted(denial);
        if !named.contains(&text) {
            named.push(text);
        }
    }
    let more = named.len().saturating_sub(NAMED);
    named.truncate(NAMED);
    if more > 0 {
        named.push(format!("and {more} more"));
    }
    (!named.is_empty()).then(|| {
        format!(
            "-# Refused, because this bot's rules don't allow it: {}.",
            named.join(", ")
        )
    })
}

#[cfg(test)]
mod tests;
