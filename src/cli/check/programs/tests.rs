use serde_json::json;

use super::*;

/// What is said of one server.
fn problem_of(name: &str, server: &Value) -> Option<String> {
    let environment: Environment = [("PATH", "/usr/bin:/bin")].into_iter().collect();
    problem(name, server, &environment)
}

#[test]
fn servers_that_may_work_are_no_problem() {
    for server in [
        json!({ "command": "sh", "args": ["-c", "x"] }),
        json!({ "type": "stdio", "command": "/bin/sh" }),
        json!({ "type": "http", "url": "https://example.org/mcp" }),
        json!({ "type": "sse", "url": "http://127.0.0.1:8000" }),
        json!({ "type": "ws", "url": "wss://example.org" }),
    ] {
        assert_eq!(problem_of("notes", &server), None, "{server}");
    }
}

#[test]
fn servers_that_cannot_work_are_named() {
    for (server, why) in [
        (json!({ "command": "no-such-program" }), "no program"),
        (json!({ "command": "/no/such/program" }), "no program"),
        (json!({ "args": [] }), "`command` is missing"),
        (json!(null), "`command` is missing"),
        (json!({ "url": "https://example.org" }), "`type` is missing"),
        (json!({ "type": "http" }), "`url` must be"),
        (
            json!({ "type": "http", "url": "example.org" }),
            "`url` must be",
        ),
        (
            json!({ "type": "http", "url": "file:///etc" }),
            "`url` must be",
        ),
        (json!({ "type": "magic" }), "`type` must be"),
        (json!({ "type": 1 }), "`type` must be"),
    ] {
        let said = problem_of("notes", &server).unwrap_or_default();
        assert!(said.contains(why), "{server}: {said}");
    }
    let own = problem_of("switchboard", &json!({ "command": "sh" })).unwrap();
    assert!(own.contains("choose another"), "{own}");
}

#[test]
fn transcribing_needs_the_sandbox_and_the_program() {
    let environment: Environment = [("PATH", "/usr/bin:/bin")].into_iter().collect();
    let said = |program: &[&str], level| {
        let mut config = Config::default();
        config.discord.transcribe = program.iter().map(ToString::to_string).collect();
        transcriber(&config, level, &environment).map(|it| it.what)
    };
    let bwrap = Some(SandboxLevel::Bwrap);
    assert_eq!(said(&[], None), None);
    for level in [None, Some(SandboxLevel::Cli), Some(SandboxLevel::Off)] {
        assert!(said(&["sh"], level).unwrap().contains("level `bwrap`"));
    }
    assert!(said(&["nope"], bwrap).unwrap().contains("no program"));
    assert!(said(&["sh"], bwrap).unwrap().contains("are transcribed"));
}
