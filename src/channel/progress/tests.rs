use std::{fs, path::Path};

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{
    channel::messages::{details, working},
    claude::protocol::{Line, parse},
    config::Verbosity,
};

const START: i64 = 1_000;

fn at(seconds: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(START + seconds, 0).unwrap()
}

fn event(line: &Value) -> SessionEvent {
    match parse(&line.to_string().into()) {
        Line::Event(event) => event,
        other => panic!("{other:?}"),
    }
}

fn captures() -> Vec<(String, Vec<SessionEvent>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/claude-session/tests/captures");
    let mut captures = Vec::new();
    for file in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let name = file.file_name().into_string().unwrap();
        let text = fs::read_to_string(file.path()).unwrap();
        let lines = text
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let out = lines.filter(|line| line["dir"] == "out");
        let events = out.filter_map(|line| {
            let line = line["line"].as_str()?.to_owned();
            match parse(&line.into()) {
                Line::Event(event) => Some(event),
                _ => None,
            }
        });
        captures.push((name, events.collect()));
    }
    assert!(captures.len() > 50);
    captures
}

fn steps_of(name: &str) -> String {
    let captures = captures();
    let (_, events) = captures.iter().find(|(found, _)| found == name).unwrap();
    let mut progress = Progress::default();
    for event in events {
        progress.apply(event, at(0));
    }
    progress.close();
    details(&progress)
}

#[test]
fn the_steps_of_a_recorded_turn_are_in_order() {
    for version in ["197", "329", "332"] {
        assert_eq!(
            steps_of(&format!("i-partial-tools-{version}.jsonl")),
            "- ✓ Ran `echo one; sleep 0.3`: `one`\n- ✓ Ran `echo two`: `two`\n- ✓ Wrote `a.txt`"
        );
        assert_eq!(
            steps_of(&format!("i-subagent-{version}.jsonl")),
            "- ✓ Subagent: look around: 1 tool call, Running in sub\n  - ✓ Ran `echo insub`: `insub`"
        );
    }
}

#[test]
fn a_recorded_refusal_is_marked() {
    assert_eq!(
        steps_of("tool-denied.jsonl"),
        "- ⊘ Refused: `touch newfile`"
    );
    let sandbox = steps_of("i-permission-sandbox-332.jsonl");
    assert!(
        sandbox.contains("- ⊘ Refused: `/var/tmp/secret/s`\n- ✓ Ran `echo ok`: `ok`"),
        "{sandbox}"
    );
}

#[test]
fn a_tool_that_a_stop_ends_has_not_failed() {
    let mut progress = Progress::default();
    for id in ["a", "b", "c"] {
        progress.apply(&call(id, "Bash", &json!({"command": id})), at(0));
    }
    progress.apply(&returned("a", true, &Value::Null), at(0));
    progress.interrupt();
    progress.apply(&returned("b", true, &Value::Null), at(0));
    progress.close();
    assert_eq!(progress.failed, 1);
    assert_eq!(
        details(&progress),
        "- ✗ Ran `a`: `out`\n- ■ Interrupted: `b`\n- ■ Interrupted: `c`"
    );
}

#[test]
fn every_recorded_session_stays_within_a_cards_bounds() {
    for (name, events) in captures() {
        let mut progress = Progress::default();
        for event in &events {
            progress.apply(event, at(0));
        }
        check_bounds(&progress, &name);
        progress.close();
        assert!(
            progress
                .steps
                .iter()
                .all(|step| step.state != StepState::Running),
            "{name}"
        );
    }
}

#[track_caller]
fn check_bounds(progress: &Progress, context: &str) {
    let tasks: Vec<_> = (0..20).map(|_| ("x".repeat(500), at(0))).collect();
    for verbosity in [Verbosity::Compact, Verbosity::Full] {
        let text = working(progress, &tasks, verbosity);
        let length = text.chars().count();
        assert!((1..=4_096).contains(&length), "{length} {context}: {text}");
    }
    let length = details(progress).chars().count();
    assert!(length <= 2_900, "{length} {context}");
}

fn call(id: &str, name: &str, input: &Value) -> SessionEvent {
    called_by(&Value::Null, id, name, input)
}

fn called_by(parent: &Value, id: &str, name: &str, input: &Value) -> SessionEvent {
    let block = json!({"type": "tool_use", "id": id, "name": name, "input": input});
    event(
        &json!({"type": "assistant", "parent_tool_use_id": parent, "message": {"content": [block]}}),
    )
}

