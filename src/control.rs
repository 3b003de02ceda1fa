//! The control socket: how commands reach the bot that uses a `sessions` folder.
//!
//! A client sends one line of JSON and reads one. Only the bot's own account and root are answered, and sandboxes do not
//! show the folder.

use std::{
    fs::{self, File, Permissions},
    io::{self, BufRead as _, BufReader, Read as _, Write as _},
    os::{
        fd::AsRawFd as _,
        unix::{
            fs::PermissionsExt as _,
            net::{UnixListener, UnixStream},
        },
    },
    path::{Path, PathBuf},
    time::Duration,
};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::snowflake::ChannelId;

/// The socket's name in the `sessions` folder.
const FILE: &str = "control.sock";

/// How many bytes a line may have.
pub(crate) const MAX_LINE: u64 = 64 << 10;

/// The longest path that a socket's address holds (man `unix(7)`).
const MAX_PATH: usize = 107;

/// How long the bot may take to answer.
const PATIENCE: Duration = Duration::from_mins(1);

/// What a client asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(
    tag = "command",
    rename_all = "snake_case",
    rename_all_fields = "snake_case",
    deny_unknown_fields
)]
pub(crate) enum Request {
    /// Take the changed configuration and personality.
    Reload,
    /// Write everything to disk that is only in memory.
    Save,
    /// Continue a copy of a session of the CLI in a channel.
    Adopt { session: Uuid, channel: ChannelId },
}

/// What the bot answers, with a text for the person who started the command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Response {
    Done(String),
    Refused(String),
}

/// The address of a folder's socket. A path that is too long for one leads through the open folder.
struct Address {
    path: PathBuf,
    _folder: Option<File>,
}

impl Address {
    fn of(folder: &Path) -> io::Result<Self> {
        let path = folder.join(FILE);
        if path.as_os_str().len() <= MAX_PATH {
            return Ok(Self {
                path,
                _folder: None,
            });
        }
        let folder = File::open(folder)?;
        Ok(Self {
            path: format!("/proc/self/fd/{}/{FILE}", folder.as_raw_fd()).into(),
            _folder: Some(folder),
        })
    }
}

/// Listens in a folder whose lock the caller holds.
pub(crate) fn listen(folder: &Path) -> io::Result<UnixListener> {
    stop_listening(folder)?;
    let address = Address::of(folder)?;
    let listener = UnixListener::bind(&address.path)?;
    fs::set_permissions(&address.path, Permissions::from_mode(0o600))?;
    listener.set_nonblocking(true)?;
    Ok(listener)
}

/// Removes the socket.
pub(crate) fn stop_listening(folder: &Path) -> io::Result<()> {
    match fs::remove_file(folder.join(FILE)) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// Asks the bot that uses a folder; `None` if none listens.
pub(crate) fn ask(folder: &Path, request: &Request) -> io::Result<Option<Response>> {
    let connected = Address::of(folder).and_then(|address| UnixStream::connect(&address.path));
    let mut stream = match connected {
        Ok(stream) => stream,
        Err(error) => match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused => return Ok(None),
            _ => return Err(error),
        },
    };
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let mut line = serde_json::to_string(request)?;
    line.push('\n');
    stream.write_all(line.as_bytes())?;
    let mut answer = String::new();
    BufReader::new(stream.take(MAX_LINE)).read_line(&mut answer)?;
    if answer.is_empty() {
        return Err(io::Error::other(
            "the bot ended, or did not take the command",
        ));
    }
    Ok(Some(serde_json::from_str(&answer)?))
}

#[cfg(test)]
mod tests;
