//! The lines have the format of those recorded from the real CLI 2.1.197: the same types and subtypes in
//! the same order, and every recorded key with the same kind of value.

use std::collections::BTreeMap;
use std::fs;

use serde_json::{Value, json};

use crate::support::{Home, StandIn};

/// A recorded run: directions and lines.
fn capture(name: &str) -> Vec<(String, Value)> {
    let folder = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../claude-session/tests/captures"
    );
    let text = fs::read_to_string(format!("{folder}/{name}.jsonl")).unwrap();
    text.lines()
        .filter_map(|line| {
            let entry: Value = serde_json::from_str(line).unwrap();
            let line = entry["line"].as_str()?;
            let direction = entry["dir"].as_str().unwrap().to_owned();
            Some((direction, serde_json::from_str(line).unwrap()))
        })
        .collect()
}

/// The CLI's output in a recorded run.
fn recorded(name: &str) -> Vec<Value> {
    let lines = capture(name).into_iter();
    lines
        .filter(|(direction, _)| direction == "out")
        .map(|(_, line)| line)
        .collect()
}

/// The kind of a line: its type and subtype.
fn kind(line: &Value) -> String {
    let parts = [
        &line["type"],
        &line["subtype"],
        &line["event"]["type"],
        &line["message"]["content"][0]["type"],
    ];
    parts
        .map(|part| part.as_str().unwrap_or("-").to_owned())
        .join("/")
}

/// The kinds in order without repetitions, since the number of chunks is not compared.
fn kinds(lines: &[Value]) -> Vec<String> {
    let mut kinds: Vec<String> = lines.iter().map(kind).collect();
    kinds.dedup();
    kinds
}

#[track_caller]
fn check_keys(ours: &Value, theirs: &Value, path: &str) {
    match theirs {
        Value::Object(fields) => {
            assert!(ours.is_object(), "{path}: {ours} is no object");
            for (key, value) in fields {
                let Some(own) = ours.get(key) else {
                    panic!("{path} lacks {key:?}");
                };
                check_keys(own, value, &format!("{path}.{key}"));
            }
        }
        Value::Array(entries) => {
            let own = ours
                .as_array()
                .unwrap_or_else(|| panic!("{path}: {ours} is no array"));
            if let (Some(own), Some(their)) = (own.first(), entries.first()) {
                check_keys(own, their, &format!("{path}[0]"));
            }
        }
        Value::Null => assert!(ours.is_null(), "{path}: {ours} is not null"),
        Value::Bool(_) => assert!(ours.is_boolean(), "{path}: {ours} is no bool"),
        Value::Number(_) => assert!(ours.is_number(), "{path}: {ours} is no number"),
        Value::String(_) => assert!(ours.is_string(), "{path}: {ours} is no string"),
    }
}

/// Compares a run, with one turn for each of `texts`, with a recorded one.
#[track_caller]
fn check(name: &str, args: &[&str], texts: &[&str]) {
    let home = Home::new("2.1.197");
    let key = [("ANTHROPIC_API_KEY", "none")];
    let mut process = home.start_with(&[args, &["--model", "sonnet"]].concat(), &key);
    let mut ours = Vec::new();
    for text in texts {
        ours.extend(process.turn(text));
    }
    compare(name, &ours);
}

#[track_caller]
fn compare(name: &str, ours: &[Value]) {
    let theirs = recorded(name);
    assert_eq!(kinds(ours), kinds(&theirs), "{name}");
    let mut seen = BTreeMap::new();
    for line in &theirs {
        // The n-th line of a kind is compared with our n-th.
        let count = seen.entry(kind(line)).or_insert(0);
        let twin = ours
            .iter()
            .filter(|own| kind(own) == kind(line))
            .nth(*count)
            .unwrap_or_else(|| panic!("{name}: no twin of {line}"));
        check_keys(twin, line, line["type"].as_str().unwrap());
        *count += 1;
    }
    let results = |lines: &[Value]| -> Vec<Value> {
        let found = lines.iter().filter(|line| line["type"] == "result");
        let parts = [
            "subtype",
            "is_error",
            "num_turns",
            "stop_reason",
            "terminal_reason",
            "api_error_status",
            "errors",
        ];
        found
            .map(|line| parts.iter().map(|key| line[*key].clone()).collect())
            .collect()
    };
    assert_eq!(results(ours), results(&theirs), "{name}");
}

#[test]
fn two_turns() {
    check("two-turns", &[], &["[[say hello]]", "[[say again]]"]);
}

#[test]
fn partial_messages() {
    check(
        "partial",
        &["--include-partial-messages"],
        &["[[long 3000]]"],
    );
}

/// A call of the Bash tool as in the recorded runs.
fn call(command: &str) -> String {
    let input = json!({"command": command, "description": "scripted"});
    format!("[[tool Bash {input}]]")
}

