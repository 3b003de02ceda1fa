//! Allow rules: the built-in list, and their syntax.
//!
//! A rule is the name of a tool, optionally with what it may be used on: `Read`, `Bash(git status)`, `Edit(./**)`,
//! `mcp__github__get_issue`. The CLI takes all rules as one argument and splits it at commas and spaces outside
//! parentheses. It knows no escapes, so a rule with unbalanced parentheses would merge with the next one.

/// The default rules.
///
/// They let Claude read, search and edit in the workspace (`Edit` rules apply to `Write` too; the model gets `Grep` only
/// if a rule names it), and fetch and search the web with the CLI's own tools, which cannot send files. None of them leads
/// out of the workspace or runs a program that somebody else can choose (measured on CLI 2.1.197, 2.1.329 and 2.1.332;
/// `docs/configuration.md` explains what is missing).
///
/// There is no `Bash` rule. The CLI runs read-only commands (`ls`, `cat`, `find`, `git status`) in the workspace without
/// one, with its own checks. A rule such as `Bash(git status)` turns those checks off: a repository unpacked in the
/// workspace could then run a program of its own.
///
/// Some of the read-only commands can read any file (`diff --from-file`, `wc --files0-from`; on 2.1.197 also `tac`, `fold`,
/// `cat < FILE`, and the `Glob` tool for names). Only a sandbox prevents that. Without one, the bot disables Bash unless a
/// rule names it.
///
/// The bot's own tools act in the session's channel alone, on what people there may have anyway.
pub const BUILTIN_RULES: [&str; 8] = [
    "Read(./**)",
    "Edit(./**)",
    "Grep(./**)",
    "WebFetch",
    "WebSearch",
    "send_file",
    "react",
    "read_channel",
];

/// The bot's own tools, by their names in allow rules.
pub const HOST_TOOLS: [&str; 3] = ["send_file", "react", "read_channel"];

/// The MCP server that the bot's own tools belong to: `mcp__switchboard__send_file`.
pub const HOST_SERVER: &str = "switchboard";

/// Tools of the CLI, to detect wrong capitals.
const KNOWN_TOOLS: &[&str] = &[
    "Agent",
    "Bash",
    "Edit",
    "Glob",
    "Grep",
    "NotebookEdit",
    "Read",
    "Skill",
    "Task",
    "TodoWrite",
    "WebFetch",
    "WebSearch",
    "Write",
    "react",
    "read_channel",
    "send_file",
];

const PARENTHESES: &str = "its parentheses must be balanced, and the last one must end the rule";

/// Fails with the reason if the condition is not met.
pub(super) fn ensure(condition: bool, reason: &str) -> Result<(), String> {
    condition.then_some(()).ok_or_else(|| reason.to_owned())
}

/// Checks the syntax of a rule, not what it allows. The error is the reason, for the owner.
pub fn check_rule(rule: &str) -> Result<(), String> {
    ensure(!rule.trim().is_empty(), "it is empty")?;
    ensure(
        !rule.contains(char::is_control),
        "it contains a newline or another control character",
    )?;
    ensure(rule.trim() == rule, "remove the spaces around it")?;
    let Some((name, content)) = rule.split_once('(') else {
        return check_name(rule);
    };
    check_name(name)?;
    ensure(
        !HOST_TOOLS.contains(&name),
        "a rule for this tool is its name alone, without parentheses",
    )?;
    let content = content.strip_suffix(')').ok_or(PARENTHESES)?;
    ensure(
        !content.trim().is_empty(),
        "there is nothing between its parentheses",
    )?;
    let mut open = 0_usize;
    for character in content.chars() {
        match character {
            '(' => open += 1,
            ')' => open = open.checked_sub(1).ok_or(PARENTHESES)?,
            _ => {}
        }
    }
    ensure(open == 0, PARENTHESES)
}

/// Only a rule for the tools of an MCP server may end with `*`: `mcp__github__*`.
fn check_name(name: &str) -> Result<(), String> {
    ensure(!name.contains(')'), PARENTHESES)?;
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let mcp = name
        .strip_prefix("mcp__")
        .and_then(|mcp| mcp.strip_suffix('*'));
    ensure(
        name.starts_with(|c: char| c.is_ascii_alphabetic())
            && mcp.unwrap_or(name).chars().all(is_word),
        "it must start with the name of a tool: letters, digits, `_` and `-`",
    )?;
    let mut known = KNOWN_TOOLS.iter();
    let known = known
        .find(|known| known.eq_ignore_ascii_case(name))
        .unwrap_or(&name);
    ensure(
        *known == name,
        &format!("names of tools are case-sensitive; did you mean \"{known}\"?"),
    )
}

#[cfg(test)]
mod tests;
