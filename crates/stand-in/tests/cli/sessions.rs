//! Sessions: resumed with their messages and costs, invalid arguments and lines, the end of input, and
//! `/compact`.

use claude_stand_in::pricing::{Context, Usage, cost_usd, tokens};
use serde_json::{Value, json};

use crate::support::{Home, new_id, texts};

const PROMPT: &str = "Answer like a telephone operator, in one sentence.";

/// The totals of three turns, in three processes or in one.
fn totals(version: &'static str, live: bool) -> Vec<f64> {
    let home = Home::new(version);
    let id = new_id();
    let mut process = home.start(&["--session-id", &id, "--system-prompt", PROMPT]);
    let mut totals = Vec::new();
    for text in ["[[say one]]", "[[say two]]", "[[say three]]"] {
        if !live && !totals.is_empty() {
            process = home.start(&["--resume", &id, "--system-prompt", PROMPT]);
        }
        totals.push(process.result(text)["total_cost_usd"].as_f64().unwrap());
    }
    totals
}

/// The costs of the three turns.
fn expected() -> Vec<f64> {
    let mut context = Context::new(PROMPT);
    ["one", "two", "three"]
        .into_iter()
        .map(|answer| {
            let (usage, after) = context.call(tokens(&format!("[[say {answer}]]")), tokens(answer));
            context = after;
            cost_usd("claude-sonnet-5", &usage)
        })
        .collect()
}

#[track_caller]
fn check_totals(version: &'static str, live: bool, cumulative: bool) {
    let mut sum = 0.0;
    for (found, turn) in totals(version, live).into_iter().zip(expected()) {
        sum += turn;
        let expected = if cumulative { sum } else { turn };
        assert!(
            (found - expected).abs() < 1e-12,
            "{found} is not {expected}"
        );
    }
}

#[test]
fn the_total_grows_in_a_live_process() {
    check_totals("2.1.197", true, true);
    check_totals("2.1.329", true, true);
}

#[test]
fn the_total_of_a_resumed_session_depends_on_the_version() {
    check_totals("2.1.197", false, false);
    check_totals("2.1.276", false, false);
    check_totals("2.1.277", false, true);
    check_totals("2.1.329", false, true);
}

#[test]
fn usage_covers_one_turn() {
    let home = Home::new("2.1.329");
    let mut process = home.start(&["--system-prompt", PROMPT]);
    let first = process.result("[[say one]]");
    let (usage, after) = Context::new(PROMPT).call(tokens("[[say one]]"), tokens("one"));
    check_usage(&first["usage"], &usage);
    let (usage, _) = after.call(tokens("[[say two]]"), tokens("two"));
    check_usage(&process.result("[[say two]]")["usage"], &usage);
}

#[track_caller]
fn check_usage(found: &Value, expected: &Usage) {
    let keys = [
        ("input_tokens", expected.input),
        ("cache_creation_input_tokens", expected.cache_creation),
        ("cache_read_input_tokens", expected.cache_read),
        ("output_tokens", expected.output),
    ];
    for (key, value) in keys {
        assert_eq!(found[key], value, "{key}");
    }
}

#[test]
fn messages_and_model_survive_a_restart() {
    let home = Home::new("2.1.329");
    let id = new_id();
    let mut process = home.start(&["--session-id", &id, "--model", "haiku"]);
    process.turn("my name is Ada");
    process.control("m", &json!({"subtype": "set_model", "model": "opus"}));
    process.turn("hello");
    assert_eq!(process.finish().0, Some(0));
    let mut process = home.start(&["--resume", &id]);
    let lines = process.turn("what is my name?");
    assert_eq!(lines[0]["model"], "claude-opus-5-5");
    assert_eq!(lines[0]["session_id"], *id);
    assert!(texts(&lines)[0].contains("**Ada**"));
}

