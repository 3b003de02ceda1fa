//! String formats that JSON Schema does not define. Editors ignore them.

use super::{api_base::ApiBase, rules::check_rule};

pub(super) struct Format {
    pub(super) name: &'static str,
    /// What is accepted, for the owner.
    pub(super) expected: &'static str,
    /// Returns the reason if a string does not match.
    pub(super) check: fn(&str) -> Result<(), String>,
}

pub(super) const FORMATS: &[Format] = &[
    Format {
        name: "model-name",
        expected: "a model name, such as \"sonnet\" or \"claude-opus-4-5\"",
        check: model,
    },
    Format {
        name: "allow-rule",
        expected: "an allow rule, such as \"Read\" or \"Bash(git status)\"",
        check: check_rule,
    },
    Format {
        name: "path",
        expected: "a path (relative to the configuration file, or below the home folder with \"~/\")",
        check: path,
    },
    Format {
        name: "snowflake",
        expected: "a Discord ID in quotes, such as \"123456789012345678\"",
        check: snowflake,
    },
    Format {
        name: "snowflake-or-everyone",
        expected: "a Discord ID in quotes, such as \"123456789012345678\", or \"*\" for all",
        check: |text| if text == "*" { Ok(()) } else { snowflake(text) },
    },
    Format {
        name: "loopback-address",
        expected: "a loopback address with a port, such as \"http://127.0.0.1:8080\"",
        check: |text| {
            text.parse::<ApiBase>()
                .map(|_| ())
                .map_err(|_| "the bot must not send its token to other machines".to_owned())
        },
    },
    Format {
        name: "variable-name",
        expected: "the name of an environment variable, such as \"GITHUB_TOKEN\"",
        check: variable,
    },
    Format {
        name: "extra-argument",
        expected: "a long flag or its value",
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
        Err("it must start with a letter or digit and have no spaces".to_owned())
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
        return Err("write the home folder of another user in full".to_owned());
    }
    if super::token::may_be_token(text) {
        return Err("put the token into a file, and its path here".to_owned());
    }
    Ok(())
}

/// A Discord ID is a positive signed 64-bit integer. Leading zeros are rejected, so that an ID has only one spelling.
fn snowflake(text: &str) -> Result<(), String> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(
            "an ID has only digits; to copy one, turn on Developer Mode in Discord and choose \"Copy ID\""
                .to_owned(),
        );
    }
    if text.starts_with('0') {
        return Err("an ID does not start with 0".to_owned());
    }
    let parsed = text.parse::<i64>();
    parsed.map_or_else(|_| Err("it is too large for an ID".to_owned()), |_| Ok(()))
}

/// Variables that the CLI never gets: the bot's secrets, and those that tell the CLI that it runs inside another CLI
/// (see its environment variable reference).
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
            "a name consists of letters, digits and `_`, and does not start with a digit"
                .to_owned(),
        );
    }
    let upper = text.to_ascii_uppercase();
    if upper.starts_with("DISCORD") || NEVER_PASSED.contains(&upper.as_str()) {
        return Err("the CLI never gets it, because its tools could reveal it".to_owned());
    }
    if SET_BY_THE_BOT.contains(&text) {
        return Err("the bot sets this variable itself".to_owned());
    }
    Ok(())
}

/// Flags that the bot sets itself or that would break it.
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
            "write the long form of a flag, and `--flag=value` if a value starts with `-`"
                .to_owned(),
        );
    }
    if flag == "--" {
        return Err("the CLI would treat what follows `--` as a message".to_owned());
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

/// The JSON in a CLI argument: the whole argument, or the value of its flag.
pub(crate) fn inline_json(argument: &str) -> Option<&str> {
    let value = match argument.split_once('=') {
        Some((flag, value)) if flag.starts_with("--") => value,
        _ => argument,
    };
    value.trim_start().starts_with(['{', '[']).then_some(value)
}

#[cfg(test)]
mod tests;
