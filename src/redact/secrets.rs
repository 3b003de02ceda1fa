//! Which values are secrets: the bot token, and what the environment holds under a name that says so.

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use super::form::FEWEST;
use crate::config::{Environment, Token};

/// What the name of a variable that holds a secret contains.
const TELLING: &[&str] = &[
    "AUTH",
    "BEARER",
    "COOKIE",
    "CRED",
    "KEY",
    "PASSPHRASE",
    "PASSW",
    "SECRET",
    "TOKEN",
    "WEBHOOK",
];

/// How the name of a variable that holds a secret ends.
const TELLING_ENDS: &[&str] = &["_DSN", "_PAT", "_PIN", "_PWD"];

/// Names that hold the place of a secret, or something like it, but not itself.
const PLACES: &[&str] = &["XAUTHORITY", "_DIR", "_FILE", "_PATH", "_SOCK"];

/// The first part of a token is the bot's id in base64. A shorter one is no bot's.
const SHORTEST_ID: usize = 20;

/// A single lower-case word of less than so many characters, such as `kubernetes`, is a setting and no secret, even
/// where its name sounds like one.
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

/// All that the bot and its children hold.
#[must_use]
pub fn held(token: &Token, environment: &Environment) -> Vec<Secret> {
    let mut secrets = of_token(token);
    secrets.extend(of_environment(environment));
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

/// The secrets of an environment: the values of variables whose names say so, and passwords in addresses.
#[must_use]
pub fn of_environment(environment: &Environment) -> Vec<Secret> {
    let mut secrets = Vec::new();
    for (name, value) in environment.iter() {
        let value = value.to_string_lossy();
        if value.len() < FEWEST {
            continue;
        }
        if names_a_secret(name) && !is_setting(&value) {
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
        collect(&login, &mut secrets);
    }
    secrets
}

fn collect(login: &Value, secrets: &mut Vec<Secret>) {
    match login {
        Value::Object(fields) => {
            for (key, value) in fields {
                match value {
                    Value::String(text) if names_a_secret(key) => {
                        secrets.push(Secret::new(format!("the CLI's login ({key})"), text));
                    }
                    other => collect(other, secrets),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| collect(value, secrets)),
        _ => {}
    }
}

fn names_a_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let telling = TELLING.iter().any(|part| name.contains(part))
        || TELLING_ENDS.iter().any(|end| name.ends_with(end));
    telling && !PLACES.iter().any(|place| name.ends_with(place))
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
        of_environment(&environment)
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
                ("AUTH_METHOD", "password"),
                ("SECRET_BACKEND", "kubernetes"),
                ("API_KEY", "short"),
                ("HTTPS_PROXY", "http://proxy.example:3128"),
            ]),
            [""; 0]
        );
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
