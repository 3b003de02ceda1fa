use proptest::prelude::*;

use super::*;

#[track_caller]
fn check(name: &str, valid: &[&str], invalid: &[&str]) {
    let format = find(name).unwrap();
    for text in valid {
        assert_eq!((format.check)(text), Ok(()), "{text:?}");
    }
    for text in invalid {
        assert!((format.check)(text).is_err(), "{text:?}");
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
fn server_names() {
    let invalid = ["", "a b", "a__b", "a.b", "ä", "switchboard"];
    check("server-name", &["github", "my-server_2"], &invalid);
}

#[test]
fn snowflakes() {
    let valid = ["1", "80351110224678912", "9223372036854775807"];
    let invalid = [
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
    check("snowflake", &valid, &invalid);
    check("snowflake", &[], &["*"]);
    check("snowflake-or-everyone", &valid, &invalid);
    check("snowflake-or-everyone", &["*"], &["**"]);
}

#[test]
fn words_for_a_number() {
    check("number-or-auto", &["auto"], &["", "4", "Auto"]);
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
    fn no_text_makes_a_check_panic(text in "\\PC{0,30}") {
        for format in FORMATS {
            let _reason = (format.check)(&text);
        }
    }

    #[test]
    fn an_accepted_snowflake_has_the_canonical_spelling(text in "[0-9]{1,21}") {
        if snowflake(&text).is_ok() {
            prop_assert_eq!(text.parse::<u64>().unwrap().to_string(), text);
        }
    }
}
