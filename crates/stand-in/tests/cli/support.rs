//! Starts the program and talks to it. Every wait has a deadline.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use uuid::Uuid;

/// The deadline for whatever a test waits for.
const DEADLINE: Duration = Duration::from_secs(30);

/// What outlives a process: the CLI's directory and the working directory.
pub(crate) struct Home {
    pub(crate) config: TempDir,
    pub(crate) work: TempDir,
    pub(crate) version: &'static str,
}

impl Home {
    pub(crate) fn new(version: &'static str) -> Self {
        Self {
            config: tempfile::tempdir().unwrap(),
            work: tempfile::tempdir().unwrap(),
            version,
        }
    }

    /// Starts a process for a stream-json session.
    pub(crate) fn start(&self, args: &[&str]) -> StandIn {
        self.start_with(args, &[])
    }

    pub(crate) fn start_with(&self, args: &[&str], env: &[(&str, &str)]) -> StandIn {
        let base = "-p --input-format stream-json --output-format stream-json --verbose";
        let args: Vec<&str> = base.split(' ').chain(args.iter().copied()).collect();
        self.start_bare(&args, env)
    }

    #[expect(clippy::disallowed_methods, reason = "starts the program under test")]
    pub(crate) fn start_bare(&self, args: &[&str], env: &[(&str, &str)]) -> StandIn {
        let mut child = Command::new(env!("CARGO_BIN_EXE_claude-stand-in"))
            .args(args)
            .current_dir(&self.work)
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            .env("CLAUDE_CONFIG_DIR", self.config.path())
            .env("STAND_IN_VERSION", self.version)
            .env("STAND_IN_PACE_MS", "0")
            .envs(env.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stdin = child.stdin.take();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let mut stderr = child.stderr.take().unwrap();
        let (sender, lines) = channel();
        thread::spawn(move || {
            for line in stdout.split(b'\n').map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        let stderr = thread::spawn(move || {
            let mut text = String::new();
            stderr.read_to_string(&mut text).unwrap();
            text
        });
        StandIn {
            child,
            stdin,
            lines,
            stderr: Some(stderr),
        }
    }
}

/// A process under test. Dropping it kills it.
pub(crate) struct StandIn {
    pub(crate) child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<Vec<u8>>,
    stderr: Option<JoinHandle<String>>,
}

impl StandIn {
    pub(crate) fn write(&mut self, line: &str) {
        let stdin = self.stdin.as_mut().expect("stdin is open");
        stdin.write_all(line.as_bytes()).unwrap();
        stdin.write_all(b"\n").unwrap();
    }

    /// Sends a user message.
    pub(crate) fn user(&mut self, text: &str) {
        let message = json!({"role": "user", "content": text});
        self.write(&json!({"type": "user", "message": message}).to_string());
    }

    pub(crate) fn control(&mut self, id: &str, request: &Value) {
        let line = json!({"type": "control_request", "request_id": id, "request": request});
        self.write(&line.to_string());
    }

    /// The next raw line; `None` at the end of the output.
    pub(crate) fn raw_line(&mut self) -> Option<Vec<u8>> {
        match self.lines.recv_timeout(DEADLINE) {
            Ok(line) => Some(line),
            Err(std::sync::mpsc::RecvTimeoutError::Disconnected) => None,
            Err(error) => panic!("no line of output: {error}"),
        }
    }

    /// The next message.
    #[track_caller]
    pub(crate) fn line(&mut self) -> Value {
        let line = self.raw_line().expect("a line of output");
        serde_json::from_slice(&line).unwrap()
    }

    /// Messages up to and including the first match.
    #[track_caller]
    pub(crate) fn until(&mut self, matches: impl Fn(&Value) -> bool) -> Vec<Value> {
        let mut lines = Vec::new();
        loop {
            lines.push(self.line());
            if matches(&lines[lines.len() - 1]) {
                return lines;
            }
        }
    }

    /// Messages up to and including the `result`.
    #[track_caller]
    pub(crate) fn until_result(&mut self) -> Vec<Value> {
        self.until(|line| line["type"] == "result")
    }

    /// One turn, from its user message to its `result`.
    #[track_caller]
    pub(crate) fn turn(&mut self, text: &str) -> Vec<Value> {
        self.user(text);
        self.until_result()
    }

    /// The `result` of one turn.
    #[track_caller]
    pub(crate) fn result(&mut self, text: &str) -> Value {
        self.turn(text).pop().unwrap()
    }

    pub(crate) fn close_stdin(&mut self) {
        self.stdin = None;
    }

    /// Closes stdin and waits for the end. Returns the exit code (`None` after a signal) and stderr.
    pub(crate) fn finish(mut self) -> (Option<i32>, String) {
        self.close_stdin();
        while self.raw_line().is_some() {}
        let stderr = self.stderr.take().unwrap().join().unwrap();
        (self.child.wait().unwrap().code(), stderr)
    }
}

impl Drop for StandIn {
    fn drop(&mut self) {
        // An error means that it has ended already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

pub(crate) fn new_id() -> String {
    Uuid::new_v4().to_string()
}

/// The texts of the assistant's blocks.
pub(crate) fn texts(lines: &[Value]) -> Vec<String> {
    lines
        .iter()
        .filter(|line| line["type"] == "assistant")
        .filter_map(|line| line["message"]["content"][0]["text"].as_str())
        .map(str::to_owned)
        .collect()
}
