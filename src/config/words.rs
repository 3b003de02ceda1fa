//! Rules for single words of the configuration, which JSON Schema has no keyword for.
//!
//! The schema names each of them as a `format`; editors pass over the names that they don't know.

use super::{api_base::ApiBase, rules::check_rule};

/// One kind of word.
pub(super) struct Word {
    /// Its name as a `format` of the schema.
    pub(super) format: &'static str,
    /// What is allowed, for the owner.
    pub(super) allowed: &'static str,
    /// `Err` with the reason if a word is none of the kind.
    pub(super) check: fn(&str) -> Result<(), String>,
}

/// Every kind of word that the schema names.
pub(super) const WORDS: &[Word] = &[
    Word {
        format: "model-name",
        allowed: "a model's name, such as \"sonnet\" or \"claude-opus-4-5\"",
        check: model,
    },
    Word {
        format: "allow-rule",
        allowed: "an allow rule, such as \"Read\" or \"Bash(git status)\"",
        check: |text| check_rule(text).map_err(|error| error.to_string()),
    },
    Word {
        format: "path",
        allowed: "a path; a relative one is taken from the file's folder, \"~/\" is the home folder",
        check: path,
    },
    Word {
        format: "snowflake",
        allowed: "a Discord id in quotes, such as \"123456789012345678\"",
        check: snowflake,
    },
    Word {
        format: "snowflake-or-everyone",
        allowed: "a Discord id in quotes, such as \"123456789012345678\", or \"*\" for everyone",
        check: |text| if text == "*" { Ok(()) } else { snowflake(text) },
    },
    Word {
        format: "loopback-address",
        allowed: "a loopback address with a port and nothing after it, such as \"http://127.0.0.1:8080\"",
        check: |text| {
            text.parse::<ApiBase>().map(|_| ()).map_err(|_| {
                "the bot token must not leave this machine for any address but Discord's".to_owned()
            })
        },
    },
    Word {
        format: "variable-name",
        allowed: "the name of a variable, such as \"GITHUB_TOKEN\", that is neither the bot's own secret nor its business",
        check: variable,
    },
    Word {
        format: "extra-argument",
        allowed: "a long flag that the bot does not set itself, or a flag's value",
        check: argument,
    },
];

/// The word that `format` names.
pub(super) fn word(format: &str) -> Option<&'static Word> {
    WORDS.iter().find(|word| word.format == format)
}

fn model(text: &str) -> Result<(), String> {
    let plain = text
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "._:/@[]-".contains(c));
    if text.starts_with(|c: char| c.is_ascii_alphanumeric()) && plain {
        Ok(())
    } else {
        Err("it must begin with a letter or digit and hold no spaces".to_owned())
    }
}

fn path(text: &str) -> Result<(), String> {
    if text.trim().is_empty() {
        return Err("it is empty".to_owned());
    }
    if text.contains(char::is_control) {
        return Err("it holds a control character".to_owned());
    }
    if text.starts_with('~') && text != "~" && !text.starts_with("~/") {
        return Err("another person's home folder must be written out".to_owned());
    }
    if super::token::looks_like_one(text) {
        return Err("put the token into a file and name that file here".to_owned());
    }
    Ok(())
}

/// Discord's ids are positive and fit into a signed 64-bit number; written in one way only, so that the same id
/// cannot be listed twice.
fn snowflake(text: &str) -> Result<(), String> {
    if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(
            "an id has digits only; a name won't do: turn on Developer Mode, then \"Copy ID\""
                .to_owned(),
        );
    }
    if text.starts_with('0') {
        return Err("an id does not begin with 0".to_owned());
    }
    match text.parse::<i64>() {
        Ok(_) => Ok(()),
        Err(_) => Err("it is too large for an id".to_owned()),
    }
}

