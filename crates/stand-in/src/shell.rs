//! A command of the Bash tool: a real child process in its own session.
//!
//! Like the CLI's, it survives the death of its parent and signals to its parent's process group
//! (measured on 2.1.197: it has its own group and session). Its output is kept up to a limit; the rest
//! is discarded.

use std::io::{self, Read};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use crate::settings::Environment;

/// The maximum number of bytes kept of each stream (the CLI's limit is 30,000 characters).
const MAX_OUTPUT: usize = 30_000;

/// How long a grandchild may keep the pipes open after the command has ended.
const LINGER: Duration = Duration::from_millis(200);

/// A running command.
pub(crate) struct Shell {
    child: Child,
    stdout: Drain,
    stderr: Drain,
    ended: Option<(ExitStatus, Instant)>,
}

/// The output and the end of a command.
#[derive(Debug)]
pub(crate) struct Finished {
    /// The exit code; `None` if a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Shell {
    /// Starts `command` in `cwd` with exactly this environment.
    pub(crate) fn start(command: &str, cwd: &Path, env: &Environment) -> io::Result<Self> {
        #[expect(
            clippy::disallowed_methods,
            reason = "the tool of a separate program, which starts children as the real CLI does"
        )]
        let mut child = Command::new("setsid")
            .args(["sh", "-c", command])
            .current_dir(cwd)
            .env_clear()
            .envs(env)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()?;
        let stdout = Drain::start(child.stdout.take());
        let stderr = Drain::start(child.stderr.take());
        Ok(Self {
            child,
            stdout,
            stderr,
            ended: None,
        })
    }

    /// The result, once the command has ended.
    pub(crate) fn poll(&mut self) -> io::Result<Option<Finished>> {
        if self.ended.is_none() {
            self.ended = self
                .child
                .try_wait()?
                .map(|status| (status, Instant::now()));
        }
        let Some((status, at)) = self.ended else {
            return Ok(None);
        };
        let drained = self.stdout.is_done() && self.stderr.is_done();
        Ok((drained || at.elapsed() >= LINGER).then(|| Finished {
            code: status.code(),
            stdout: self.stdout.text(),
            stderr: self.stderr.text(),
        }))
    }

    /// Kills the command and its process group.
    pub(crate) fn kill(mut self) -> io::Result<()> {
        let group = kill_process_group(Pid::from_child(&self.child), Signal::KILL);
        if group.is_err() {
            // It has not created its own group yet.
            self.child.kill()?;
        }
        self.child.wait()?;
        Ok(())
    }
}

/// Reads a stream to its end, and keeps the start of it.
struct Drain {
    kept: Arc<Mutex<Vec<u8>>>,
    reader: Option<JoinHandle<()>>,
}

impl Drain {
    fn start(stream: Option<impl Read + Send + 'static>) -> Self {
        let kept = Arc::new(Mutex::new(Vec::new()));
        let reader = stream.map(|mut stream| {
            let kept = Arc::clone(&kept);
            thread::spawn(move || {
                let mut buffer = [0; 8192];
                while let Ok(count @ 1..) = stream.read(&mut buffer) {
                    let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
                    let room = MAX_OUTPUT.saturating_sub(kept.len());
                    kept.extend_from_slice(&buffer[..count.min(room)]);
                }
            })
        });
        Self { kept, reader }
    }

    fn is_done(&self) -> bool {
        self.reader.as_ref().is_none_or(JoinHandle::is_finished)
    }

    fn text(&self) -> String {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&kept).trim_end().to_owned()
    }
}

#[cfg(test)]
mod tests;
