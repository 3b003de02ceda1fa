//! Custom string formats that JSON Schema has no keyword for.
//!
//! The schema names each one as a `format`. Editors ignore formats they don't know.

use super::{api_base::ApiBase, rules::check_rule};

pub(super) struct Format {
    /// The value of the schema's `format` keyword.
    pub(super) name: &'static str,
    /// What the format allows, for the owner.
    pub(super) allowed: &'static str,
    /// Returns why a value does not match.
    pub(super) check: fn(&str) -> Result<(), String>,
}

pub(super) const FORMATS: &[Format] = &[
    Format {
        name: "model-name",
        allowed: "a model's name, such as \"sonnet\" or \"claude-opus-4-5\"",
        check: model,
    },
    Format {
        name: "allow-rule",
        allowed: "an allow rule, such as \"Read\" or \"Bash(git status)\"",
        check: |text| check_rule(text).map_err(|error| error.to_string()),
    },
    Format {
        name: "path",
        allowed: "a path, relative to the configuration file's folder; \"~/\" is the home folder",
        check: path,
    },
    Format {
        name: "snowflake",
        allowed: "a Discord id in quotes, such as \"123456789012345678\"",
        check: snowflake,
    },
    Format {
        name: "snowflake-or-everyone",
        allowed: "a Discord id in quotes, such as \"123456789012345678\", or \"*\" for everyone",
        check: |text| if text == "*" { Ok(()) } else { snowflake(text) },
    },
    Format {
        name: "loopback-address",
        allowed: "a loopback address with a port and nothing after it, such as \"http://127.0.0.1:8080\"",
        check: |text| {
            text.parse::<ApiBase>().map(|_| ()).map_err(|_| {
                "the bot token must not be sent to any other machine but Discord's".to_owned()
            })
        },
    },
    Format {
        name: "variable-name",
        allowed: "the name of an environment variable, such as \"GITHUB_TOKEN\", that the bot does not set or keep secret",
        check: variable,
    },
    Format {
        name: "extra-argument",
        allowed: "a long flag that the bot does not set itself, or the value of one",
        check: argument,
    },
];

pub(super) fn find(name: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.name == name)
}

fn model(text: &str) -> Result<(), String> {
    let plain = text
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "._:/@[]-".contains(c));
    if text.starts_with(|c: char| c.is_ascii_alphanumeric()) && plain {
        Ok(())
    } else {
        Err("it must start with a letter or digit and contain no spaces".to_owned())
    }
}

fn path(text: &str) -> Result<(), String> {
    if text.trim().is_empty() {
        return Err("it is empty".to_owned());
    }
    if text.contains(char::is_control) {
        return Err("it contains a control character".to_owned());
    }
    if text.starts_with('~') && text != "~" && !text.starts_with("~/") {
        return Err("write another user's home folder out in full".to_owned());
    }
    if super::token::looks_like_one(text) {
        return Err("put the token in a file and give its path here".to_owned());
    }
    Ok(())
}

/// A Discord id is a positive signed 64-bit integer. Only one spelling is accepted, so that the same id cannot be listed
/// twice.
fn snowflake(text: &str) -> Result<(), String> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(
            "an id has only digits; to copy one, turn on Developer Mode in Discord and choose \"Copy ID\""
                .to_owned(),
        );
    }
    if text.starts_with('0') {
        return Err("an id does not start with 0".to_owned());
    }
    match text.parse::<i64>() {
        Ok(_) => Ok(()),
        Err(_) => Err("it is too large to be an id".to_owned()),
    }
}

/// Variables that are never passed on: the bot's secrets, and those that would make the CLI believe it runs inside
/// another one (see its environment variable reference).
const NEVER_PASSED: &[&str] = &[
    "API_KEY",
    "BOT_TOKEN",
    "CLAUDECODE",
    "CLAUDE_CODE_CHILD_SESSION",
    "CLAUDE_CODE_ENTRYPOINT",
    "CLAUDE_CODE_EXPERIMENTAL_AGENT_TEAMS",
    "CLAUDE_CODE_RESUME_INTERRUPTED_TURN",
    "CLAUDE_CODE_SESSION_ACCESS_TOKEN",
    "CLAUDE_CODE_SESSION_ID",
    "CLAUDE_CODE_SSE_PORT",
    "SECRET",
];

/// Variables that the bot sets for the CLI.
const SET_BY_THE_BOT: &[&str] = &[
    "CLAUDE_CODE_DISABLE_ATTACHMENTS",
    "DISABLE_AUTOUPDATER",
    "PATH",
    "TERM",
];

fn variable(text: &str) -> Result<(), String> {
    let is_identifier = text
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !is_identifier || text.is_empty() || text.starts_with(|c: char| c.is_ascii_digit()) {
        return Err(
            "a name has letters, digits and `_`, and does not start with a digit".to_owned(),
        );
    }
    let upper = text.to_ascii_uppercase();
    if upper.starts_with("DISCORD") || NEVER_PASSED.contains(&upper.as_str()) {
        return Err(
            "it is never passed to the CLI, whose tools could show it to anyone".to_owned(),
        );
    }
    if SET_BY_THE_BOT.contains(&text) {
        return Err("the bot sets it itself".to_owned());
    }
    Ok(())
}

/// Flags that the bot sets itself, or that would break what it relies on.
const OWN_FLAGS: &[&str] = &[
    "--allow-dangerously-skip-permissions",
    "--allowed-tools",
    "--allowedTools",
    "--append-system-prompt",
    "--append-system-prompt-file",
    "--continue",
    "--dangerously-skip-permissions",
    "--fork-session",
    "--help",
    "--include-partial-messages",
    "--input-format",
    "--model",
    "--no-session-persistence",
    "--output-format",
    "--permission-mode",
    "--permission-prompt-tool",
    "--print",
    "--replay-user-messages",
    "--resume",
    "--resume-session-at",
    "--session-id",
    "--setting-sources",
    "--strict-mcp-config",
    "--system-prompt",
    "--system-prompt-file",
    "--verbose",
    "--version",
];

fn argument(text: &str) -> Result<(), String> {
    if text.contains('\0') {
        return Err("an argument cannot contain a NUL byte".to_owned());
    }
    if !text.starts_with('-') {
        return Ok(());
    }
    let flag = flag_name(text);
    if !flag.starts_with("--") {
        return Err(
            "write flags in their long form, and a value that starts with `-` as `--flag=value`"
                .to_owned(),
        );
    }
    if flag == "--" {
        return Err("the CLI would take what follows `--` for a message".to_owned());
    }
    if OWN_FLAGS.contains(&flag) {
        return Err(format!("the bot sets `{flag}` itself"));
    }
    Ok(())
}

/// An argument without its `=value`.
pub(crate) fn flag_name(argument: &str) -> &str {
    argument.split_once('=').map_or(argument, |(flag, _)| flag)
}

/// The JSON that a CLI argument is, or that its flag is set to.
pub(crate) fn inline_json(argument: &str) -> Option<&str> {
    let value = match argument.split_once('=') {
        Some((flag, value)) if flag.starts_with("--") => value,
        _ => argument,
    };
    value.trim_start().starts_with(['{', '[']).then_some(value)
}

#[cfg(test)]
mod tests;