/// Variables that are never handed on: the bot's secrets, and what would make the CLI take itself for the child
/// of another one (its published notes on the environment).
const KEPT_BACK: &[&str] = &[
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

/// Variables that the bot sets for the CLI itself.
const SET_BY_THE_BOT: &[&str] = &[
    "CLAUDE_CODE_DISABLE_ATTACHMENTS",
    "DISABLE_AUTOUPDATER",
    "PATH",
    "TERM",
];

fn variable(text: &str) -> Result<(), String> {
    let word = text
        .bytes()
        .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    if !word || text.is_empty() || text.starts_with(|c: char| c.is_ascii_digit()) {
        return Err("a name has letters, digits and `_`, and no digit first".to_owned());
    }
    let upper = text.to_ascii_uppercase();
    if upper.starts_with("DISCORD") || KEPT_BACK.contains(&upper.as_str()) {
        return Err(
            "this one is never handed to the CLI, whose tools could show it to anyone".to_owned(),
        );
    }
    if SET_BY_THE_BOT.contains(&text) {
        return Err("the bot sets this one itself".to_owned());
    }
    Ok(())
}

/// Flags that the bot sets itself, or that would undo what it relies on.
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
        return Err("no argument can hold a NUL".to_owned());
    }
    if !text.starts_with('-') {
        return Ok(());
    }
    let flag = text.split_once('=').map_or(text, |(flag, _)| flag);
    if !flag.starts_with("--") {
        return Err(
            "write a flag in its long form, and a value that begins with `-` as `--flag=value`"
                .to_owned(),
        );
    }
    if flag == "--" {
        return Err("what follows `--` would be taken for a message".to_owned());
    }
    if OWN_FLAGS.contains(&flag) {
        return Err(format!("`{flag}` is the bot's own to set"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn check(format: &str, good: &[&str], bad: &[&str]) {
        let word = word(format).unwrap();
        for text in good {
            assert_eq!((word.check)(text), Ok(()), "{text:?}");
        }
        for text in bad {
            assert!((word.check)(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn models() {
        check(
            "model-name",
            &[
                "sonnet",
                "claude-opus-4-5[1m]",
                "us.anthropic.claude-v1:0",
                "claude-sonnet@2025",
            ],
            &["", " sonnet", "son net", "-p", "--resume", "a\nb", "ä"],
        );
    }

    #[test]
    fn paths() {
        let token = format!("{}.GabcDE.{}", "M".repeat(24), "x".repeat(38));
        check(
            "path",
            &["a", "/a/b c", "~", "~/x", "../x"],
            &["", " ", "~bob/x", "a\0b", "a\nb", &token],
        );
    }

    #[test]
    fn snowflakes() {
        let good = ["1", "80351110224678912", "9223372036854775807"];
        let bad = [
            "",
            "0",
            "007",
            "-1",
            "+1",
            " 1",
            "1 ",
            "ada",
            "1.0",
            "<@1>",
            "9223372036854775808",
        ];
        check("snowflake", &good, &bad);
        check("snowflake", &[], &["*"]);
        check("snowflake-or-everyone", &good, &bad);
        check("snowflake-or-everyone", &["*"], &["**"]);
    }

    #[test]
    fn variables() {
        check(
            "variable-name",
            &[
                "GITHUB_TOKEN",
                "http_proxy",
                "_x",
                "CLAUDE_CODE_EFFORT_LEVEL",
            ],
            &[
                "",
                "1A",
                "A-B",
                "A=B",
                "A\0",
                "DISCORD_TOKEN",
                "discord_webhook",
                "BOT_TOKEN",
                "bot_token",
                "CLAUDECODE",
                "CLAUDE_CODE_SESSION_ID",
                "API_KEY",
                "SECRET",
                "PATH",
            ],
        );
    }

    #[test]
    fn arguments() {
        check(
            "extra-argument",
            &[
                "--effort",
                "high",
                "--effort=high",
                "--mcp-config=/x.json",
                "--add-dir",
                "",
            ],
            &[
                "-p",
                "-c",
                "-r",
                "-rx",
                "-d",
                "-",
                "--",
                "--print",
                "--model",
                "--model=opus",
                "--resume=x",
                "--system-prompt-file",
                "--append-system-prompt",
                "--allowedTools",
                "--allowed-tools=Bash",
                "--dangerously-skip-permissions",
                "--permission-prompt-tool",
                "--permission-mode=auto",
                "a\0b",
            ],
        );
    }

    proptest! {
        #[test]
        fn every_word_judges_any_text(text in "\\PC{0,30}") {
            for word in WORDS {
                let _reason = (word.check)(&text);
            }
        }

        #[test]
        fn a_snowflake_that_passes_is_written_as_its_number_is(text in "[0-9]{1,21}") {
            if snowflake(&text).is_ok() {
                prop_assert_eq!(text.parse::<u64>().unwrap().to_string(), text);
            }
        }
    }
}
