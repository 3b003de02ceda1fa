//! What lets people in: the token, the admin token and a password, each in a private file.

use std::{
    fs, io,
    net::{IpAddr, SocketAddr},
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use secrecy::{ExposeSecret as _, SecretString};
use uuid::Uuid;

use crate::{config::Config, files, redact::Secret};

/// Shows everything.
const TOKEN_FILE: &str = "dashboard.token";

/// Decides about approvals, beside the token.
const ADMIN_FILE: &str = "dashboard.admin";

/// Where the dashboard listens, or last did.
const ADDRESS_FILE: &str = "dashboard.address";

/// The shortest token and password, in bytes.
const SHORTEST_TOKEN: usize = 32;
const SHORTEST_PASSWORD: usize = 12;

#[derive(Debug, thiserror::Error)]
pub(crate) enum CredentialsError {
    #[error("{}: {error}", path.display())]
    Io { path: PathBuf, error: io::Error },
    #[error("{} holds no token of {SHORTEST_TOKEN} letters and digits or more: delete it, and the next start makes a new one", .0.display())]
    NoToken(PathBuf),
    #[error("{} holds no password of {SHORTEST_PASSWORD} characters or more", .0.display())]
    NoPassword(PathBuf),
}

#[derive(Debug)]
pub(crate) struct Credentials {
    token: SecretString,
    /// `None` if nothing can be decided.
    admin: Option<SecretString>,
    password: Option<SecretString>,
}

impl Credentials {
    /// Reads the files. Those of tokens are made if they are missing, or made anew if others can read them.
    pub(crate) fn open(config: &Config) -> Result<Self, CredentialsError> {
        let folder = &config.sessions_dir;
        files::create_folder(folder).map_err(|error| io_error(folder, error))?;
        let admin = config.dashboard.admin;
        let password = config.dashboard.password_file.as_deref();
        Ok(Self {
            token: read_or_make(&folder.join(TOKEN_FILE))?,
            admin: admin
                .then(|| read_or_make(&folder.join(ADMIN_FILE)))
                .transpose()?,
            password: password.map(read_password).transpose()?,
        })
    }

    /// Makes it impossible to decide anything.
    pub(super) fn without_admin(self) -> Self {
        Self {
            admin: None,
            ..self
        }
    }

    /// All of them, to be redacted.
    pub(crate) fn secrets(&self) -> Vec<Secret> {
        let all = [
            Some(&self.token),
            self.admin.as_ref(),
            self.password.as_ref(),
        ];
        let secret = |value: &SecretString| Secret::new("the dashboard", value.expose_secret());
        all.into_iter().flatten().map(secret).collect()
    }

    pub(super) fn token(&self) -> &str {
        self.token.expose_secret()
    }

    pub(super) fn is_token(&self, given: &str) -> bool {
        is_same(&self.token, given)
    }

    pub(super) fn is_password(&self, given: &str) -> bool {
        self.password
            .as_ref()
            .is_some_and(|own| is_same(own, given))
    }

    pub(super) fn can_decide(&self) -> bool {
        self.admin.is_some()
    }

    pub(super) fn is_admin(&self, given: &str) -> bool {
        self.admin.as_ref().is_some_and(|own| is_same(own, given))
    }
}

/// Takes as long wherever they differ.
fn is_same(own: &SecretString, given: &str) -> bool {
    let (own, given) = (own.expose_secret().as_bytes(), given.as_bytes());
    let differences = own.iter().zip(given).fold(0, |all, (a, b)| all | (a ^ b));
    own.len() == given.len() && differences == 0
}

fn read_or_make(path: &Path) -> Result<SecretString, CredentialsError> {
    match fs::metadata(path) {
        Ok(found) if !is_open(&found) => return read_token(path),
        Ok(_) => {
            let path = path.display();
            tracing::warn!(%path, "others could read this token, so it is replaced");
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        Err(error) => return Err(io_error(path, error)),
    }
    let random = || Uuid::new_v4().simple().to_string();
    let token = random() + &random();
    files::replace(path, format!("{token}\n").as_bytes()).map_err(|error| io_error(path, error))?;
    Ok(token.into())
}

/// Whether others than the owner can do something with it.
fn is_open(file: &fs::Metadata) -> bool {
    file.mode() & 0o077 > 0
}

fn read_token(path: &Path) -> Result<SecretString, CredentialsError> {
    let text = fs::read_to_string(path).map_err(|error| io_error(path, error))?;
    let token = text.trim();
    let is_plain = token.bytes().all(|byte| byte.is_ascii_alphanumeric());
    if token.len() < SHORTEST_TOKEN || !is_plain {
        return Err(CredentialsError::NoToken(path.to_owned()));
    }
    Ok(token.into())
}

fn read_password(path: &Path) -> Result<SecretString, CredentialsError> {
    let text = fs::read_to_string(path).map_err(|error| io_error(path, error))?;
    let password = text.trim_end_matches(['\r', '\n']);
    if password.chars().count() < SHORTEST_PASSWORD {
        return Err(CredentialsError::NoPassword(path.to_owned()));
    }
    Ok(password.into())
}

fn io_error(path: &Path, error: io::Error) -> CredentialsError {
    let path = path.to_owned();
    CredentialsError::Io { path, error }
}

/// Remembers where the dashboard listens, for [`links`].
pub(super) fn note_address(sessions: &Path, address: SocketAddr) -> io::Result<()> {
    files::replace(
        &sessions.join(ADDRESS_FILE),
        format!("{address}\n").as_bytes(),
    )
}

/// Addresses that log in.
pub(crate) struct Links {
    pub(crate) view: String,
    /// `None` if nothing can be decided.
    pub(crate) admin: Option<String>,
}

/// The addresses of the dashboard with its tokens. `None` if it was never started.
pub(crate) fn links(config: &Config) -> Result<Option<Links>, CredentialsError> {
    let folder = &config.sessions_dir;
    let noted = fs::read_to_string(folder.join(ADDRESS_FILE)).ok();
    let noted = noted.and_then(|text| text.trim().parse().ok());
    let path = folder.join(TOKEN_FILE);
    let Some(address) = noted.or(config.dashboard.address).filter(|_| path.exists()) else {
        return Ok(None);
    };
    let host = config.dashboard.hosts.first();
    let base = match host.filter(|_| !address.ip().is_loopback()) {
        Some(host) => format!("https://{host}"),
        None => page_address(address),
    };
    let view = format!("{base}/?token={}", read_token(&path)?.expose_secret());
    let admin = folder.join(ADMIN_FILE);
    let admin = (config.dashboard.admin && admin.exists()).then(|| read_token(&admin));
    let admin = admin.transpose()?;
    // The part after `#` never leaves the browser.
    let admin = admin.map(|token| format!("{view}#admin={}", token.expose_secret()));
    Ok(Some(Links { view, admin }))
}

/// What to open in a browser on this machine.
pub(super) fn page_address(mut address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        address.set_ip(match address.ip() {
            IpAddr::V4(_) => IpAddr::from([127, 0, 0, 1]),
            IpAddr::V6(_) => IpAddr::from([0, 0, 0, 0, 0, 0, 0, 1]),
        });
    }
    format!("http://{address}")
}

#[cfg(test)]
mod tests;
