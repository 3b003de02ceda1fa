//! Which values are secrets.

use crate::{config::Token, redact::secrets::*};

fn names(variables: &[(&str, &str)]) -> Vec<String> {
    let environment = variables.iter().copied().collect();
    of_environment(&environment, &["PASSED_AUTH".to_owned()])
        .iter()
        .map(|secret| format!("{}={}", secret.name(), secret.expose()))
        .collect()
}

#[test]
fn a_variable_named_like_a_secret_is_one() {
    for name in [
        "DISCORD_TOKEN",
        "discord_token",
        "DISCORD__TOKEN",
        "ANTHROPIC_API_KEY",
        "X_API_KEY_2",
        "DB_PASSWORD",
        "MYSQL_PWD",
        "AWS_SECRET_ACCESS_KEY",
        "GITHUB_PAT",
        "SENTRY_DSN",
        "APP_CREDENTIALS",
        "BASIC_AUTH",
        "CLAUDE_CODE_OAUTH_TOKEN",
        "SLACK_WEBHOOK_URL",
        "SMTP_PASS",
        "db_pass",
        "DBPASS",
        "PASS",
    ] {
        assert_eq!(
            names(&[(name, "s3cretvalue")]),
            [format!("{name}=s3cretvalue")]
        );
    }
}

#[test]
fn other_variables_are_not_secrets() {
    assert_eq!(
        names(&[
            ("PATH", "/usr/bin:/bin"),
            ("PWD", "/home/bot/somewhere"),
            ("HOME", "/home/bot"),
            ("SSH_AUTH_SOCK", "/tmp/ssh-XXXXabcd/agent.1"),
            ("XAUTHORITY", "/home/bot/.Xauthority"),
            ("DISCORD_TOKEN_FILE", "/etc/switchboard/token"),
            ("CREDENTIALS_DIRECTORY", "/run/credentials/bot"),
            ("AUTH_METHOD", "password"),
            ("BYPASS_CACHE", "everywhere"),
            ("COMPASS_URL", "https://x.example"),
            ("GIT_AUTHOR_NAME", "Ada Lovelace"),
            ("GIT_AUTHOR_EMAIL", "ada@example.org"),
            ("SSH_ASKPASS", "/bin/true-or-so"),
            ("API_KEY", "short"),
            ("HTTPS_PROXY", "http://proxy.example:3128"),
        ]),
        [""; 0]
    );
}

#[test]
fn a_plain_word_is_a_secret_under_a_certain_name() {
    for name in ["DB_PASSWORD", "SMTP_PASS", "APP_SECRET", "PASSED_AUTH"] {
        let expected = [format!("{name}=correcthorse")];
        assert_eq!(names(&[(name, "correcthorse")]), expected);
    }
}

#[test]
fn a_value_with_spaces_and_its_last_word_are_secrets() {
    let found =
        of_login(r#"{ "accessToken": "Bearer sk-loopback", "refreshToken": "three small words" }"#);
    let values: Vec<_> = found.iter().map(Secret::expose).collect();
    assert_eq!(
        values,
        [
            "Bearer sk-loopback",
            "sk-loopback",
            "three small words",
            "words"
        ]
    );
}

#[test]
fn secrets_in_arguments_are_collected() {
    let json = r#"--mcp-config={"mcpServers": {"a": {"url": "https://u:in-address@x.example/",
        "headers": {"Authorization": "Bearer in-header", "Accept": "text/plain"},
        "env": {"GITHUB_TOKEN": "in-the-environment"},
        "args": ["--api-key", "after-a-flag", "--token=behind-a-flag", "--verbose", "plainword"]}}}"#;
    let arguments = [
        json,
        "--effort",
        "high",
        "{broken-json",
        "--some-secret",
        "hunter2hunter2",
    ];
    let arguments = arguments.map(str::to_owned);
    let mut values: Vec<_> = of_arguments(&arguments)
        .iter()
        .map(|secret| secret.expose().to_owned())
        .collect();
    values.sort();
    let expected = [
        "Bearer in-header",
        "after-a-flag",
        "behind-a-flag",
        "hunter2hunter2",
        "in-address",
        "in-header",
        "in-the-environment",
        "{broken-json",
    ];
    assert_eq!(values, expected);
    assert!(of_arguments(&["--mcp-config=/etc/x.json".to_owned()]).is_empty());
}

#[test]
fn a_password_in_a_url_is_a_secret() {
    assert_eq!(
        names(&[
            (
                "HTTPS_PROXY",
                "http://user:pa@ssw0rd1@proxy.example:3128/x@y"
            ),
            ("DATABASE", "postgres://app:correct-horse@db/app?x=1"),
            ("REMOTE", "https://ghp_0123456789@github.example/x.git"),
            ("SHORT", "http://user:pw@host"),
        ]),
        [
            "the password in DATABASE=correct-horse",
            "the password in HTTPS_PROXY=pa@ssw0rd1",
            "the password in REMOTE=ghp_0123456789",
        ]
    );
}

#[test]
fn the_tokens_of_a_login_are_secrets() {
    let json = r#"{"claudeAiOauth": {"accessToken": "sk-ant-oat01-a", "refreshToken": "sk-ant-ort01-b",
        "expiresAt": 1, "scopes": ["user:inference"], "subscriptionType": "max"}, "more": [{"apiKey": "c"}]}"#;
    let secrets = of_login(json);
    let values: Vec<_> = secrets.iter().map(Secret::expose).collect();
    assert_eq!(values, ["sk-ant-oat01-a", "sk-ant-ort01-b", "c"]);
    assert_eq!(secrets[0].name(), "the CLI's login (accessToken)");
    assert!(of_login("{").is_empty());
}

#[test]
fn the_parts_of_a_token_are_secrets_except_the_time() {
    let token =
        Token::parse("MTk4NjIyNDgzNDcxOTI1MjQ4.Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWs").unwrap();
    let secrets = of_token(&token);
    let values: Vec<_> = secrets.iter().map(Secret::expose).collect();
    assert_eq!(
        values,
        [
            "MTk4NjIyNDgzNDcxOTI1MjQ4.Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWs",
            "Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWs",
            "MTk4NjIyNDgzNDcxOTI1MjQ4",
            "ZnCjm1XVW7vRze4b7Cq4se7kKWs",
        ]
    );
    assert!(!format!("{secrets:?}").contains("ZnCjm"));
}
