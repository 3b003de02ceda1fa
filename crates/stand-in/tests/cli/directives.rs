//! The effects of directives, as their table describes them.

use std::time::Duration;

use claude_stand_in::directives::long_text;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::support::{Home, StandIn, new_id, texts};

fn home() -> Home {
    Home::new("2.1.329")
}

/// The `result` text for a message in a new session.
#[track_caller]
fn answer(text: &str) -> String {
    let result = home().start(&[]).result(text);
    assert_eq!(result["is_error"], false, "{result}");
    result["result"].as_str().unwrap().to_owned()
}

#[test]
fn directives_determine_the_answer() {
    assert_eq!(answer("[[say a [b] ]]"), "a [b] ");
    assert_eq!(answer("[[empty]]"), "");
    assert_eq!(answer("[[long 5000]]"), long_text(5_000));
    assert_eq!(answer("[[retry 1]] hi  there"), "echo(1): hi  there");
    assert_eq!(answer("[[blocks a|b|c]]"), "c");
}

#[test]
fn blocks_are_separate_lines_of_one_message() {
    let home = home();
    let lines = home.start(&[]).turn("[[blocks a|b|c]]");
    assert_eq!(texts(&lines), ["a", "b", "c"]);
    assert_eq!(lines[1]["message"]["id"], lines[3]["message"]["id"]);
}

#[test]
fn states_are_announced() {
    let home = home();
    let lines = home
        .start(&[])
        .turn("[[state compacting 0]] [[state thinking 0]]");
    let states: Vec<_> = lines
        .iter()
        .filter(|line| line["type"] == "system" && line["subtype"] != "init")
        .map(|line| (line["subtype"].as_str().unwrap(), line["status"].as_str()))
        .collect();
    let expected = [
        ("status", Some("compacting")),
        ("hook_started", None),
        ("status", None),
        ("thinking_tokens", None),
        ("hook_started", None),
    ];
    assert_eq!(states[..5], expected);
}

#[test]
fn environment_and_arguments_are_shown() {
    let home = home();
    let mut process = home.start_with(&["--model", "opus"], &[("GIVEN", "a b")]);
    let env = process.result("[[env]]")["result"].clone();
    let names: Vec<&str> = env
        .as_str()
        .unwrap()
        .lines()
        .filter_map(|line| Some(line.split_once('=')?.0))
        .collect();
    let given = [
        "CLAUDE_CONFIG_DIR",
        "GIVEN",
        "PATH",
        "STAND_IN_PACE_MS",
        "STAND_IN_VERSION",
    ];
    assert_eq!(names, given);
    let args = process.result("[[args]]")["result"].clone();
    let args: Vec<String> = serde_json::from_str(args.as_str().unwrap()).unwrap();
    assert_eq!(args[args.len() - 2..], ["--model", "opus"]);
    let context = process.result("[[context]]")["result"].clone();
    assert_eq!(context, json!(["[[env]]", "[[args]]"]).to_string());
}

#[test]
fn only_directives_in_the_persons_text_run() {
    let home = home();
    let mut process = home.start(&[]);
    let block = |text: &str| json!({"type": "text", "text": text});
    let content = json!([
        block("[EXTERNAL CONTENT 1]\n[[hang]]"),
        block("[[raw]]"),
        block("[END EXTERNAL CONTENT 1]"),
    ]);
    let message = json!({"role": "user", "content": content});
    process.write(&json!({"type": "user", "message": message}).to_string());
    let lines = process.until_result();
    assert_eq!(texts(&lines), [content.to_string()]);
}

#[test]
fn processes_end_with_the_given_code() {
    let home = home();
    let mut process = home.start(&[]);
    process.user("[[crash 7]]");
    process.until(|line| line["type"] == "assistant");
    let (code, stderr) = process.finish();
    assert_eq!(
        (code, stderr.as_str()),
        (Some(7), "stand-in: crashed with code 7, as asked\n")
    );

    let mut process = home.start(&[]);
    process.user("[[die-silently]]");
    assert_eq!(process.line()["subtype"], "init");
    assert_eq!(process.raw_line(), None);
    assert_eq!(process.finish(), (Some(0), String::new()));
}

#[test]
fn a_session_crashes_once() {
    let home = home();
    let id = new_id();
    let mut process = home.start(&["--session-id", &id]);
    process.user("[[crash-once 3]]");
    assert_eq!(process.finish().0, Some(3));
    let mut process = home.start(&["--resume", &id]);
    let result = process.result("[[crash-once 3]][[say recovered]]");
    assert_eq!(result["result"], "recovered");
}

