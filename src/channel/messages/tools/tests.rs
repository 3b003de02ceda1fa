use serde_json::json;

use super::*;
use crate::config::{HOST_SERVER, HOST_TOOLS};

#[track_caller]
fn check(name: &str, input: &serde_json::Value, doing: &str, object: &str) {
    let words = tool_words(name, &Json::of(input).unwrap(), Some("/work/here"));
    assert_eq!((words.doing, words.object.as_str()), (doing, object));
}

#[test]
fn each_tool_shows_the_field_that_matters() {
    check(
        "Bash",
        &json!({"command": "cargo test", "description": "x"}),
        "Running",
        "`cargo test`",
    );
    check(
        "Read",
        &json!({"file_path": "/work/here/src/main.rs"}),
        "Reading",
        "`src/main.rs`",
    );
    check(
        "Write",
        &json!({"file_path": "/work/here2/a"}),
        "Writing",
        "`/work/here2/a`",
    );
    check(
        "Edit",
        &json!({"file_path": "a.rs", "old_string": "x"}),
        "Editing",
        "`a.rs`",
    );
    check(
        "NotebookEdit",
        &json!({"notebook_path": "n.ipynb"}),
        "Editing",
        "`n.ipynb`",
    );
    check(
        "Grep",
        &json!({"pattern": "fn main"}),
        "Searching for",
        "`fn main`",
    );
    check(
        "WebFetch",
        &json!({"url": "https://example.com/a"}),
        "Fetching",
        "`https://example.com/a`",
    );
    check(
        "WebSearch",
        &json!({"query": "rust"}),
        "Searching the web for",
        "`rust`",
    );
    check(
        "Agent",
        &json!({"description": "look around"}),
        "Subagent at work:",
        "look around",
    );
    check("AskUserQuestion", &json!({}), "Asking a question", "");
    check(
        "mcp__bot__send_file",
        &json!({"path": "x"}),
        "Using",
        "`send_file` of `bot`",
    );
    check("Monitor", &json!({"x": 1}), "Using", "`Monitor`");
    check("ExitPlanMode", &json!({}), "Presenting the plan", "");
}

#[test]
fn the_bots_own_tools_have_words() {
    let input = json!({"path": "chart.png", "emoji": "👍"});
    let said = HOST_TOOLS.map(|tool| {
        let name = format!("mcp__{HOST_SERVER}__{tool}");
        let words = tool_words(&name, &Json::of(&input).unwrap(), None);
        format!("{} {}", words.doing, words.object)
    });
    assert_eq!(
        said,
        [
            "Sending `chart.png`",
            "Reacting with `👍`",
            "Reading the channel "
        ]
    );
}

#[test]
fn a_subagent_says_what_it_does_once() {
    let task = |description: &str| TaskProgress {
        description: description.into(),
        ..TaskProgress::default()
    };
    assert_eq!(task_note(&task("look"), "look"), "0 tool calls");
    assert_eq!(
        task_note(&task("*read*"), "look"),
        "0 tool calls, \\*read\\*"
    );
}

#[test]
fn untrusted_fields_stay_one_harmless_line() {
    let command = "echo `id`\n@everyone <@1> \u{1b}[31m **x** \u{202e}";
    let words = tool_words(
        "Bash",
        &Json::of(&json!({ "command": command })).unwrap(),
        None,
    );
    let inside = words.object.trim_matches('`');
    assert!(
        !inside.contains(['`', '\n', '\u{1b}', '\u{202e}']),
        "{words:?}"
    );
    assert!(words.object.starts_with('`') && words.object.ends_with('`'));
    let huge = json!({ "command": "x".repeat(1 << 20) });
    let words = tool_words("Bash", &Json::of(&huge).unwrap(), None);
    assert_eq!(words.object.chars().count(), SHOWN + 2);
    let nothing = tool_words(
        "Bash",
        &Json::of(&json!({ "command": "\u{200b}" })).unwrap(),
        None,
    );
    assert_eq!(nothing.object, "` `");
}

#[test]
fn refused_calls_are_named_once_with_what_they_wanted() {
    let denial = |name: &str, input: serde_json::Value| PermissionDenial {
        tool_name: name.into(),
        input: Json::of(&input).unwrap(),
        ..PermissionDenial::default()
    };
    assert_eq!(refused_tools(&[]), None);
    let curl = denial("Bash", json!({ "command": "curl x.org" }));
    let other = denial("mcp__a__b", json!({}));
    let text = refused_tools(&[curl.clone(), curl, other]).unwrap();
    assert_eq!(
        text,
        "-# Refused, because this bot's rules don't allow it: `Bash` (`curl x.org`), `mcp__a__b` (`b` of `a`)."
    );
    let many: Vec<_> = (0..9)
        .map(|n| denial("Read", json!({ "file_path": n.to_string() })))
        .collect();
    assert!(
        refused_tools(&many)
            .unwrap()
            .ends_with("`Read` (`4`), and 4 more.")
    );
}

#[test]
fn colors_of_an_output_are_left_out() {
    let line = "\u{1b}[1;32mok\u{1b}[0m\r\u{1b}]8;;https://a.b\u{7}link\u{1b}]8;;\u{7}";
    assert_eq!(output_line(line), "`ok link`");
}
