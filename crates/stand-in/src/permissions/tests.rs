use super::*;
use serde_json::json;

#[track_caller]
fn check(rules: &str, tool: &str, command: &str, expected: bool) {
    let rules = split(&[rules.to_owned()]);
    let input = json!({ "command": command });
    assert_eq!(
        allows(&rules, tool, &input),
        expected,
        "{rules:?} {tool} {command}"
    );
}

#[test]
fn rules_are_split_outside_parentheses() {
    let rules = ["Read,Bash(git log *, x)", "Glob Grep"].map(str::to_owned);
    assert_eq!(
        split(&rules),
        ["Read", "Bash(git log *, x)", "Glob", "Grep"]
    );
    assert_eq!(split(&[]), Vec::<String>::new());
}

#[test]
fn rules_allow_matching_calls() {
    check("Bash", "Bash", "rm -r x; ls", true);
    check("Read", "Bash", "ls", false);
    check("Bash(ls)", "Bash", "ls", true);
    check("Bash(ls)", "Bash", "ls -l", false);
    check("Bash(git *)", "Bash", "git status", true);
    check("Bash(git:*)", "Bash", "git", true);
    check("Bash(git *)", "Bash", "gitk", false);
    check("Bash(git *)", "Bash", "git status; rm x", false);
    check("Bash(*)", "Bash", "anything", true);
    check("Read(./**)", "Read", "", true);
    check("", "Read", "", false);
}