#[test]
fn a_turn_without_a_result_leaves_the_process_usable() {
    let home = home();
    let mut process = home.start(&[]);
    process.user("[[no-result]][[say lost]]");
    process.until(|line| line["type"] == "assistant");
    let lines = process.turn("[[say next]]");
    assert_eq!(texts(&lines), ["next"]);
}

#[test]
fn limits_and_failures_have_their_own_results() {
    let home = home();
    let mut process = home.start(&[]);
    let mut check = |text: &str, subtype: &str, reason: &str| {
        let result = process.result(text);
        assert_eq!(result["is_error"], true, "{text}");
        assert_eq!(
            (&result["subtype"], &result["terminal_reason"]),
            (&json!(subtype), &json!(reason)),
            "{text}"
        );
        result
    };
    check("[[max-turns]]", "error_max_turns", "max_turns");
    check("[[budget]]", "error_max_budget_usd", "budget_exhausted");
    let long = check("[[too-long]]", "success", "prompt_too_long");
    assert_eq!(long["result"], "Prompt is too long");
    let busy = check("[[status 529 overloaded]]", "success", "api_error");
    assert_eq!(busy["api_error_status"], 529);
    assert!(
        busy["result"]
            .as_str()
            .unwrap()
            .starts_with("API Error: 529 overloaded.")
    );
}

#[test]
fn noise_and_floods_do_not_damage_the_answer() {
    let home = home();
    let mut process = home.start(&[]);
    process.user("[[noise]][[flood 300000]][[stderr 200000]][[say done]]");
    let mut lines = Vec::new();
    loop {
        let line = process.raw_line().unwrap();
        let is_result = serde_json::from_slice::<Value>(&line)
            .is_ok_and(|line| line["type"] == "result" && line["result"] == "done");
        lines.push(line);
        if is_result {
            break;
        }
    }
    assert!(lines.iter().any(Vec::is_empty), "a blank line");
    assert!(
        lines.iter().any(|line| std::str::from_utf8(line).is_err()),
        "no UTF-8"
    );
    assert!(
        lines.iter().any(|line| line.len() == 300_000),
        "a long line"
    );
    let (code, stderr) = process.finish();
    assert_eq!((code, stderr.len()), (Some(0), 200_001));
}

#[test]
fn the_hosts_response_is_shown() {
    let home = home();
    let mut process = home.start(&[]);
    process.user("[[ask-control elicitation]]");
    let lines = process.until(|line| line["type"] == "control_request");
    let request = &lines[lines.len() - 1];
    assert_eq!(request["request"]["subtype"], "elicitation");
    let response = json!({"subtype": "error", "request_id": request["request_id"], "error": "no"});
    process.write(&json!({"type": "control_response", "response": response}).to_string());
    let lines = process.until_result();
    assert_eq!(texts(&lines), [response.to_string()]);
}

fn signal(process: &StandIn, signal: Signal) {
    kill_process(Pid::from_child(&process.child), signal).unwrap();
}

#[test]
fn only_sigkill_ends_a_deaf_process() {
    let home = home();
    let mut process = home.start(&[]);
    process.user("[[deaf]]");
    process.line();
    // The handlers are installed some time after the first line; the kernel shows when.
    let status = format!("/proc/{}/status", process.child.id());
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    loop {
        let text = std::fs::read_to_string(&status).unwrap();
        let caught = text
            .lines()
            .find_map(|line| line.strip_prefix("SigCgt:"))
            .unwrap();
        let caught = u64::from_str_radix(caught.trim(), 16).unwrap();
        // Bit n - 1 is signal n: SIGINT is 2, SIGTERM is 15.
        if caught & 0x4002 == 0x4002 {
            break;
        }
        assert!(std::time::Instant::now() < deadline, "no handlers");
        std::thread::yield_now();
    }
    process.control("i", &json!({"subtype": "interrupt"}));
    process.close_stdin();
    for ignored in [Signal::INT, Signal::TERM] {
        signal(&process, ignored);
    }
    assert_eq!(process.child.try_wait().unwrap(), None);
    signal(&process, Signal::KILL);
    assert_eq!(process.finish().0, None);
}

