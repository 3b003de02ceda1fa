//! The allow rule that a person can grant with a tool call: it never covers more than what they are shown.

use super::visible;
use crate::{claude::protocol::PermissionRequest, config::check_rule};

/// The longest rule that is offered, in characters.
const LONGEST: usize = 300;

/// The rule that allows this call and its like. `None` if no rule says exactly that.
pub(in crate::channel) fn rule_for(request: &PermissionRequest) -> Option<String> {
    let text = |field: &str| request.input.get(field).text();
    let tool = request.tool_name.as_str();
    let rule = match tool {
        "Bash" => format!("Bash({})", exact_command(request)?),
        "Write" | "Edit" => format!("Edit({})", exact_path(&text("file_path")?)?),
        "Read" => format!("Read({})", exact_path(&text("file_path")?)?),
        _ => suggested(request)?,
    };
    // What is not shown as it is, or ends with a space, would be another rule.
    let is_exact = visible(&rule) == rule && !rule.contains(['`', '\n', '\t', '\\']);
    let is_short = rule.chars().count() <= LONGEST;
    (is_exact && is_short && check_rule(&rule).is_ok()).then_some(rule)
}

/// The command, unless the rule would match others too: `*` and a final `:` stand for any arguments.
fn exact_command(request: &PermissionRequest) -> Option<String> {
    let leaves_sandbox = request.input.get("dangerouslyDisableSandbox");
    let command = request.input.get("command").text()?;
    let is_exact = !command.contains('*') && !command.ends_with(':') && command.trim() == command;
    (is_exact && (leaves_sandbox.is_null() || leaves_sandbox.as_str() == "false"))
        .then_some(command)
}

/// The path as rules write it: `//` begins an absolute one. `None` if it has characters that make a pattern.
fn exact_path(path: &str) -> Option<String> {
    let is_pattern = |c: char| "*?[]{}!#~$,".contains(c);
    let is_plain = |part: &str| !matches!(part, "" | "." | "..") && part.trim() == part;
    let (prefix, rest) = match path.strip_prefix('/') {
        Some(rest) => ("//", rest),
        None => ("./", path),
    };
    (!path.contains(is_pattern) && rest.split('/').all(is_plain)).then(|| format!("{prefix}{rest}"))
}

/// The CLI's suggestion, if it is a single rule for this tool without a wildcard.
fn suggested(request: &PermissionRequest) -> Option<String> {
    let tool = request.tool_name.as_str();
    if tool.starts_with("mcp__") {
        return Some(tool.to_owned());
    }
    match &request.suggested_rules()[..] {
        [(of, Some(content))] if of == tool && !content.contains('*') => {
            Some(format!("{tool}({content})"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests;
