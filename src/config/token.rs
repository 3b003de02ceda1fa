//! The bot token.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use secrecy::{ExposeSecret as _, SecretString};
use thiserror::Error;

use super::Environment;
use crate::files::{Access, own_ids};

const VARIABLE: &str = "DISCORD_TOKEN";

/// What people put around a token, or their editors make of it.
const QUOTES: [char; 8] = [
    '"', '\'', '`', '\u{201c}', '\u{201d}', '\u{2018}', '\u{2019}', '\u{201e}',
];

/// A bot token. It cannot be printed or serialized, and its memory is wiped on drop.
#[derive(Debug, Clone)]
pub struct Token(SecretString);

impl Token {
    /// Removes surrounding white space and a leading `Bot `. Three parts of letters, digits, `-` and `_`, separated by
    /// dots, remain (Discord developer docs, "Reference: Authentication").
    pub fn parse(text: &str) -> Result<Self, InvalidToken> {
        let text = text.trim();
        let text = text.strip_prefix("Bot ").unwrap_or(text).trim_start();
        if text.is_empty() {
            return Err(InvalidToken::Empty);
        }
        if is_well_formed(text) {
            return Ok(Self(SecretString::from(text)));
        }
        let after_name = text.split_once('=').map_or(text, |(_, value)| value);
        let unquoted = after_name.trim().trim_matches(QUOTES);
        Err(match unquoted.strip_prefix("Bot ").unwrap_or(unquoted) {
            inner if !is_well_formed(inner.trim()) => InvalidToken::Malformed,
            _ if after_name == text => InvalidToken::Quoted,
            _ => InvalidToken::Named,
        })
    }

    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

fn is_well_formed(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    text.split('.').count() == 3
        && text
            .split('.')
            .all(|part| !part.is_empty() && part.bytes().all(is_plain))
}

/// Whether `text` may be a token. A real one has about 70 characters.
pub(super) fn may_be_token(text: &str) -> bool {
    text.len() >= 50 && Token::parse(text).is_ok()
}

/// Why a text is not a bot token. The messages do not show the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum InvalidToken {
    #[error("it is empty")]
    Empty,
    #[error("it is in quotes; remove the quotes")]
    Quoted,
    #[error("it begins with a name and `=`; keep only the token, without quotes")]
    Named,
    /// It may be something else from the same page, such as the application's ID or its client secret.
    #[error(
        "a token has three parts separated by dots; copy it from the page \"Bot\" of your application at \
         https://discord.com/developers/applications"
    )]
    Malformed,
}

/// Why there is no token. The messages do not show what was read.
#[derive(Debug, Error)]
pub enum TokenError {
    #[error(
        "no bot token: set `discord.token_file` to a file that holds it, or the variable DISCORD_TOKEN, or pass it as \
         systemd's credential discord_token"
    )]
    Missing,
    #[error("failed to read the bot token from {}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("invalid bot token in {place}: {reason}")]
    Invalid { place: String, reason: InvalidToken },
}

/// Reads the token from systemd's credential, or else from `file`, or else from the variable. Also returns a warning if other
/// users can read the file.
pub fn read_token(
    file: Option<&Path>,
    env: &Environment,
) -> Result<(Token, Option<String>), TokenError> {
    if let Some(path) = credential(env) {
        // The mode is systemd's concern: an access list may grant less than the group bits say.
        return Ok((read(&path)?.0, None));
    }
    if let Some(path) = file {
        let (token, access) = read(path)?;
        let open = access.open(0o077, own_ids());
        let warning = (open != 0).then(|| {
            let (path, mode) = (path.display(), access.mode);
            let closed = mode & !open;
            format!("other users can read the bot token in {path} (mode {mode:04o}); run `chmod {closed:o} {path}`")
        });
        return Ok((token, warning));
    }
    let value = env.get(VARIABLE).ok_or(TokenError::Missing)?;
    let token = parse(&value.to_string_lossy(), format!("the variable {VARIABLE}"))?;
    Ok((token, None))
}

/// The file that [`read_token`] reads, if any.
pub fn token_file(file: Option<&Path>, env: &Environment) -> Option<PathBuf> {
    credential(env).or_else(|| file.map(Path::to_owned))
}

/// The file of a token that systemd passes (`LoadCredential=discord_token:...`, man `systemd.exec(5)`).
fn credential(env: &Environment) -> Option<PathBuf> {
    let path = Path::new(env.get("CREDENTIALS_DIRECTORY")?).join("discord_token");
    path.exists().then_some(path)
}

fn read(path: &Path) -> Result<(Token, Access), TokenError> {
    let failed = |source| TokenError::Read {
        path: path.to_owned(),
        source,
    };
    let text = SecretString::from(fs::read_to_string(path).map_err(failed)?);
    let access = Access::of(path).map_err(failed)?;
    let token = parse(text.expose_secret(), path.display().to_string())?;
    Ok((token, access))
}

fn parse(text: &str, place: String) -> Result<Token, TokenError> {
    Token::parse(text).map_err(|reason| TokenError::Invalid { place, reason })
}

#[cfg(test)]
mod tests;
