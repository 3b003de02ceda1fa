//! Tools that are taken from a process, because they do more than what no rule is needed for should.
//!
//! Pure.

use serde_json::{Value, json};

use crate::config::names_tool;

/// What makes a worktree of git, and what leaves it. No rule is needed for either, git runs outside of the CLI's own
/// sandbox, with the programs that the repository names, and writes wherever the repository lies (measured on 2.1.197;
/// 2.1.329 runs none of its hooks).
const WORKTREES: [&str; 2] = ["EnterWorktree", "ExitWorktree"];

/// What starts subagents, each of which may ask for a worktree of its own.
const SUBAGENTS: [&str; 3] = ["Agent", "Task", "Workflow"];

/// What a process does without.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Taken {
    /// The tools.
    pub(super) tools: Vec<&'static str>,
    /// The settings' `hooks`, which keep the tools that are left from making worktrees.
    pub(super) hooks: Option<Value>,
}

/// What is taken from a process with these allow rules, around which there are walls unless `is_bare`. Where the owner
/// has `--settings` among the arguments, the bot's would take their place.
///
/// Some commands that the CLI takes for harmless and runs without a rule read any file (`diff --from-file`,
/// `wc --files0-from`; measured, see `docs/configuration.md`). Where there are no walls, nothing else keeps them in.
pub(super) fn taken(rules: &[String], is_bare: bool, has_settings: bool) -> Taken {
    let is_named = |tool: &str| rules.iter().any(|rule| names_tool(rule, tool));
    let mut taken = Taken {
        tools: Vec::new(),
        hooks: None,
    };
    if is_bare && !is_named("Bash") {
        taken.tools.push("Bash");
    }
    if is_named("EnterWorktree") {
        return taken;
    }
    taken.tools.extend(WORKTREES);
    if !has_settings {
        taken.hooks = Some(refuse_worktrees());
    } else if !SUBAGENTS.iter().any(|tool| is_named(tool)) {
        taken.tools.extend(SUBAGENTS);
    }
    taken
}

/// A hook that stands in git's place, and fails: so no tool gets a worktree, whatever its name.
fn refuse_worktrees() -> Value {
    let command = "echo 'worktrees are turned off here' >&2; exit 1";
    json!({ "WorktreeCreate": [{ "hooks": [{ "type": "command", "command": command }] }] })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(rules: &[&str], is_bare: bool, has_settings: bool, expected: &str, has_hook: bool) {
        let rules: Vec<_> = rules.iter().map(ToString::to_string).collect();
        let taken = taken(&rules, is_bare, has_settings);
        assert_eq!(taken.tools.join(" "), expected, "{rules:?}");
        assert_eq!(taken.hooks.is_some(), has_hook, "{rules:?}");
    }

    #[test]
    fn without_walls_bash_needs_a_rule() {
        let (with, without) = (
            "EnterWorktree ExitWorktree",
            "Bash EnterWorktree ExitWorktree",
        );
        check(&["Bash"], true, false, with, true);
        check(&["Read", "Bash(ls *)"], true, false, with, true);
        check(&[], true, false, without, true);
        let others = ["Read(./**)", "BashOutput", "mcp__Bash__x"];
        check(&others, true, false, without, true);
        check(&[], false, false, with, true);
    }

    #[test]
    fn worktrees_need_a_rule_everywhere() {
        check(&["EnterWorktree"], false, false, "", false);
        check(&["EnterWorktree", "Read"], true, true, "Bash", false);
        let all = "EnterWorktree ExitWorktree Agent Task Workflow";
        check(&["Read"], false, true, all, false);
        check(&["Agent"], false, true, "EnterWorktree ExitWorktree", false);
    }
}
