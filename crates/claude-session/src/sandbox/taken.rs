//! Tools that are taken from a process, because they do more than what no rule is needed for should.
//!
//! Pure.

use serde_json::{Map, Value, json};

use crate::launch::names_tool;

/// What makes a worktree of git, and what leaves it. No rule is needed for either, git runs outside of the CLI's own
/// sandbox, with the programs that the repository names, and writes wherever the repository lies (measured on 2.1.197;
/// 2.1.329 runs none of its hooks).
const WORKTREES: [&str; 2] = ["EnterWorktree", "ExitWorktree"];

/// What starts subagents, each of which may ask for a worktree of its own.
const SUBAGENTS: [&str; 3] = ["Agent", "Task", "Workflow"];

/// What lists the CLI's other sessions of this account, and what writes to them, by a socket in a folder for temporary
/// files. No rule is needed for either, and the other session takes what comes for a request: another channel's, or the
/// owner's own (measured on 2.1.329; 2.1.197 writes to its own subagents only).
const PEERS: [&str; 2] = ["ListAgents", "SendMessage"];

/// What a process does without.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Taken {
    /// The tools.
    pub(super) tools: Vec<&'static str>,
    /// Settings that keep the tools that are left from making worktrees, and other sessions from writing to this one.
    pub(super) settings: Map<String, Value>,
}

/// What is taken from a process with these allow rules, around which there are walls unless `is_bare`. Where the owner
/// turns hooks off by an argument, or has settings of his own there, whose place the bot's would take, the bot can give
/// none.
///
/// Some commands that the CLI takes for harmless and runs without a rule read any file (`diff --from-file`,
/// `wc --files0-from`; measured, see `docs/configuration.md`). Where there are no walls, nothing else keeps them in.
pub(super) fn taken(rules: &[String], is_bare: bool, takes_settings: bool) -> Taken {
    let is_named = |tool: &str| rules.iter().any(|rule| names_tool(rule, tool));
    let mut taken = Taken {
        tools: Vec::new(),
        settings: Map::new(),
    };
    let peers = PEERS.into_iter().filter(|tool| !is_named(tool));
    taken.tools.extend(peers);
    if takes_settings {
        taken
            .settings
            .insert("crossSessionInbound".into(), "refuse".into());
    }
    if is_bare && !is_named("Bash") {
        taken.tools.push("Bash");
    }
    if is_named("EnterWorktree") {
        return taken;
    }
    taken.tools.extend(WORKTREES);
    if takes_settings {
        taken.settings.insert("hooks".into(), refuse_worktrees());
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
    fn check(rules: &[&str], is_bare: bool, takes_settings: bool, expected: &str, names: &[&str]) {
        let rules: Vec<_> = rules.iter().map(ToString::to_string).collect();
        let taken = taken(&rules, is_bare, takes_settings);
        assert_eq!(taken.tools.join(" "), expected, "{rules:?}");
        let settings: Vec<_> = taken.settings.keys().collect();
        assert_eq!(settings, names, "{rules:?}");
    }

    const BOTH: &[&str] = &["crossSessionInbound", "hooks"];

    #[test]
    fn without_walls_bash_needs_a_rule() {
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
        let inbound = ["crossSessionInbound"];
        check(&["EnterWorktree"], false, true, peers, &inbound);
        let bash = format!("{peers} Bash");
        check(&["EnterWorktree", "Read"], true, false, &bash, &[]);
        let worktrees = format!("{peers} EnterWorktree ExitWorktree");
        check(&["Agent"], false, false, &worktrees, &[]);
        let all = format!("{worktrees} Agent Task Workflow");
        check(&["Read"], false, false, &all, &[]);
    }

    #[test]
    fn other_sessions_need_a_rule_and_write_to_none_of_the_bots() {
        let named = ["EnterWorktree", "SendMessage"];
        check(&named, false, true, "ListAgents", &["crossSessionInbound"]);
        check(
            &["EnterWorktree", "ListAgents"],
            false,
            false,
            "SendMessage",
            &[],
        );
    }
}