#[test]
fn only_newer_versions_keep_the_system_prompt() {
    for (version, kept) in [("2.1.197", false), ("2.1.329", true)] {
        let home = Home::new(version);
        let id = new_id();
        let file = home.work.path().join("more.md");
        std::fs::copy(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"), &file).unwrap();
        let more = std::fs::read_to_string(&file).unwrap();
        let append = format!("--append-system-prompt-file={}", file.display());
        let mut process = home.start(&["--session-id", &id, "--system-prompt", PROMPT, &append]);
        let said = process.result("[[prompt]]")["result"].clone();
        assert_eq!(said, format!("{PROMPT}\n\n{more}"));
        let said = home.start(&["--resume", &id]).result("[[prompt]]")["result"].clone();
        assert_eq!(
            said.as_str().unwrap().starts_with(PROMPT),
            kept,
            "{version}"
        );
    }
}

#[track_caller]
fn check_refused(args: &[&str], env: &[(&str, &str)], stderr: &str) {
    let home = Home::new("2.1.329");
    let id = "99c4b412-1509-4fe6-a0af-3a2a0f463d16";
    home.start(&["--session-id", id]).result("[[say kept]]");
    let (code, said) = home.start_with(args, env).finish();
    assert_eq!((code, said.trim_end()), (Some(1), stderr));
}

#[test]
fn invalid_arguments_are_rejected_like_the_cli_does() {
    check_refused(&["--zork"], &[], "error: unknown option '--zork'");
    let used = "99c4b412-1509-4fe6-a0af-3a2a0f463d16";
    check_refused(
        &["--session-id", used],
        &[],
        "Error: Session ID 99c4b412-1509-4fe6-a0af-3a2a0f463d16 is already in use.",
    );
    check_refused(&[], &[("STAND_IN_FAIL_START", "no login")], "no login");
}

#[test]
fn version_is_printed() {
    let home = Home::new("2.1.197");
    let mut process = home.start_bare(&["--version"], &[("STAND_IN_FAIL_START", "x")]);
    assert_eq!(process.raw_line().unwrap(), b"2.1.197 (Claude Code)");
    assert_eq!(process.finish().0, Some(0));
}

#[test]
fn a_malformed_line_ends_the_process() {
    let home = Home::new("2.1.329");
    let mut process = home.start(&[]);
    process.write("");
    process.write(" ");
    process.turn("[[say still here]]");
    process.write("not json");
    let (code, stderr) = process.finish();
    assert_eq!(code, Some(1));
    assert!(
        stderr.starts_with("Error parsing streaming input line: not json"),
        "{stderr}"
    );
}

#[test]
fn turns_finish_after_the_end_of_input() {
    let home = Home::new("2.1.329");
    let mut process = home.start(&[]);
    process.user("[[sleep 0.2]][[say one]]");
    process.user("[[say two]]");
    process.close_stdin();
    assert_eq!(texts(&process.until_result()), ["one"]);
    assert_eq!(texts(&process.until_result()), ["two"]);
    assert_eq!(process.finish().0, Some(0));

    let mut process = home.start(&[]);
    process.user("[[status 400]]");
    process.until_result();
    assert_eq!(process.finish().0, Some(1));
}

#[test]
fn messages_during_a_turn_are_queued_and_listed() {
    let home = Home::new("2.1.329");
    let mut process = home.start(&[]);
    process.user("[[hang]]");
    process.until(|line| line["subtype"] == "init");
    let message = json!({"role": "user", "content": "[[say queued]]"});
    process.write(&json!({"type": "user", "message": message, "uuid": "u-1"}).to_string());
    process.until(|line| line["state"] == "queued");
    process.control("i", &json!({"subtype": "interrupt"}));
    let lines = process.until_result();
    assert_eq!(
        lines[0]["response"]["response"],
        json!({"still_queued": ["u-1"]})
    );
    assert_eq!(texts(&process.until_result()), ["queued"]);
    assert_eq!(process.line()["state"], "completed");
}

#[test]
fn control_requests_are_answered_when_idle() {
    let home = Home::new("2.1.329");
    let mut process = home.start(&[]);
    process.control("0", &json!({"subtype": "initialize", "hooks": null}));
    let ready = process.line();
    assert_eq!(ready["response"]["request_id"], "0");
    assert_eq!(ready["response"]["response"]["pid"], process.child.id());
    process.control("1", &json!({"subtype": "interrupt"}));
    assert_eq!(process.line()["response"]["subtype"], "success");
    process.control("2", &json!({"subtype": "zork"}));
    let error = process.line()["response"]["error"].clone();
    assert_eq!(error, "Unsupported control request subtype: zork");
    assert_eq!(process.result("[[say alive]]")["result"], "alive");
}

#[test]
fn user_messages_are_replayed_on_demand() {
    let home = Home::new("2.1.197");
    let mut process = home.start(&["--replay-user-messages"]);
    let lines = process.turn("[[say x]]");
    assert_eq!(lines[1]["isReplay"], true);
    assert_eq!(lines[1]["message"]["content"], "[[say x]]");
}

#[test]
fn only_a_whole_line_is_the_compact_command() {
    let home = Home::new("2.1.329");
    let mut process = home.start(&["--session-id", &new_id()]);
    process.result("[[say one]]");
    let result = process.result("/compact");
    assert_eq!(
        (&result["result"], &result["is_error"]),
        (&json!(""), &json!(false))
    );
    assert_eq!(
        process.result("[[context]]")["result"],
        r#"["[[say one]]"]"#
    );
    assert_ne!(process.result(" /compact")["result"], "");
}
