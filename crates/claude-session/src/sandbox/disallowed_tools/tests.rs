use super::*;

#[track_caller]
fn check(rules: &[&str], is_off: bool, takes_settings: bool, expected: &str, names: &[&str]) {
    let rules: Vec<_> = rules.iter().map(ToString::to_string).collect();
    let found = disallowed_tools(&rules, is_off, takes_settings);
    assert_eq!(found.tools.join(" "), expected, "{rules:?}");
    let settings: Vec<_> = found.settings.keys().collect();
    assert_eq!(settings, names, "{rules:?}");
}

const BOTH: &[&str] = &["crossSessionInbound", "useAutoModeDuringPlan", "hooks"];

#[test]
fn without_a_sandbox_bash_needs_a_rule() {
    let (with, without) = (
        "ListAgents SendMessage EnterWorktree ExitWorktree",
        "ListAgents SendMessage Bash EnterWorktree ExitWorktree",
    );
    check(&["Bash"], true, true, with, BOTH);
    check(&["Read", "Bash(ls *)"], true, true, with, BOTH);
    check(&[], true, true, without, BOTH);
    let others = ["Read(./**)", "BashOutput", "mcp__Bash__x"];
    check(&others, true, true, without, BOTH);
    check(&[], false, true, with, BOTH);
}

#[test]
fn worktrees_need_a_rule_everywhere() {
    let peers = "ListAgents SendMessage";
    let inbound = ["crossSessionInbound", "useAutoModeDuringPlan"];
    check(&["EnterWorktree"], false, true, peers, &inbound);
    let bash = format!("{peers} Bash");
    check(&["EnterWorktree", "Read"], true, false, &bash, &[]);
    let worktrees = format!("{peers} EnterWorktree ExitWorktree");
    check(&["Agent"], false, false, &worktrees, &[]);
    let all = format!("{worktrees} Agent Task Workflow");
    check(&["Read"], false, false, &all, &[]);
}

#[test]
fn messages_to_and_from_other_sessions_need_a_rule() {
    let named = ["EnterWorktree", "SendMessage"];
    check(
        &named,
        false,
        true,
        "ListAgents",
        &["crossSessionInbound", "useAutoModeDuringPlan"],
    );
    check(
        &["EnterWorktree", "ListAgents"],
        false,
        false,
        "SendMessage",
        &[],
    );
}