#[test]
fn tools() {
    let calls = call("echo one") + &call("echo two");
    check("tools-allowed", &["--allowedTools", "Bash"], &[&calls]);
    check(
        "max-turns",
        &["--allowedTools=Bash", "--max-turns=1"],
        &[&calls],
    );
    check("tool-denied", &[], &[&call("touch newfile")]);
}

#[test]
fn budget() {
    let calls = call("echo one");
    let limit = ["--allowedTools=Bash", "--max-budget-usd=0.0001"];
    check("budget", &limit, &[&calls, "[[say x]]"]);
}

#[test]
fn api_failures() {
    check("api-400", &[], &["[[status 400]]"]);
    check(
        "api-401",
        &[],
        &["[[retry 1]][[status 401]]", "[[say next]]"],
    );
    check("api-529", &[], &["[[retry 2]][[status 529]]"]);
}

#[test]
fn image() {
    let home = Home::new("2.1.197");
    let mut process = home.start_with(&[], &[("ANTHROPIC_API_KEY", "none")]);
    process.write(&capture("image")[0].1.to_string());
    compare("image", &process.until_result());
}

#[test]
fn resume() {
    let home = Home::new("2.1.197");
    let id = crate::support::new_id();
    home.start(&["--session-id", &id]).result("[[say first]]");
    let mut process = home.start(&["--resume", &id]);
    compare("resume", &process.turn("[[say third]]"));
}

#[test]
fn resume_of_a_missing_session() {
    let home = Home::new("2.1.197");
    let mut process = home.start(&["--resume=00000000-0000-4000-8000-000000000000"]);
    compare("resume-missing", &[process.line()]);
    let (code, stderr) = process.finish();
    assert_eq!(code, Some(1));
    assert_eq!(
        stderr,
        "No conversation found with session ID: 00000000-0000-4000-8000-000000000000\n"
    );
}

#[test]
fn interrupt() {
    let home = Home::new("2.1.197");
    let mut process = home.start(&[]);
    let mut ours = interrupted_turn(&mut process);
    ours.extend(process.turn("[[say after]]"));
    compare("interrupt", &ours);
    assert_eq!(process.finish().0, Some(0));
}

fn interrupted_turn(process: &mut StandIn) -> Vec<Value> {
    process.user("[[hang]]");
    let mut lines = vec![process.line()];
    process.control("int-1", &json!({"subtype": "interrupt"}));
    lines.extend(process.until_result());
    lines
}

#[test]
fn interrupt_during_retries() {
    let home = Home::new("2.1.197");
    let mut process = home.start(&[]);
    process.user("[[retry 5]][[hang]]");
    let mut lines = process.until(|line| line["attempt"] == 5);
    process.control("i", &json!({"subtype": "interrupt"}));
    lines.extend(process.until_result());
    compare("api-401-retrying", &lines);
    assert_eq!(process.finish().0, Some(1));
}

#[test]
fn set_model() {
    let home = Home::new("2.1.197");
    let mut process = home.start(&["--model=sonnet"]);
    let mut ours = process.turn("[[say one]]");
    for (id, model) in [("m1", "haiku"), ("m2", "nonsense")] {
        process.control(id, &json!({"subtype": "set_model", "model": model}));
        ours.extend(process.turn("[[say more]]"));
    }
    compare("set-model", &ours);
    let models = |lines: &[Value]| -> Vec<Value> {
        let inits = lines.iter().filter(|line| line["subtype"] == "init");
        inits.map(|line| line["model"].clone()).collect()
    };
    assert_eq!(models(&ours), models(&recorded("set-model")));
}

#[test]
fn permission_asked() {
    let home = Home::new("2.1.197");
    let mut process = home.start_with(
        &["--permission-prompt-tool", "stdio"],
        &[("ANTHROPIC_API_KEY", "none")],
    );
    process.control("init-1", &json!({"subtype": "initialize"}));
    let mut ours = vec![process.line()];
    let call = call("touch asked");
    for verdict in ["allow", "deny"] {
        process.user(&call);
        ours.extend(process.until(|line| line["type"] == "control_request"));
        let id = ours[ours.len() - 1]["request_id"].clone();
        let answer = json!({"type": "control_response", "response": {
            "subtype": "success",
            "request_id": id,
            "response": {
                "behavior": verdict,
                "updatedInput": {"command": "touch asked"},
                "message": "A channel admin said no.",
            },
        }});
        process.write(&answer.to_string());
        ours.extend(process.until_result());
    }
    let theirs = recorded("permission-ask");
    assert_eq!(kinds(&ours), kinds(&theirs));
    check_keys(&ours[0], &theirs[0], "initialize");
    assert!(
        home.work.path().join("asked").exists(),
        "the allowed call ran"
    );
    let denied = &ours[ours.len() - 1]["permission_denials"];
    assert_eq!(denied.as_array().unwrap().len(), 1);
}