fn returned(id: &str, is_error: bool, detail: &Value) -> SessionEvent {
    let block =
        json!({"type": "tool_result", "tool_use_id": id, "content": "out", "is_error": is_error});
    event(&json!({"type": "user", "message": {"content": [block]}, "tool_use_result": detail}))
}

fn todos(progress: &Progress) -> Vec<(&str, TodoState)> {
    let todos = progress.todos.iter();
    todos.map(|todo| (todo.text.as_str(), todo.state)).collect()
}

#[test]
fn a_written_list_replaces_the_one_before() {
    let mut progress = Progress::default();
    let item = |content: &str, status: &str| json!({"content": content, "status": status, "activeForm": "x"});
    let list = json!({"todos": [item("plan", "completed"), item("build", "in_progress"), item("ship", "pending")]});
    assert!(progress.apply(&call("1", "TodoWrite", &list), at(0)));
    let (plan, build, ship) = (
        ("plan", TodoState::Done),
        ("build", TodoState::Active),
        ("ship", TodoState::Pending),
    );
    assert_eq!(todos(&progress), [plan, build, ship]);
    let text = working(&progress, &[], Verbosity::Compact);
    assert_eq!(text, "Working\n☑ plan\n▸ **build**\n☐ ship");
    progress.apply(
        &call(
            "2",
            "TodoWrite",
            &json!({"todos": [item("plan", "completed")]}),
        ),
        at(0),
    );
    assert_eq!(todos(&progress), [plan]);
    assert_eq!(progress.count, 0, "a list is no step");
}

#[test]
fn single_to_dos_are_created_and_updated() {
    let mut progress = Progress::default();
    for (id, subject) in [("a", "plan"), ("b", "build"), ("c", "fail")] {
        progress.apply(&call(id, "TaskCreate", &json!({"subject": subject})), at(0));
    }
    progress.apply(
        &returned(
            "b",
            false,
            &json!({"task": {"id": "2", "subject": "build"}}),
        ),
        at(0),
    );
    progress.apply(
        &returned("a", false, &json!({"task": {"id": "1", "subject": "plan"}})),
        at(0),
    );
    progress.apply(&returned("c", true, &Value::Null), at(0));
    progress.apply(
        &call(
            "d",
            "TaskUpdate",
            &json!({"taskId": "1", "status": "completed"}),
        ),
        at(0),
    );
    progress.apply(
        &call(
            "e",
            "TaskUpdate",
            &json!({"taskId": "2", "status": "in_progress"}),
        ),
        at(0),
    );
    progress.apply(
        &call(
            "f",
            "TaskUpdate",
            &json!({"taskId": "9", "status": "completed"}),
        ),
        at(0),
    );
    assert_eq!(
        todos(&progress),
        [("plan", TodoState::Done), ("build", TodoState::Active)]
    );
    progress.apply(
        &call(
            "g",
            "TaskUpdate",
            &json!({"taskId": "2", "status": "deleted"}),
        ),
        at(0),
    );
    assert_eq!(todos(&progress), [("plan", TodoState::Done)]);
}

#[test]
fn the_current_step_comes_first_with_its_time() {
    let mut progress = Progress::default();
    progress.apply(
        &event(&json!({"type": "system", "subtype": "init", "cwd": "/work"})),
        at(0),
    );
    progress.apply(
        &call("1", "Read", &json!({"file_path": "/work/src/a.rs"})),
        at(1),
    );
    progress.apply(&returned("1", false, &Value::Null), at(2));
    progress.apply(&call("2", "Bash", &json!({"command": "false"})), at(2));
    progress.apply(&returned("2", true, &Value::Null), at(3));
    progress.apply(&call("3", "Agent", &json!({"description": "look"})), at(4));
    progress.apply(
        &called_by(&json!("3"), "4", "Grep", &json!({"pattern": "x"})),
        at(5),
    );
    let lines = "**Subagent at work:** look · started <t:1004:R>\n- ✓ Read `src/a.rs`\n- ✗ Ran `false`\n  - ▸ Searching for `x`";
    assert_eq!(working(&progress, &[], Verbosity::Compact), lines);
    assert!(working(&progress, &[], Verbosity::Full).contains("- ✗ Ran `false`: `out`"));
    assert_eq!((progress.count, progress.failed), (4, 1));
}

