//! Which values are secrets: the bot token, and what the environment holds under a name that says so.

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use super::form::FEWEST;
use crate::config::{Environment, Token, inline_json};

/// What the name of a variable that holds a secret contains.
const TELLING: &[&str] = &[
    "AUTH",
    "BEARER",
    "COOKIE",
    "CRED",
    "KEY",
    "PASSCODE",
    "PASSPHRASE",
    "PASSW",
    "SECRET",
    "TOKEN",
    "WEBHOOK",
];

/// How the name of a variable that holds a secret ends.
const TELLING_ENDS: &[&str] = &["_DSN", "_PAT", "_PIN", "_PWD"];

/// How a part of such a name ends (`SMTP_PASS`, `DBPASS_OLD`).
const TELLING_PART: &str = "PASS";

/// Parts of names that sound like one of these and tell nothing: `GIT_AUTHOR_NAME`, `SSH_ASKPASS`.
const OTHER_PARTS: &[&str] = &["ASKPASS", "AUTHOR", "AUTHORS", "BYPASS", "COMPASS"];

/// What a name contains whose value is a secret, whatever it looks like.
const CERTAIN: &[&str] = &["KEY", "PASS", "SECRET", "TOKEN"];

/// Names that hold the place of a secret, or something like it, but not itself.
const PLACES: &[&str] = &[
    "XAUTHORITY",
    "_DIR",
    "_DIRECTORY",
    "_FILE",
    "_PATH",
    "_SOCK",
];

/// The first part of a token is the bot's id in base64. A shorter one is no bot's.
const SHORTEST_ID: usize = 20;

/// A single lower-case word of less than so many characters, such as `kubernetes`, is a setting and no secret where
/// its name sounds like one (`AUTH_METHOD`) but is not certain.
const SHORTEST_PHRASE: usize = 20;

/// A value that must not go out, and what to call it in the log. Its `Debug` shows the name alone.
#[derive(Debug, Clone)]
pub struct Secret {
    name: String,
    value: SecretString,
}

impl Secret {
    /// A secret under a name of its own.
    #[must_use]
    pub fn new(name: impl Into<String>, value: &str) -> Self {
        Self {
            name: name.into(),
            value: value.into(),
        }
    }

    /// What it is called.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn expose(&self) -> &str {
        self.value.expose_secret()
    }
}

/// All that the bot and its children hold. `passed` are the variables that the owner hands to the CLI.
#[must_use]
pub fn held(token: &Token, environment: &Environment, passed: &[String]) -> Vec<Secret> {
    let mut secrets = of_token(token);
    secrets.extend(of_environment(environment, passed));
    secrets
}

/// The bot token and those of its parts that serve no other end: its signature, that with the time before it, and the
/// bot's id as it is written there.
#[must_use]
pub fn of_token(token: &Token) -> Vec<Secret> {
    const NAME: &str = "the Discord token";
    let whole = token.expose();
    let mut secrets = vec![Secret::new(NAME, whole)];
    if let Some((id, rest)) = whole.split_once('.') {
        secrets.push(Secret::new(NAME, rest));
        if id.len() >= SHORTEST_ID {
            secrets.push(Secret::new(NAME, id));
        }
        if let Some((_, signature)) = rest.split_once('.') {
            secrets.push(Secret::new(NAME, signature));
        }
    }
    secrets
}

/// The secrets of an environment: the values of variables whose names say so, and passwords in addresses. Of those
/// that are `passed` to the CLI none is taken for a setting.
#[must_use]
pub fn of_environment(environment: &Environment, passed: &[String]) -> Vec<Secret> {
    let mut secrets = Vec::new();
    for (name, value) in environment.iter() {
        let value = value.to_string_lossy();
        if value.len() < FEWEST {
            continue;
        }
        let is_passed = || passed.iter().any(|passed| passed == name);
        if names_a_secret(name) && (is_certain(name) || is_passed() || !is_setting(&value)) {
            secrets.push(Secret::new(name, &value));
        }
        if let Some(password) = password(&value) {
            secrets.push(Secret::new(format!("the password in {name}"), password));
        }
    }
    secrets
}

/// The tokens in the file where the CLI keeps its login (`.credentials.json`): strings under a key that says so.
#[must_use]
pub fn of_login(json: &str) -> Vec<Secret> {
    let mut secrets = Vec::new();
    if let Ok(login) = serde_json::from_str(json) {
        collect("the CLI's login", &login, &mut secrets);
    }
    secrets
}

