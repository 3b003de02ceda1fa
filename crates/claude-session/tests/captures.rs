//! The parser on recorded runs of real CLIs.

#![expect(clippy::unwrap_used, reason = "a test fails by a panic")]

use std::{fs, path::PathBuf};

use bytes::Bytes;
use claude_session::protocol::{
    ApiEvent, Block, Delta, Json, Line, Query, SessionEvent, User, parse,
};
use serde_json::Value;

/// All captures: their names and their lines on stdout.
fn captures() -> Vec<(String, Vec<Bytes>)> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/captures");
    let mut captures: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            let text = fs::read_to_string(path).unwrap();
            let records = text
                .lines()
                .map(|record| serde_json::from_str::<Value>(record).unwrap());
            let lines = records
                .filter(|record| record["dir"] == "out")
                .map(|record| record["line"].as_str().unwrap().to_owned().into());
            (name, lines.collect())
        })
        .collect();
    captures.sort();
    captures
}

fn event(line: &Bytes) -> SessionEvent {
    match parse(line) {
        Line::Event(event) => event,
        other => panic!("{other:?}: {line:?}"),
    }
}

#[test]
fn every_captured_line_is_known() {
    let captures = captures();
    assert!(captures.len() > 90, "{} captures", captures.len());
    for (name, lines) in captures {
        for line in lines {
            assert!(!event(&line).is_unknown(), "{name}: {line:?}");
        }
    }
}

/// What a run of an interactive feature says, one event a line. 2.1.329 and 2.1.332 say the same.
#[test]
fn interactive_captures_are_read_as_recorded() {
    for (name, lines) in captures() {
        if name.starts_with("i-") && !name.ends_with("-329") {
            let mut summary: Vec<_> = lines.iter().map(|line| summarize(&event(line))).collect();
            summary.push(String::new());
            insta::assert_snapshot!(name, summary.join("\n"));
        }
    }
}

/// An event in a line, without ids that differ from run to run.
fn summarize(event: &SessionEvent) -> String {
    let text = match event {
        SessionEvent::Init(init) => format!(
            "init {:?} {:?} mode {:?}, {} tools, {} servers",
            init.model,
            init.version,
            init.permission_mode,
            init.tools.len(),
            init.mcp_servers.len()
        ),
        SessionEvent::Assistant(said) => {
            let blocks: Vec<_> = said.blocks.iter().map(block).collect();
            format!(
                "assistant{} {} {:?} error {:?}: {}",
                parent(said.is_subagent()),
                said.model,
                said.stop_reason,
                said.error,
                blocks.join(", ")
            )
        }
        SessionEvent::User(user) => self::user(user),
        SessionEvent::Stream(stream) => format!("stream {}", api_event(&stream.event)),
        SessionEvent::Result(result) => format!(
            "result {} error {} {:?} {:?} turns {} denied {:?} origin {:?} answers {} windows {:?}",
            result.subtype,
            result.is_error,
            result.terminal_reason,
            result.result.as_ref().map(|text| cut(text)),
            result.num_turns,
            result.denied_tools().collect::<Vec<_>>(),
            result.origin,
            result.user_message_uuids.len(),
            result
                .model_usage
                .iter()
                .map(|model| model.context_window)
                .collect::<Vec<_>>()
        ),
        SessionEvent::ControlRequest(request) => match &request.query {
            Query::Permission(asked) => format!(
                "may {} {} suggestions {} path {:?} reason {:?} agent {} questions {:?} plan {:?}",
                asked.tool_name,
                cut(asked.input.as_str()),
                asked.suggestions.len(),
                asked.blocked_path,
                asked.decision_reason_type,
                asked.agent_id.is_some(),
                asked
                    .questions()
                    .iter()
                    .map(|question| (question.header.as_str(), question.options.len()))
                    .collect::<Vec<_>>(),
                asked.plan()
            ),
            Query::Mcp { server, message } => format!("mcp {server} {}", cut(message.as_str())),
            other => format!("asks {other:?}"),
        },
        SessionEvent::ControlCancel { .. } => "cancels a request".into(),
        SessionEvent::ControlResponse(response) => format!(
            "answer {} error {:?} {}",
            response.request_id,
            response.error,
            cut(response.body.as_str())
        ),
        SessionEvent::CommandLifecycle(command) => format!("command {}", command.state),
        SessionEvent::Task(task) => {
            format!(
                "task {} ended {:?}",
                variant(task),
                task.ended().map(|(_, by_itself)| by_itself)
            )
        }
        other => format!("{other:?}"),
    };
    text.replace('\n', "\\n")
}

fn user(user: &User) -> String {
    let blocks: Vec<_> = user.blocks.iter().map(block).collect();
    format!(
        "user{} replay {} record {}: {}",
        parent(user.is_subagent()),
        user.is_replay,
        !user.tool_use_result.is_null(),
        blocks.join(", ")
    )
}

fn block(block: &Block) -> String {
    match block {
        Block::Text(text) => format!("text {:?}", cut(text)),
        Block::Thinking(text) => format!("thinking {:?}", cut(text)),
        Block::ToolUse(call) => format!("{} {}", call.name, cut(call.input.as_str())),
        Block::ToolResult(result) => format!(
            "result error {} {}",
            result.is_error,
            cut(result.content.as_str())
        ),
        Block::Other { kind } => kind.clone(),
    }
}

fn api_event(event: &ApiEvent) -> String {
    let text = |text: &Json| format!("{:?}", text.text().map(|text| cut(&text)));
    match event {
        ApiEvent::MessageStart { model, .. } => format!("message {model:?}"),
        ApiEvent::BlockStart { index, block } => format!("block {index} {:?}", block.get("type")),
        ApiEvent::Delta { index, delta } => match delta {
            Delta::Text(delta) => format!("{index} text {}", text(delta)),
            Delta::Thinking(delta) => format!("{index} thinking {}", text(delta)),
            Delta::ToolInput(delta) => format!("{index} input {}", text(delta)),
            Delta::Other => format!("{index} other"),
        },
        other => format!("{other:?}"),
    }
}

fn variant(value: &impl std::fmt::Debug) -> String {
    let debug = format!("{value:?}");
    debug.split('(').next().unwrap_or_default().to_owned()
}

fn parent(is_subagent: bool) -> &'static str {
    if is_subagent { " of a subagent" } else { "" }
}

fn cut(text: &str) -> String {
    match text.char_indices().nth(100) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}
