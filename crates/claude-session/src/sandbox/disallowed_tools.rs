//! Tools that are removed from a session because they do too much without an allow rule. Pure.

use serde_json::{Map, Value, json};

use crate::launch::names_tool;

/// These create and leave git worktrees without a rule. Git runs outside of the CLI's own sandbox, with the programs that
/// the repository names, and writes wherever the repository is (measured on 2.1.197; 2.1.329 runs none of its hooks).
const WORKTREES: [&str; 2] = ["EnterWorktree", "ExitWorktree"];

/// These start subagents, each of which may request a worktree.
const SUBAGENTS: [&str; 3] = ["Agent", "Task", "Workflow"];

/// These list the other sessions of this account and write to them through a socket, without a rule. The other session,
/// even one of the owner's, treats a message as a request (measured on 2.1.329; 2.1.197 only writes to its own subagents).
const PEERS: [&str; 2] = ["ListAgents", "SendMessage"];

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Disallowed {
    pub(super) tools: Vec<&'static str>,
    /// Settings that stop other tools from creating worktrees, other sessions from writing to this one, and a classifier from
    /// deciding in plan mode.
    pub(super) settings: Map<String, Value>,
}

/// What is removed from a session with these allow rules. `is_off` says that there is no sandbox, `takes_settings` that the
/// owner's arguments neither disable hooks nor contain settings, which these would replace.
///
/// The CLI runs some commands without a rule that can read any file (measured: `diff --from-file`, `wc --files0-from`).
/// Without a sandbox, only removing Bash stops them.
pub(super) fn disallowed_tools(rules: &[String], is_off: bool, takes_settings: bool) -> Disallowed {
    let is_named = |tool: &str| rules.iter().any(|rule| names_tool(rule, tool));
    let peers = PEERS.into_iter().filter(|tool| !is_named(tool));
    let mut tools: Vec<_> = peers.collect();
    let mut settings = Map::new();
    if takes_settings {
        settings.insert("crossSessionInbound".into(), "refuse".into());
        // Otherwise 2.1.329 refuses commands in plan mode without asking.
        settings.insert("useAutoModeDuringPlan".into(), false.into());
    }
    if is_off && !is_named("Bash") {
        tools.push("Bash");
    }
    if !is_named("EnterWorktree") {
        tools.extend(WORKTREES);
        if takes_settings {
            settings.insert("hooks".into(), refuse_worktrees());
        } else if !SUBAGENTS.iter().any(|tool| is_named(tool)) {
            tools.extend(SUBAGENTS);
        }
    }
    Disallowed { tools, settings }
}

/// A hook that runs instead of git and fails, so that no tool can create a worktree.
fn refuse_worktrees() -> Value {
    let command = "echo 'worktrees are turned off here' >&2; exit 1";
    json!({ "WorktreeCreate": [{ "hooks": [{ "type": "command", "command": command }] }] })
}

#[cfg(test)]
mod tests;