/// The secrets in arguments of the CLI's: in JSON that is given as one, under keys that say so (`Authorization`), and
/// after flags that do (`--api-key`), there and among the arguments themselves.
#[must_use]
pub fn of_arguments(arguments: &[String]) -> Vec<Secret> {
    const NAME: &str = "an argument of the CLI";
    let mut secrets = Vec::new();
    for argument in arguments {
        let value = inline_json(argument).map(serde_json::from_str);
        match value {
            Some(Ok(value)) => collect(NAME, &value, &mut secrets),
            // What cannot be read may hold anything.
            Some(Err(_)) => secrets.push(Secret::new(NAME, argument)),
            None => {}
        }
    }
    of_flags(NAME, arguments.iter().map(String::as_str), &mut secrets);
    secrets.retain(|secret| secret.expose().len() >= FEWEST);
    secrets
}

/// The strings below keys that name a secret, and what else in a document looks like one.
fn collect(whose: &str, document: &Value, secrets: &mut Vec<Secret>) {
    match document {
        Value::Object(fields) => {
            for (key, value) in fields {
                match value {
                    Value::String(text) if names_a_secret(key) => {
                        let name = format!("{whose} ({key})");
                        secrets.push(Secret::new(&name, text));
                        // `Bearer ...`: the word before it is none.
                        if let Some((_, last)) = text.trim_end().rsplit_once(char::is_whitespace) {
                            secrets.push(Secret::new(name, last));
                        }
                    }
                    other => collect(whose, other, secrets),
                }
            }
        }
        Value::Array(values) => {
            for value in values {
                collect(whose, value, secrets);
            }
            of_flags(whose, values.iter().filter_map(Value::as_str), secrets);
        }
        Value::String(text) => {
            let password = password(text).map(|password| Secret::new(whose, password));
            secrets.extend(password);
        }
        _ => {}
    }
}

/// What stands after flags that name a secret, as `--api-key=...` or as the next word.
fn of_flags<'a>(whose: &str, words: impl Iterator<Item = &'a str>, secrets: &mut Vec<Secret>) {
    let mut words = words.peekable();
    while let Some(word) = words.next() {
        let (flag, value) = match word.split_once('=') {
            Some((flag, value)) => (flag, Some(value)),
            None => (word, words.peek().copied()),
        };
        if let Some(value) = value
            && flag.starts_with('-')
            && names_a_secret(flag)
        {
            secrets.push(Secret::new(format!("{whose} ({flag})"), value));
        }
    }
}

fn names_a_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let is_telling = |part: &str| {
        part.ends_with(TELLING_PART) || TELLING.iter().any(|telling| part.contains(telling))
    };
    let telling = TELLING_ENDS.iter().any(|end| name.ends_with(end))
        || name
            .split(|c: char| !c.is_alphanumeric())
            .any(|part| !OTHER_PARTS.contains(&part) && is_telling(part));
    telling && !PLACES.iter().any(|place| name.ends_with(place))
}

/// Whether a name that [`names_a_secret`] leaves no doubt.
fn is_certain(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    CERTAIN.iter().any(|part| name.contains(part))
}

fn is_setting(value: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_lowercase() || b"-_.".contains(&byte);
    value.len() < SHORTEST_PHRASE && value.bytes().all(is_word)
}

/// What stands between the user and the host of an address, or in the user's place, if it is as long as a token.
fn password(address: &str) -> Option<&str> {
    let (_, rest) = address.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let (user, _) = authority.rsplit_once('@')?;
    let password = user.split_once(':').map_or(user, |(_, password)| password);
    (password.len() >= FEWEST).then_some(password)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(variables: &[(&str, &str)]) -> Vec<String> {
        let environment = variables.iter().copied().collect();
        of_environment(&environment, &["PASSED_AUTH".to_owned()])
            .iter()
            .map(|secret| format!("{}={}", secret.name(), secret.expose()))
            .collect()
    }

    #[test]
    fn a_variable_whose_name_says_so_holds_a_secret() {
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
    fn other_variables_hold_none() {
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
    fn a_plain_word_is_a_secret_where_the_name_leaves_no_doubt() {
        for name in ["DB_PASSWORD", "SMTP_PASS", "APP_SECRET", "PASSED_AUTH"] {
            let expected = [format!("{name}=correcthorse")];
            assert_eq!(names(&[(name, "correcthorse")]), expected);
        }
    }

    #[test]
    fn a_login_with_spaces_is_a_secret_as_a_whole_and_in_its_last_word() {
        let found = of_login(
            r#"{ "accessToken": "Bearer sk-loopback", "refreshToken": "three small words" }"#,
        );
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
    fn what_stands_in_arguments_is_a_secret() {
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
    fn a_password_in_an_address_is_a_secret() {
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
    fn a_tokens_parts_are_secrets_but_for_the_time() {
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
}