#[test]
fn an_interrupt_ends_a_command() {
    let home = home();
    let mut process = home.start(&["--allowedTools=Bash"]);
    process.user(r#"[[tool Bash {"command":"echo $$ > pid; sleep 600"}]]"#);
    let file = home.work.path().join("pid");
    let deadline = std::time::Instant::now() + Duration::from_secs(20);
    let pid = loop {
        match std::fs::read_to_string(&file) {
            Ok(pid) if pid.ends_with('\n') => break pid.trim().to_owned(),
            _ => assert!(
                std::time::Instant::now() < deadline,
                "the command did not start"
            ),
        }
        std::thread::yield_now();
    };
    process.control("i", &json!({"subtype": "interrupt"}));
    let result = process.until_result().pop().unwrap();
    assert_eq!(result["terminal_reason"], "aborted_tools");
    assert_eq!(result["stop_reason"], "tool_use");
    assert!(!std::path::Path::new(&format!("/proc/{pid}")).exists());
    assert_eq!(process.result("[[say usable]]")["result"], "usable");
}

#[test]
fn the_responder_lists_its_folder() {
    let home = home();
    std::fs::create_dir(home.work.path().join("attic")).unwrap();
    let mut process = home.start(&[]);
    let lines = process.turn("What's here?");
    let used = lines
        .iter()
        .find(|line| line["message"]["content"][0]["type"] == "tool_use");
    assert_eq!(used.unwrap()["message"]["content"][0]["name"], "Glob");
    let result = &lines[lines.len() - 1];
    assert_eq!(result["num_turns"], 2);
    let said = result["result"].as_str().unwrap();
    assert!(
        said.contains("- `attic/`") && said.contains("stand-in"),
        "{said}"
    );
    let outside = process.result("read /etc/hostname");
    assert_eq!(outside["permission_denials"][0]["tool_name"], "Read");
}

#[test]
fn a_disallowed_tool_does_not_exist() {
    let home = home();
    let mut process = home.start(&["--disallowedTools=Bash"]);
    let lines = process.turn(r#"[[tool Bash {"command":"touch x"}]]"#);
    let init = lines.iter().find(|line| line["subtype"] == "init").unwrap();
    let tools = [
        "Agent",
        "Edit",
        "Glob",
        "Read",
        "TaskCreate",
        "TaskUpdate",
        "Write",
    ];
    assert_eq!(init["tools"], json!(tools));
    let result = &lines[lines.len() - 1];
    assert_eq!(result["permission_denials"], json!([]));
    assert!(!home.work.path().join("x").exists());
}

#[test]
fn background_commands_are_reported_and_stopped() {
    let home = home();
    let mut process = home.start(&["--allowedTools=Bash"]);
    let run = |command: &str| {
        let input = json!({ "command": command, "run_in_background": true });
        format!("[[tool Bash {input}]] [[say begun]]")
    };
    let of_tasks = |lines: &[Value]| -> Vec<String> {
        let events = lines.iter().filter(|line| {
            line["subtype"]
                .as_str()
                .is_some_and(|subtype| subtype.contains("task"))
        });
        events
            .map(|line| line["subtype"].as_str().unwrap().to_owned())
            .collect()
    };
    let lines = process.turn(&run("true"));
    assert_eq!(
        of_tasks(&lines),
        ["background_tasks_changed", "task_started"]
    );
    let report = process.until_result();
    assert_eq!(
        of_tasks(&report),
        [
            "task_updated",
            "task_notification",
            "background_tasks_changed"
        ]
    );
    let result = report.last().unwrap();
    assert_eq!(result["origin"]["kind"], "task-notification");
    assert!(
        result["result"]
            .as_str()
            .unwrap()
            .ends_with("completed (exit code 0)")
    );
    let lines = process.turn(&run("sleep 600"));
    let started = lines
        .iter()
        .find(|line| line["subtype"] == "task_started")
        .unwrap();
    process.control(
        "stop",
        &json!({ "subtype": "stop_task", "task_id": started["task_id"] }),
    );
    let lines = process.until(|line| line["type"] == "control_response");
    let ended = lines
        .iter()
        .find(|line| line["subtype"] == "task_notification")
        .unwrap();
    assert_eq!(ended["status"], "stopped");
    assert_eq!(process.result("[[say next]]")["result"], "next");
    assert_eq!(process.finish().0, Some(0));
}

#[test]
fn half_a_line_ends_the_process() {
    let home = home();
    let mut process = home.start(&[]);
    process.user("[[half-line]]");
    let mut last = Vec::new();
    while let Some(line) = process.raw_line() {
        last = line;
    }
    assert!(last.starts_with(b"{\"type\"") && serde_json::from_slice::<Value>(&last).is_err());
    assert_eq!(process.finish().0, Some(0));
}
