use serde_json::json;

use super::*;
use crate::{
    allow_rules::lint_rule, channel::approval::rule_for, claude::protocol::Json, snowflake::UserId,
};

fn card(tool: &str, input: &serde_json::Value, change: impl Fn(&mut PermissionRequest)) -> String {
    let mut request = PermissionRequest {
        tool_name: tool.into(),
        input: Json::of(input).unwrap(),
        ..PermissionRequest::default()
    };
    change(&mut request);
    let rule = rule_for(&request);
    let rule = rule.as_deref().map(|rule| (rule, lint_rule(rule)));
    approval(&request, &ShownCall::of(&request), rule)
}

#[test]
fn a_card_shows_the_call_its_reason_and_the_possible_rule() {
    let input = json!({ "command": "touch made", "description": "Make *it*" });
    assert_eq!(
        card("Bash", &input, |_| {}),
        "**Claude asks to run a command**\n```sh\ntouch made\n```\n-# Claude's words: Make \\*it\\*\n\
         Why it asks: no rule allows this.\nRule for the session, or for always: `Bash(touch made)`"
    );
    let input = json!({ "file_path": "/etc/x", "content": "a" });
    let shown = card("Write", &input, |request| {
        request.agent_id = Some("a1".into());
        request.decision_reason = Some("Path is outside".into());
    });
    assert!(shown.starts_with("**A subagent of Claude asks to write a file**\n`/etc/x`\n"));
    assert!(shown.contains("Why it asks: Path is outside\n"), "{shown}");
    assert!(
        shown.contains("`Edit(//etc/x)`\n⚠️ **This rule can write outside the workspace**"),
        "{shown}"
    );
}

#[test]
fn a_dangerous_rule_is_called_that_before_it_is_granted() {
    let shown = card("Bash", &json!({ "command": "python3 run.py" }), |_| {});
    assert!(
        shown.contains("**This rule can run any program**"),
        "{shown}"
    );
    let shown = card("Bash", &json!({ "command": "touch *" }), |_| {});
    assert!(!shown.contains("Rule for"), "{shown}");
}

#[test]
fn no_card_is_longer_than_discord_allows() {
    let long = "`*_\u{202e}".repeat(2_000);
    for (tool, input) in [
        ("Bash", json!({ "command": long, "description": long })),
        (
            "Write",
            json!({ "file_path": "x".repeat(249), "content": long }),
        ),
        (&long, json!({ "a": long })),
    ] {
        let shown = card(tool, &input, |request| {
            request.decision_reason = Some(long.clone());
            request.blocked_path = Some(long.clone());
        });
        let verdict = Verdict::Denied {
            by: long.clone(),
            reason: Some(long.clone()),
        };
        for whole in [
            format!("{shown}\n{}\n{FILES_MISSING}", approval_open(i64::MAX, 10)),
            format!("{shown}\n{FILES_MISSING}\n{}", verdict.line()),
        ] {
            let length = whole.encode_utf16().count();
            assert!(length <= 4_096, "{tool:.20}: {length}");
        }
    }
}

#[test]
fn a_label_has_the_rule_where_there_is_room() {
    let rule = "Edit(//srv/a)";
    assert_eq!(
        grant_label(false, rule),
        "Allow for this session: Edit(//srv/a)"
    );
    assert_eq!(grant_label(true, rule), "Always here: Edit(//srv/a)");
    assert_eq!(grant_label(true, &"x".repeat(80)), "Always here");
    assert_eq!(
        (allow_once_label(1), allow_once_label(3)),
        ("Allow once".into(), "Allow all 3 once".into())
    );
    assert_eq!(
        (deny_label(1), deny_label(3)),
        ("Deny".into(), "Deny all 3".into())
    );
}

#[test]
fn the_label_of_a_long_rule_keeps_both_ends() {
    assert_eq!(revoke_label("Bash(make)"), "Revoke Bash(make)");
    let whole = format!("Bash({})", "x".repeat(67));
    assert_eq!(revoke_label(&whole), format!("Revoke {whole}"));
    let label = revoke_label(&format!("Bash(cat {}.rs)", "x".repeat(90)));
    assert!(label.starts_with("Revoke Bash(cat x") && label.ends_with("…xxxxxxxxxxxxxxxx.rs)"));
    assert_eq!(label.chars().count(), 80);
    assert!(!revoke_label("Bash(a\u{202e}b)").contains('\u{202e}'));
}

#[test]
fn the_rules_in_force_are_listed_with_their_origin() {
    let grant = |rule: &str, is_permanent| Grant {
        rule: rule.into(),
        by: UserId(7),
        name: "Ada".into(),
        at: "2026-11-30T09:00:00.000Z".into(),
        is_permanent,
    };
    let grants = [
        grant("Bash(make)", false),
        grant("WebFetch(domain:a.b)", true),
    ];
    let rules = ["Read".to_owned()];
    assert_eq!(
        rules_in_force(&rules, (&grants, 0), true),
        "**What Claude may do here unasked**\n- `Read` · configured\n\
         - `Bash(make)` · this session, granted by Ada <t:1796029200:f>\n\
         - `WebFetch(domain:a.b)` · always, granted by Ada <t:1796029200:f>\n\
         Everything else is asked for.\n-# `!tools revoke RULE` takes a granted rule back (admins), as do the buttons of \
         `!tools` (approvers too)."
    );
    let shown = rules_in_force(&rules, (&grants[1..], 1), true);
    assert!(
        shown.contains("`WebFetch(domain:a.b)` · in this thread's channel, granted by Ada"),
        "{shown}"
    );
    assert!(!shown.contains("!tools revoke"), "{shown}");
    let builtin = BUILTIN_RULES.map(str::to_owned);
    let shown = rules_in_force(&builtin, (&[], 0), false);
    assert!(shown.contains("`WebFetch` · built-in"), "{shown}");
    assert!(shown.ends_with("Everything else is denied."), "{shown}");
}
