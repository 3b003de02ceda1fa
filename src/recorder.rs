//! `switchboard run --record DIR`: an observer that writes each session's raw lines to a file of its own.
//!
//! The files have the form of the captures in `crates/claude-session/tests/captures`, with the time of each line: JSON
//! objects with `dir` (`in`, `out`, `exit`, or `lost` if the recorder was too slow) and `line`. They hold all that people
//! and Claude say, unredacted.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Write as _},
    path::{Path, PathBuf},
    thread,
    time::{Duration, SystemTime},
};

use chrono::{DateTime, SecondsFormat, Utc};
use claude_session::{
    observer::{Observation, Observer, Observers, What},
    process::Exit,
};
use serde_json::{Value, json};
use tokio::{runtime::Handle, sync::oneshot};

use crate::files;

/// The most that one session's file may hold, in bytes. Recording that session ends there.
const MAX_FILE_BYTES: u64 = 64 * 1024 * 1024;

/// The longest file name, without its extension, in bytes.
const MAX_NAME_BYTES: usize = 100;

/// How long the last lines may take to be written.
const LAST_LINES: Duration = Duration::from_secs(2);

/// A running recorder.
#[derive(Debug)]
pub struct Recorder {
    ended: oneshot::Receiver<()>,
}

impl Recorder {
    /// Creates the folder and begins to record, on a thread of its own. To be called in a tokio runtime.
    ///
    /// # Errors
    ///
    /// If the folder cannot be created or written.
    pub fn start(folder: &Path, observers: &Observers) -> io::Result<Self> {
        let folder = files::create_folder(folder)?;
        files::try_write(&folder)?;
        tracing::warn!(folder = %folder.display(), "all sessions are recorded, with all that people write");
        let (end, ended) = oneshot::channel();
        let (observer, runtime) = (observers.subscribe(), Handle::current());
        thread::Builder::new()
            .name("recorder".into())
            .spawn(move || {
                record(
                    observer,
                    &runtime,
                    &mut Recording::new(folder, MAX_FILE_BYTES),
                );
                drop(end);
            })?;
        Ok(Self { ended })
    }

    /// Waits until all that was observed is written. To be called when all processes are gone.
    pub async fn finish(self) {
        if tokio::time::timeout(LAST_LINES, self.ended).await.is_err() {
            tracing::warn!("the last lines of the recordings may be missing");
        }
    }
}

fn record(mut observer: Observer, runtime: &Handle, recording: &mut Recording) {
    while let Some(observation) = runtime.block_on(observer.recv()) {
        match observation {
            Observation::Seen(line) => {
                recording.write(&line.session_id, line.at, &line.what);
            }
            Observation::Lost(count) => recording.lost(count, SystemTime::now()),
        }
    }
}

/// The files of all sessions.
struct Recording {
    folder: PathBuf,
    limit: u64,
    files: BTreeMap<String, State>,
}

/// A session's file.
enum State {
    Open {
        file: File,
        bytes: u64,
    },
    /// It is full or could not be written.
    Closed,
}

impl Recording {
    fn new(folder: PathBuf, limit: u64) -> Self {
        Self {
            folder,
            limit,
            files: BTreeMap::new(),
        }
    }

    fn write(&mut self, session: &str, at: SystemTime, what: &What) {
        self.append(session, &entry(at, what));
        if let What::Exited(_) = what
            && let Some(State::Open { .. }) = self.files.get(session)
        {
            self.files.remove(session);
        }
    }

    /// Notes in all open files that lines are missing: of which session is not known.
    fn lost(&mut self, count: u64, at: SystemTime) {
        tracing::warn!(count, "the recorder was too slow: lines are missing");
        let entry = json!({ "dir": "lost", "time": time(at), "count": count });
        let sessions: Vec<_> = self.files.keys().cloned().collect();
        for session in sessions {
            self.append(&session, &entry);
        }
    }

    fn append(&mut self, session: &str, entry: &Value) {
        let state = match self.files.remove(session) {
            Some(state) => Ok(state),
            None => self.open(session),
        };
        let state = state.and_then(|state| self.append_to(state, session, entry));
        let state = state.unwrap_or_else(|error| {
            tracing::error!(session, %error, "failed to record; this session is not recorded any more");
            State::Closed
        });
        self.files.insert(session.to_owned(), state);
    }

    fn append_to(&self, state: State, session: &str, entry: &Value) -> io::Result<State> {
        let State::Open { mut file, bytes } = state else {
            return Ok(State::Closed);
        };
        let line = format!("{entry}\n");
        let bytes = bytes + line.len() as u64;
        if bytes > self.limit {
            let limit = self.limit;
            tracing::warn!(session, limit, "the recording of this session is full");
            return Ok(State::Closed);
        }
        file.write_all(line.as_bytes())?;
        Ok(State::Open { file, bytes })
    }

    fn open(&self, session: &str) -> io::Result<State> {
        let path = self.folder.join(format!("{}.jsonl", file_name(session)));
        let file = files::open_append(&path)?;
        let bytes = file.metadata()?.len();
        Ok(State::Open { file, bytes })
    }
}

fn entry(at: SystemTime, what: &What) -> Value {
    let time = time(at);
    let text = |line: &[u8]| String::from_utf8_lossy(line).into_owned();
    match what {
        What::Sent(line) => json!({ "dir": "in", "time": time, "line": text(line) }),
        What::Received(line) => json!({ "dir": "out", "time": time, "line": text(line) }),
        What::Exited(Exit {
            code,
            signal,
            stderr,
        }) => {
            json!({ "dir": "exit", "time": time, "code": code, "signal": signal, "stderr": stderr })
        }
    }
}

fn time(at: SystemTime) -> String {
    DateTime::<Utc>::from(at).to_rfc3339_opts(SecondsFormat::Millis, true)
}

/// A session's id as a file name, whatever it is.
fn file_name(session: &str) -> String {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    let bytes = session.bytes().take(MAX_NAME_BYTES);
    bytes
        .map(|byte| {
            if is_plain(byte) {
                char::from(byte)
            } else {
                '_'
            }
        })
        .collect()
}

#[cfg(test)]
mod tests;