#[test]
fn what_goes_on_without_tools_is_told() {
    let line = |subtype: &str, more: &Value| {
        let mut line = json!({"type": "system", "subtype": subtype});
        line.as_object_mut()
            .unwrap()
            .extend(more.as_object().unwrap().clone());
        line
    };
    let limit = json!({"type": "rate_limit_event", "rate_limit_info": {"status": "rejected", "resetsAt": 5_000}});
    for (line, expected, is_notable) in [
        (
            line("status", &json!({"status": "requesting"})),
            "Waiting for Claude · started <t:1007:R>",
            false,
        ),
        (
            line("thinking_tokens", &json!({"estimated_tokens": 3})),
            "Thinking · started <t:1007:R>",
            false,
        ),
        (
            line("api_retry", &json!({"attempt": 2, "max_retries": 10})),
            "Claude's API didn't respond. Retrying: attempt 2 of 10 · started <t:1007:R>",
            true,
        ),
        (
            line(
                "api_retry",
                &json!({"attempt": 1, "max_retries": 2, "error_status": 529}),
            ),
            "Claude's API is overloaded (status 529). Retrying: attempt 1 of 2 · started <t:1007:R>",
            true,
        ),
        (
            line("status", &json!({"status": "compacting"})),
            "Summarizing the conversation to free up context · started <t:1007:R>",
            true,
        ),
        (
            limit,
            "Claude's usage limit is reached until <t:5000:t>",
            false,
        ),
    ] {
        let mut progress = Progress::default();
        let heard = event(&line);
        assert!(progress.apply(&heard, at(7)));
        assert!(!progress.apply(&heard, at(8)), "it is not news");
        assert_eq!(working(&progress, &[], Verbosity::Compact), expected);
        assert_eq!(progress.is_notable(), is_notable, "{expected}");
    }
    let allowed = json!({"type": "rate_limit_event", "rate_limit_info": {"status": "allowed", "resetsAt": 1}});
    assert!(!Progress::default().apply(&event(&allowed), at(0)));
}

#[test]
fn a_compaction_is_over_when_the_cli_says_so() {
    let compacting = json!({"type": "system", "subtype": "status", "status": "compacting"});
    for end in [
        json!({"type": "system", "subtype": "status", "status": null}),
        json!({"type": "system", "subtype": "compact_boundary", "compact_metadata": {}}),
    ] {
        let mut progress = Progress::default();
        progress.apply(&event(&compacting), at(0));
        progress.apply(&event(&json!({"type": "keep_alive"})), at(0));
        assert!(progress.is_compacting());
        progress.apply(&event(&end), at(0));
        assert!(!progress.is_compacting());
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn whatever_tools_do_the_card_stays_bounded(
        events in prop::collection::vec((0_u8..9, 0_usize..90, "\\PC{0,12}|[`*_<@>\\n]{0,200}|x{900}"), 0..120),
    ) {
        let mut progress = Progress::default();
        for (kind, id, text) in events {
            let (id, parent) = (id.to_string(), (id / 3).to_string());
            let heard = match kind {
                0 => call(&id, "Bash", &json!({"command": text})),
                1 => called_by(&json!(parent), &id, "Read", &json!({"file_path": text})),
                2 => call(&id, &text, &json!({})),
                3 => returned(&id, text.len() % 2 == 0, &Value::Null),
                4 => call(&id, "TaskCreate", &json!({"subject": text})),
                5 => call(&id, "TodoWrite", &json!({"todos": vec![json!({"content": text}); 70]})),
                6 => event(&json!({"type": "system", "subtype": "permission_denied", "tool_use_id": id})),
                7 => event(&json!({"type": "system", "subtype": "task_progress", "task_id": "t", "tool_use_id": id,
                    "description": text, "usage": {"tool_uses": 3}})),
                _ => call(&id, "TaskUpdate", &json!({"taskId": id, "status": text, "subject": text})),
            };
            progress.apply(&heard, at(0));
        }
        check_bounds(&progress, "");
        let (failed, refused) = (progress.failed, progress.refused);
        prop_assert!(failed + refused <= progress.count);
        progress.close();
        let running = progress.steps.iter().filter(|step| step.state == StepState::Running).count();
        prop_assert_eq!(running, 0);
    }
}
