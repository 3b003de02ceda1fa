use serde_json::{Value, json};

use super::*;
use crate::claude::protocol::Json;

fn request(tool: &str, input: &Value, suggestions: &[Value]) -> PermissionRequest {
    PermissionRequest {
        tool_name: tool.into(),
        input: Json::of(input).unwrap(),
        suggestions: suggestions.iter().filter_map(Json::of).collect(),
        ..PermissionRequest::default()
    }
}

#[track_caller]
fn check(tool: &str, input: &Value, expected: Option<&str>) {
    let found = rule_for(&request(tool, input, &[]));
    assert_eq!(found.as_deref(), expected, "{tool} {input}");
}

#[test]
fn a_command_is_allowed_exactly_as_it_is() {
    // The CLI's suggestion is wider.
    let wider = json!({ "type": "addRules", "behavior": "allow",
        "rules": [{ "toolName": "Bash", "ruleContent": "touch made *" }] });
    let asked = request("Bash", &json!({ "command": "touch made" }), &[wider]);
    assert_eq!(rule_for(&asked).as_deref(), Some("Bash(touch made)"));
    check(
        "Bash",
        &json!({ "command": "f(x) && y" }),
        Some("Bash(f(x) && y)"),
    );
}

#[test]
fn a_command_that_makes_a_wider_rule_gets_none() {
    for command in [
        "",
        " ",
        "*",
        "ls *.txt",
        "git:",
        "git:*",
        "echo )(",
        "echo (",
        "a\nb",
        "a\tb",
        "a\u{202e}b",
        "echo `id`",
        "echo \\)",
        "touch made ",
        &"x".repeat(400),
    ] {
        check("Bash", &json!({ "command": command }), None);
    }
    check("Bash", &json!({}), None);
    let unconfined = json!({ "command": "id", "dangerouslyDisableSandbox": true });
    check("Bash", &unconfined, None);
}

#[test]
fn a_file_is_allowed_by_its_path_alone() {
    for tool in ["Write", "Edit"] {
        let rule = |path: &str| rule_for(&request(tool, &json!({ "file_path": path }), &[]));
        assert_eq!(rule("/srv/a b.txt").as_deref(), Some("Edit(//srv/a b.txt)"));
        assert_eq!(rule("src/main.rs").as_deref(), Some("Edit(./src/main.rs)"));
        for path in [
            "",
            "/",
            "/srv/",
            "/srv//a",
            "/srv/../etc",
            "..",
            "./a",
            "a/*",
            "a?",
            "[a]",
            "{a,b}",
            "~/a",
            "!a",
            "#a",
            "$HOME/a",
            "a)",
            "/srv/a ",
            "a\nb",
        ] {
            assert_eq!(rule(path), None, "{path:?}");
        }
    }
    check(
        "Read",
        &json!({ "file_path": "/etc/hosts" }),
        Some("Read(//etc/hosts)"),
    );
    check("Write", &json!({ "content": "x" }), None);
}

#[test]
fn other_tools_get_the_rule_that_the_cli_suggests() {
    let suggest = |rules: &Value, behavior: &str, kind: &str| {
        let suggestion = json!({ "type": kind, "behavior": behavior, "rules": rules });
        rule_for(&request(
            "WebFetch",
            &json!({ "url": "https://example.com" }),
            &[suggestion],
        ))
    };
    let rule = json!([{ "toolName": "WebFetch", "ruleContent": "domain:example.com" }]);
    let found = suggest(&rule, "allow", "addRules");
    assert_eq!(found.as_deref(), Some("WebFetch(domain:example.com)"));
    assert_eq!(suggest(&rule, "deny", "addRules"), None);
    assert_eq!(suggest(&json!([]), "allow", "setMode"), None);
    for rules in [
        json!([{ "toolName": "WebFetch" }]),
        json!([{ "toolName": "WebFetch", "ruleContent": "domain:*.com" }]),
        json!([{ "toolName": "Bash", "ruleContent": "id" }]),
        json!([rule[0], rule[0]]),
    ] {
        assert_eq!(suggest(&rules, "allow", "addRules"), None, "{rules}");
    }
    check(
        "mcp__github__get_issue",
        &json!({}),
        Some("mcp__github__get_issue"),
    );
    check("mcp__git hub__x", &json!({}), None);
    check("NotebookEdit", &json!({ "notebook_path": "/a" }), None);
}
