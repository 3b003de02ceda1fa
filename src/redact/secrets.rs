//! Which values are secrets: the bot token, and values in the environment, the CLI's login and the CLI's arguments whose
//! names say so.

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use super::spellings::SHORTEST;
use crate::config::{Environment, Token, inline_json};

/// Parts of the names of secrets.
const NAME_PARTS: &[&str] = &[
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

/// Suffixes of the names of secrets.
const NAME_SUFFIXES: &[&str] = &["_DSN", "_PAT", "_PIN", "_PWD"];

/// Suffix of words in the names of secrets: `SMTP_PASS`, `DBPASS_OLD`.
const WORD_SUFFIX: &str = "PASS";

/// Words that contain one of the above but do not name a secret: `GIT_AUTHOR_NAME`, `SSH_ASKPASS`.
const HARMLESS_WORDS: &[&str] = &["ASKPASS", "AUTHOR", "AUTHORS", "BYPASS", "COMPASS"];

/// Suffixes of names whose value is the location of a secret.
const LOCATION_SUFFIXES: &[&str] = &[
    "XAUTHORITY",
    "_DIR",
    "_DIRECTORY",
    "_FILE",
    "_PATH",
    "_SOCK",
];

/// Parts of names whose value is a secret even if it looks like a setting.
const CERTAIN_NAME_PARTS: &[&str] = &["KEY", "PASS", "SECRET", "TOKEN"];

/// Shorter lower-case words look like settings, such as `kubernetes` in `AUTH_METHOD`.
const SHORTEST_PHRASE: usize = 20;

/// The minimum length of the first part of a bot token, the bot's ID in base64.
const SHORTEST_ID: usize = 20;

/// A secret and its name for the log. `Debug` only shows the name.
#[derive(Debug, Clone)]
pub struct Secret {
    name: String,
    value: SecretString,
}

impl Secret {
    pub fn new(name: impl Into<String>, value: &str) -> Self {
        Self {
            name: name.into(),
            value: value.into(),
        }
    }

    pub fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn expose(&self) -> &str {
        self.value.expose_secret()
    }
}

/// The bot token, and its parts: the encoded ID, the signature, and the signature with the time.
pub fn of_token(token: &Token) -> Vec<Secret> {
    let whole = token.expose();
    let mut values = vec![whole];
    if let Some((id, rest)) = whole.split_once('.') {
        values.push(rest);
        values.extend((id.len() >= SHORTEST_ID).then_some(id));
        values.extend(rest.split_once('.').map(|(_, signature)| signature));
    }
    let secret = |value| Secret::new("the Discord token", value);
    values.into_iter().map(secret).collect()
}

/// Variables whose names say that they are secrets, and passwords in URLs. `passed` variables are never taken for settings.
pub fn of_environment(environment: &Environment, passed: &[String]) -> Vec<Secret> {
    let mut secrets = Vec::new();
    for (name, value) in environment.iter() {
        let value = value.to_string_lossy();
        if value.len() < SHORTEST {
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

/// The strings in the CLI's login (`.credentials.json`) whose keys name a secret.
pub fn of_login(json: &str) -> Vec<Secret> {
    let mut secrets = Vec::new();
    if let Ok(login) = serde_json::from_str(json) {
        collect("the CLI's login", &login, &mut secrets);
    }
    secrets
}

/// The values of flags that name a secret (`--api-key`) in the CLI's arguments, and the same and the values of keys that
/// name a secret (`Authorization`) in JSON arguments.
pub fn of_arguments(arguments: &[String]) -> Vec<Secret> {
    const NAME: &str = "an argument of the CLI";
    let mut secrets = Vec::new();
    for argument in arguments {
        match inline_json(argument).map(serde_json::from_str) {
            Some(Ok(value)) => collect(NAME, &value, &mut secrets),
            // Invalid JSON may contain anything.
            Some(Err(_)) => secrets.push(Secret::new(NAME, argument)),
            None => {}
        }
    }
    collect_flags(NAME, arguments.iter().map(String::as_str), &mut secrets);
    secrets.retain(|secret| secret.expose().len() >= SHORTEST);
    secrets
}

/// Adds the values of keys and flags that name a secret, and passwords in URLs.
fn collect(owner: &str, document: &Value, secrets: &mut Vec<Secret>) {
    match document {
        Value::Object(fields) => {
            for (key, value) in fields {
                match value {
                    Value::String(text) if names_a_secret(key) => {
                        let name = format!("{owner} ({key})");
                        secrets.push(Secret::new(&name, text));
                        // In `Bearer ...`, only the last word is the secret.
                        if let Some((_, last)) = text.trim_end().rsplit_once(char::is_whitespace) {
                            secrets.push(Secret::new(name, last));
                        }
                    }
                    other => collect(owner, other, secrets),
                }
            }
        }
        Value::Array(values) => {
            for value in values {
                collect(owner, value, secrets);
            }
            collect_flags(owner, values.iter().filter_map(Value::as_str), secrets);
        }
        Value::String(text) => {
            secrets.extend(password(text).map(|password| Secret::new(owner, password)));
        }
        _ => {}
    }
}

/// Adds the values of flags that name a secret: `--api-key=VALUE` or `--api-key VALUE`.
fn collect_flags<'a>(
    owner: &str,
    arguments: impl Iterator<Item = &'a str>,
    secrets: &mut Vec<Secret>,
) {
    let mut arguments = arguments.peekable();
    while let Some(argument) = arguments.next() {
        let (flag, value) = match argument.split_once('=') {
            Some((flag, value)) => (flag, Some(value)),
            None => (argument, arguments.peek().copied()),
        };
        if let Some(value) = value
            && flag.starts_with('-')
            && names_a_secret(flag)
        {
            secrets.push(Secret::new(format!("{owner} ({flag})"), value));
        }
    }
}

fn names_a_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    let is_telling = |word: &str| {
        !HARMLESS_WORDS.contains(&word)
            && (word.ends_with(WORD_SUFFIX) || contains_any(word, NAME_PARTS))
    };
    let mut words = name.split(|c: char| !c.is_alphanumeric());
    (ends_with_any(&name, NAME_SUFFIXES) || words.any(is_telling))
        && !ends_with_any(&name, LOCATION_SUFFIXES)
}

/// Whether a name that names a secret leaves no doubt.
fn is_certain(name: &str) -> bool {
    contains_any(&name.to_ascii_uppercase(), CERTAIN_NAME_PARTS)
}

fn contains_any(text: &str, parts: &[&str]) -> bool {
    parts.iter().any(|part| text.contains(part))
}

fn ends_with_any(text: &str, suffixes: &[&str]) -> bool {
    suffixes.iter().any(|suffix| text.ends_with(suffix))
}

fn is_setting(value: &str) -> bool {
    let is_word = |byte: u8| byte.is_ascii_lowercase() || b"-_.".contains(&byte);
    value.len() < SHORTEST_PHRASE && value.bytes().all(is_word)
}

/// The password in a URL, or a user without a password, which may be a token.
fn password(url: &str) -> Option<&str> {
    let (_, rest) = url.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let (user, _) = authority.rsplit_once('@')?;
    let password = user.split_once(':').map_or(user, |(_, password)| password);
    (password.len() >= SHORTEST).then_some(password)
}
