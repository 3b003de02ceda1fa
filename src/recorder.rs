//! `switchboard run --record DIR`: an observer that writes each session's raw lines to a file of its own.
//!
//! The files have the format of the captures in `crates/claude-session/tests/captures`, plus the time of each line: JSON
//! objects with `dir` (`in`, `out`, `exit`, or `lost` if the recorder was too slow) and `line`. They hold everything that
//! people and Claude write, unredacted.

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
    observer::{Observation, Observers, ProcessEvent},
    process::Exit,
};
use serde_json::{Value, json};
use tokio::{runtime::Handle, sync::oneshot};

use crate::files;

/// The largest size of one session's file. Recording that session ends there.
const MAX_FILE_BYTES: u64 = 64 * 1024 * 1024;

/// The longest file name, without its extension, in bytes.
const MAX_NAME_BYTES: usize = 100;

/// How long writing the last lines may take.
const LAST_LINES: Duration = Duration::from_secs(2);

pub(crate) struct Recorder {
    ended: oneshot::Receiver<()>,
}

impl Recorder {
    /// Creates the folder and starts recording on a thread of its own. Call it in a tokio runtime.
    pub(crate) fn start(folder: &Path, observers: &Observers) -> io::Result<Self> {
        let folder = files::create_folder(folder)?;
        files::try_write(&folder)?;
        tracing::warn!(folder = %folder.display(), "all sessions are recorded, including everything that people write");
        let (end, ended) = oneshot::channel();
        let (mut observer, runtime) = (observers.subscribe(), Handle::current());
        thread::Builder::new()
            .name("recorder".into())
            .spawn(move || {
                let mut recording = Recording::new(folder, MAX_FILE_BYTES);
                while let Some(observation) = runtime.block_on(observer.recv()) {
                    recording.observe(&observation);
                }
                drop(end);
            })?;
        Ok(Self { ended })
    }

    /// Waits until everything that was observed is written. Call it when all processes are gone.
    pub(crate) async fn finish(self) {
        if tokio::time::timeout(LAST_LINES, self.ended).await.is_err() {
            tracing::warn!("the last lines of the recordings may be missing");
        }
    }
}

struct Recording {
    folder: PathBuf,
    /// The largest size of a file.
    limit: u64,
    /// Each session's file and its size; `None` if the file is full or could not be written.
    files: BTreeMap<String, Option<(File, u64)>>,
}

impl Recording {
    fn new(folder: PathBuf, limit: u64) -> Self {
        Self {
            folder,
            limit,
            files: BTreeMap::new(),
        }
    }

    fn observe(&mut self, observation: &Observation) {
        match observation {
            Observation::Seen(line) => {
                self.write(&line.session_id, line.at, &line.what);
            }
            Observation::Lost(count) => self.mark_lost_lines(*count, SystemTime::now()),
        }
    }

    fn write(&mut self, session: &str, at: SystemTime, what: &ProcessEvent) {
        self.append(session, &entry(at, what));
        if let ProcessEvent::Exited(_) = what
            && let Some(Some(_)) = self.files.get(session)
        {
            self.files.remove(session);
        }
    }

    /// Writes into all open files that lines are missing, because it is not known of which session.
    fn mark_lost_lines(&mut self, count: u64, at: SystemTime) {
        tracing::warn!(count, "the recorder was too slow: lines are missing");
        let entry = json!({ "dir": "lost", "time": time(at), "count": count });
        let sessions: Vec<_> = self.files.keys().cloned().collect();
        for session in sessions {
            self.append(&session, &entry);
        }
    }

    fn append(&mut self, session: &str, entry: &Value) {
        let file = self.append_to(session, entry).unwrap_or_else(|error| {
            tracing::error!(session, %error, "failed to record; this session is not recorded any more");
            None
        });
        self.files.insert(session.to_owned(), file);
    }

    fn append_to(&mut self, session: &str, entry: &Value) -> io::Result<Option<(File, u64)>> {
        let (mut file, bytes) = match self.files.remove(session) {
            Some(Some(open)) => open,
            Some(None) => return Ok(None),
            None => self.open(session)?,
        };
        let line = format!("{entry}\n");
        let bytes = bytes + line.len() as u64;
        if bytes > self.limit {
            let limit = self.limit;
            tracing::warn!(session, limit, "the recording of this session is full");
            return Ok(None);
        }
        file.write_all(line.as_bytes())?;
        Ok(Some((file, bytes)))
    }

    fn open(&self, session: &str) -> io::Result<(File, u64)> {
        let path = self.folder.join(format!("{}.jsonl", file_name(session)));
        let file = files::open_append(&path)?;
        let bytes = file.metadata()?.len();
        Ok((file, bytes))
    }
}

fn entry(at: SystemTime, what: &ProcessEvent) -> Value {
    let time = time(at);
    let text = |line: &[u8]| String::from_utf8_lossy(line).into_owned();
    match what {
        ProcessEvent::Sent(line) => json!({ "dir": "in", "time": time, "line": text(line) }),
        ProcessEvent::Received(line) => json!({ "dir": "out", "time": time, "line": text(line) }),
        ProcessEvent::Exited(Exit {
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

/// Makes a file name of a session's id.
fn file_name(session: &str) -> String {
    let bytes = session.bytes().take(MAX_NAME_BYTES);
    let plain = bytes.map(|byte| match byte {
        b'-' | b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' => char::from(byte),
        _ => '_',
    });
    plain.collect()
}

#[cfg(test)]
mod tests;
