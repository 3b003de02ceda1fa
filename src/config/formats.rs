//! String formats that JSON Schema does not define. Editors ignore them.

use super::{
    api_base::ApiBase,
    rules::{HOST_SERVER, check_rule, ensure},
    time_zone::TimeZone,
    token::may_be_token,
};

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
        name: "number-or-auto",
        expected: "a whole number from 1 to 256, or \"auto\"",
        check: |text| ensure(text == "auto", "a number has no quotes"),
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
        name: "release-address",
        expected: "an address with https://, or nothing",
        check: |text| {
            let is_loopback =
                text.parse::<ApiBase>().is_ok() || text.starts_with("http://127.0.0.1:");
            let fits = text.is_empty() || text.starts_with("https://") || is_loopback;
            ensure(fits, "what it says must come over a secure connection")
        },
    },
    Format {
        name: "socket-address",
        expected: "an address with a port, such as \"127.0.0.1:8090\"",
        check: |text| {
            let parsed = text.parse::<std::net::SocketAddr>();
            parsed
                .map(|_| ())
                .map_err(|_| "it is no IP address with a port".to_owned())
        },
    },
    Format {
        name: "host-name",
        expected: "a name such as \"desk.example.org\"",
        check: |text| {
            let is_plain =
                |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c);
            ensure(
                !text.is_empty() && text.chars().all(is_plain),
                "it has characters other than lower-case letters, digits, `-` and `.`",
            )
        },
    },
    Format {
        name: "variable-name",
        expected: "the name of an environment variable, such as \"GITHUB_TOKEN\"",
        check: variable,
    },
    Format {
        name: "server-name",
        expected: "the name of an MCP server, such as \"github\"",
        check: server,
    },
    Format {
        name: "time-zone",
        expected: "a time zone, such as \"Europe/Berlin\" or \"+02:00\"",
        check: |text| text.parse::<TimeZone>().map(|_| ()),
    },
    Format {
        name: "agent-name",
        expected: "the name of an agent, such as \"Explore\"",
        check: agent,
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

/// Whether the CLI takes it for a model's name, not for another argument.
pub(crate) fn is_model_name(text: &str) -> bool {
    model(text).is_ok()
}

fn model(text: &str) -> Result<(), String> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "._:/@[]-".contains(c);
    ensure(
        text.starts_with(|c: char| c.is_ascii_alphanumeric()) && text.chars().all(is_plain),
        "it must start with a letter or digit and have no spaces",
    )
}

fn path(text: &str) -> Result<(), String> {
    ensure(!text.trim().is_empty(), "it is empty")?;
    ensure(
        !text.contains(char::is_control),
        "it contains a control character",
    )?;
    let is_own_home = text == "~" || text.starts_with("~/");
    ensure(
        is_own_home || !text.starts_with('~'),
        "write the home folder of another user in full",
    )?;
    ensure(
        !may_be_token(text),
        "put the token into a file, and its path here",
    )
}

/// A Discord ID is a positive signed 64-bit integer. Leading zeros are rejected, so that an ID has only one spelling.
fn snowflake(text: &str) -> Result<(), String> {
    ensure(
        !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()),
        "an ID has only digits; to copy one, turn on Developer Mode in Discord and choose \"Copy ID\"",
    )?;
    ensure(!text.starts_with('0'), "an ID does not start with 0")?;
    ensure(text.parse::<i64>().is_ok(), "it is too large for an ID")
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
    "DISABLE_AUTOUPDATER",
    "ENABLE_TOOL_SEARCH",
    "MCP_CONNECTION_NONBLOCKING",
    "PATH",
    "TERM",
];

fn variable(text: &str) -> Result<(), String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let starts_with_digit = text.starts_with(|c: char| c.is_ascii_digit());
    ensure(
        !text.is_empty() && text.bytes().all(is_plain) && !starts_with_digit,
        "a name consists of letters, digits and `_`, and does not start with a digit",
    )?;
    let upper = text.to_ascii_uppercase();
    ensure(
        !upper.starts_with("DISCORD") && !NEVER_PASSED.contains(&upper.as_str()),
        "the CLI never gets it, because its tools could reveal it",
    )?;
    ensure(
        !SET_BY_THE_BOT.contains(&text),
        "the bot sets this variable itself",
    )
}

fn server(text: &str) -> Result<(), String> {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    ensure(
        !text.is_empty() && text.bytes().all(is_plain) && !text.contains("__"),
        "a name consists of letters, digits, `-` and single `_`",
    )?;
    ensure(text != HOST_SERVER, "the bot's own tools have this name")
}

fn agent(text: &str) -> Result<(), String> {
    ensure(!text.trim().is_empty(), "it is empty")?;
    ensure(
        !text.contains(char::is_control),
        "it contains a control character",
    )
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
    ensure(
        !text.contains('\0'),
        "an argument cannot contain a NUL byte",
    )?;
    let flag = flag_name(text);
    ensure(
        !flag.starts_with('-') || flag.starts_with("--"),
        "write the long form of a flag, and `--flag=value` if a value starts with `-`",
    )?;
    ensure(
        flag != "--",
        "the CLI would treat what follows `--` as a message",
    )?;
    ensure(
        !OWN_FLAGS.contains(&flag),
        &format!("the bot sets `{flag}` itself"),
    )
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
