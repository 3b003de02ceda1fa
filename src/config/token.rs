//! The bot token: a type that cannot be printed, and the edge that reads it.

use std::{
    fmt, fs, io,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;

use super::{Environment, TokenSource};

/// The variable that holds the token where no file is named.
const VARIABLE: &str = "DISCORD_TOKEN";

/// The name of the credential that systemd hands over, and the variable that says in which folder.
const CREDENTIAL: (&str, &str) = ("CREDENTIALS_DIRECTORY", "discord_token");

/// A bot token. It has no `Display` and no `Serialize`, its `Debug` shows nothing, and its memory is wiped on drop.
#[derive(Clone)]
pub struct Token(SecretString);

impl Token {
    /// Takes what a person has put down as the token: white space around it and a leading `Bot ` are removed.
    ///
    /// # Errors
    ///
    /// If nothing is left, or what is left cannot be a token: three parts of letters, digits, `-` and `_`, joined
    /// by dots (Discord developer docs, "Reference: Authentication").
    pub fn parse(text: &str) -> Result<Self, TokenFault> {
        let text = text.trim();
        let text = text.strip_prefix("Bot ").unwrap_or(text).trim_start();
        if text.is_empty() {
            return Err(TokenFault::Empty);
        }
        if parts(text).is_none() {
            return Err(TokenFault::Shape);
        }
        Ok(Self(SecretString::from(text)))
    }

    /// The token itself, for the one place that logs in with it.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}

/// The three parts of a token, if `text` is shaped like one.
fn parts(text: &str) -> Option<[&str; 3]> {
    let mut parts = text.split('.');
    let three = [parts.next()?, parts.next()?, parts.next()?];
    let word = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    (parts.next().is_none() && three.into_iter().all(word)).then_some(three)
}

/// Whether `text` is so much like a token that it had better not be shown. Real ones have some 70 characters.
pub(super) fn looks_like_one(text: &str) -> bool {
    let text = text.trim();
    let text = text.strip_prefix("Bot ").unwrap_or(text);
    text.len() >= 50 && parts(text).is_some()
}

/// Why a text cannot be a bot token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum TokenFault {
    /// Nothing there.
    #[error("is empty")]
    Empty,
    /// Something else, such as the application's id, its public key or its client secret.
    #[error(
        "is no bot token: one has three parts joined by dots; copy it from your application's page \"Bot\" \
         at https://discord.com/developers/applications"
    )]
    Shape,
}

/// Why there is no token. None of the messages shows what was read.
#[derive(Debug, Error)]
pub enum TokenProblem {
    /// Neither file nor variable.
    #[error(
        "no bot token: name the file that holds it as `discord.token_file`, set the variable DISCORD_TOKEN, or \
         hand it over as systemd's credential discord_token"
    )]
    Missing,
    /// The file cannot be read.
    #[error("failed to read the bot token from {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// What was read cannot be a token.
    #[error("what stands in {place} {fault}")]
    Unfit {
        /// The file or the variable.
        place: String,
        /// What is wrong with it.
        fault: TokenFault,
    },
}

/// Something about the token that works, but should be otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum TokenWarning {
    /// Others on this machine may read the file.
    #[error("others can read the bot token in {} (mode {mode:04o}): run `chmod 600` on it", path.display())]
    Exposed {
        /// The file.
        path: PathBuf,
        /// Its permission bits.
        mode: u32,
    },
}

/// A token, and what its owner should know about where it lies.
#[derive(Debug)]
pub struct ReadToken {
    /// The token.
    pub token: Token,
    /// What should be otherwise.
    pub warning: Option<TokenWarning>,
}

/// Reads the token from its file or from the captured environment.
///
/// # Errors
///
/// If there is none, its file cannot be read, or it cannot be a token.
pub fn read_token(source: &TokenSource, env: &Environment) -> Result<ReadToken, TokenProblem> {
    let unfit = |place: String| move |fault| TokenProblem::Unfit { place, fault };
    match source {
        TokenSource::Environment => {
            let Some(value) = env.get(VARIABLE) else {
                return credential(env);
            };
            let token = value
                .to_str()
                .ok_or(TokenFault::Shape)
                .and_then(Token::parse)
                .map_err(unfit(format!("the variable {VARIABLE}")))?;
            Ok(ReadToken {
                token,
                warning: None,
            })
        }
        TokenSource::File(path) => {
            let (text, mode) = read(path).map_err(|source| TokenProblem::Read {
                path: path.clone(),
                source,
            })?;
            let token =
                Token::parse(text.expose_secret()).map_err(unfit(path.display().to_string()))?;
            let exposed = mode & 0o077 != 0;
            let warning = exposed.then(|| TokenWarning::Exposed {
                path: path.clone(),
                mode,
            });
            Ok(ReadToken { token, warning })
        }
    }
}

/// The file that [`read_token`] reads, if it reads one.
#[must_use]
pub fn token_file(source: &TokenSource, env: &Environment) -> Option<PathBuf> {
    match source {
        TokenSource::File(path) => Some(path.clone()),
        TokenSource::Environment if env.get(VARIABLE).is_some() => None,
        TokenSource::Environment => {
            let (folder, name) = CREDENTIAL;
            Some(Path::new(env.get(folder)?).join(name))
        }
    }
}

/// The token as systemd hands it over (`LoadCredential=discord_token:…`, manual page `systemd.exec(5)`). Its mode is
/// systemd's business: it may show a group that an access list lets nobody use.
fn credential(env: &Environment) -> Result<ReadToken, TokenProblem> {
    let (folder, name) = CREDENTIAL;
    let folder = env.get(folder).ok_or(TokenProblem::Missing)?;
    let path = Path::new(folder).join(name);
    if !path.exists() {
        return Err(TokenProblem::Missing);
    }
    let read = read_token(&TokenSource::File(path), env)?;
    Ok(ReadToken {
        warning: None,
        ..read
    })
}

/// The file's text and its permission bits.
fn read(path: &Path) -> io::Result<(SecretString, u32)> {
    let text = fs::read_to_string(path)?;
    let mode = fs::metadata(path)?.permissions().mode() & 0o7777;
    Ok((SecretString::from(text), mode))
}

#[cfg(test)]
mod tests;
