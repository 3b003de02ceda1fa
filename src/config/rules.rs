//! Allow rules for the CLI's tools: the built-in list, and what a rule looks like.
//!
//! A rule is a tool's name, or that and what it may be used on in parentheses: `Read`, `Bash(git status)`,
//! `Edit(./**)`, `mcp__github__get_issue`. The CLI takes a list of them as one argument, which it splits at commas
//! and spaces outside parentheses, without any escapes: a rule whose parentheses don't balance would run into the
//! next one.

use thiserror::Error;

/// The rules that hold where the configuration has none.
///
/// Each is here because no way out of the workspace, no interpreter and no program of another's choosing comes
/// with it (measured on CLI 2.1.197 and 2.1.329; `docs/configuration.md` has the reasons for what is missing):
///
/// - reading, searching and editing below the workspace, where the session has to work; `Edit` rules hold for
///   `Write` too, and `Grep` is offered to the model only if a rule names it;
/// - the web through the CLI's own two tools, which fetch and search but send no file.
///
/// What the CLI allows by itself is another matter, whatever the rules: among its read-only commands are some that read
/// anywhere (`diff --from-file`, `wc --files0-from`; on 2.1.197 also `tac`, `fold`, `cat < FILE`, and the `Glob` tool for
/// names). Only a sandbox stops these; without one the bot takes Bash away unless a rule names it.
///
/// No `Bash` rule is needed for looking around: the CLI runs read-only commands (`ls`, `cat`, `find`, `git status`)
/// inside the workspace by itself, with its own checks. A rule such as `Bash(git status)` lifts them: with it a
/// repository that was laid into the workspace as plain files ran a program of its own.
pub const BUILTIN_RULES: &[&str] = &[
    "Read(./**)",
    "Edit(./**)",
    "Grep(./**)",
    "WebFetch",
    "WebSearch",
];

/// Tools that the CLI brings along, to tell a slip in their spelling. Others are taken as they are.
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
];

/// Why something is no allow rule.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RuleError {
    /// Nothing there, or only white space.
    #[error("it is empty")]
    Empty,
    /// A newline or another control character.
    #[error("it holds a newline or another control character")]
    Control,
    /// White space around it.
    #[error("it begins or ends with a space")]
    Padded,
    /// No tool's name before the parentheses.
    #[error("it must begin with a tool's name of letters, digits, `_` and `-`")]
    Name,
    /// A tool of the CLI, written otherwise than the CLI does.
    #[error("did you mean \"{0}\"? names of tools are case-sensitive")]
    Case(&'static str),
    /// Parentheses that don't balance, or text after the last one.
    #[error("its parentheses must balance, and close at its end")]
    Parentheses,
    /// `Bash()`.
    #[error("there is nothing between its parentheses")]
    NoContent,
}

/// Whether `rule` is well-formed. What it allows is not judged.
///
/// # Errors
///
/// Why it is not.
pub fn check_rule(rule: &str) -> Result<(), RuleError> {
    if rule.trim().is_empty() {
        return Err(RuleError::Empty);
    }
    if rule.contains(char::is_control) {
        return Err(RuleError::Control);
    }
    if rule.trim() != rule {
        return Err(RuleError::Padded);
    }
    let (name, content) = match rule.split_once('(') {
        Some((name, rest)) => (name, Some(rest)),
        None => (rule, None),
    };
    check_name(name)?;
    let Some(content) = content else {
        return if name.contains(')') {
            Err(RuleError::Parentheses)
        } else {
            Ok(())
        };
    };
    let content = content.strip_suffix(')').ok_or(RuleError::Parentheses)?;
    if content.trim().is_empty() {
        return Err(RuleError::NoContent);
    }
    let mut open = 0_usize;
    for character in content.chars() {
        match character {
            '(' => open += 1,
            ')' => open = open.checked_sub(1).ok_or(RuleError::Parentheses)?,
            _ => {}
        }
    }
    if open == 0 {
        Ok(())
    } else {
        Err(RuleError::Parentheses)
    }
}

/// `*` may stand in the name of an MCP server's tools alone: `mcp__github__*`.
fn check_name(name: &str) -> Result<(), RuleError> {
    let word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let rest = name
        .strip_prefix("mcp__")
        .map_or(name, |mcp| mcp.strip_suffix('*').unwrap_or(mcp));
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) || !rest.chars().all(word) {
        return Err(if name.contains(')') {
            RuleError::Parentheses
        } else {
            RuleError::Name
        });
    }
    match KNOWN_TOOLS
        .iter()
        .find(|known| known.eq_ignore_ascii_case(name))
    {
        Some(known) if *known != name => Err(RuleError::Case(known)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests;
