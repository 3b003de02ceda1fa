//! Allow rules: tool calls that need no permission from the host.
//!
//! Pure, and simpler than the CLI's: `Tool` allows every call, `Bash(git status)` one command, and
//! `Bash(git *)` or `Bash(git:*)` all commands with this prefix and without shell operators. The
//! parentheses of other tools' rules are ignored.

use serde_json::Value;

/// Characters that can combine commands.
const OPERATORS: [char; 8] = [';', '&', '|', '<', '>', '`', '$', '\n'];

/// Splits rules at commas and spaces outside parentheses.
pub(crate) fn split(rules: &[String]) -> Vec<String> {
    let mut found = vec![String::new()];
    for rule in rules {
        let mut depth = 0_u32;
        for c in rule.chars() {
            match c {
                '(' => depth += 1,
                ')' => depth = depth.saturating_sub(1),
                _ => {}
            }
            match found.last_mut() {
                Some(last) if depth > 0 || !matches!(c, ',' | ' ') => last.push(c),
                _ => found.push(String::new()),
            }
        }
        found.push(String::new());
    }
    found.retain(|rule| !rule.is_empty());
    found
}

/// Whether one of the rules allows a call of `tool` with `input`.
pub(crate) fn allows(rules: &[String], tool: &str, input: &Value) -> bool {
    rules.iter().any(|rule| {
        let Some((name, detail)) = rule.split_once('(') else {
            return rule == tool;
        };
        let detail = detail.strip_suffix(')').unwrap_or(detail);
        name == tool && (tool != "Bash" || allows_command(detail, command(input)))
    })
}

/// The command of a Bash call.
pub(crate) fn command(input: &Value) -> &str {
    input
        .get("command")
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn allows_command(rule: &str, command: &str) -> bool {
    if rule == "*" {
        return true;
    }
    let Some(prefix) = rule.strip_suffix(":*").or_else(|| rule.strip_suffix(" *")) else {
        return rule == command;
    };
    let rest = command.strip_prefix(prefix);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
        && !command.contains(OPERATORS)
}

#[cfg(test)]
mod tests;
