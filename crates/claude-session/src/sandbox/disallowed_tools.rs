//! Tools that a session does without, because without any allow rule they do more than they should.
//!
//! Pure.

use serde_json::{Map, Value, json};

use crate::launch::names_tool;

/// These create and leave worktrees of git. Neither needs a rule, git runs outside of the CLI's own sandbox, with the
/// programs that the repository names, and writes wherever the repository lies (measured on 2.1.197; 2.1.329 runs none
/// of its hooks).
const WORKTREES: [&str; 2] = ["EnterWorktree", "ExitWorktree"];

/// These start subagents, each of which may ask for a worktree of its own.
const SUBAGENTS: [&str; 3] = ["Agent", "Task", "Workflow"];

/// These list the CLI's other sessions of this account, and write to them by a socket in a folder for temporary files.
/// Neither needs a rule, and the other session takes what it gets for a request: another channel's, or the owner's own
/// (measured on 2.1.329; 2.1.197 writes to its own subagents only).
const PEERS: [&str; 2] = ["ListAgents", "SendMessage"];

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Disallowed {
    pub(super) tools: Vec<&'static str>,
    /// Settings that keep the remaining tools from creating worktrees, and other sessions from writing to this one.
    pub(super) settings: Map<String, Value>,
}

/// What a session with these allow rules does without. `is_off` says that there is no sandbox; `takes_settings` that
/// the owner's arguments neither turn hooks off nor hold settings, which would be replaced.
///
/// Some commands that the CLI takes for harmless and runs without a rule read any file (`diff --from-file`,
/// `wc --files0-from`; measured, see `docs/configuration.md`). Without a sandbox only removing Bash stops them.
pub(super) fn disallowed_tools(rules: &[String], is_off: bool, takes_settings: bool) -> Disallowed {
    let is_named = |tool: &str| rules.iter().any(|rule| names_tool(rule, tool));
    let peers = PEERS.into_iter().filter(|tool| !is_named(tool));
    let mut tools: Vec<_> = peers.collect();
    let mut settings = Map::new();
    if takes_settings {
        settings.insert("crossSessionInbound".into(), "refuse".into());
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

/// A hook that runs instead of git, and fails: so no tool gets a worktree, whatever its name.
fn refuse_worktrees() -> Value {
    let command = "echo 'worktrees are turned off here' >&2; exit 1";
    json!({ "WorktreeCreate": [{ "hooks": [{ "type": "command", "command": command }] }] })
}

#[cfg(test)]
mod tests;
