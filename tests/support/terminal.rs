//! A terminal that a program of a test runs on.

use std::{
    ffi::OsString,
    fs::File,
    io::{Read as _, Write as _},
    os::fd::{AsFd as _, OwnedFd},
    path::Path,
    process::{ExitStatus, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use rustix::{
    fs::{Mode, OFlags, open},
    pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt},
    termios::{Winsize, tcsetwinsize},
};
use tokio::process::{Child, Command};

use super::{DEADLINE, search_path};

/// The program under test on a terminal, with nothing of the tests' environment. Dropping this kills it.
#[derive(Debug)]
pub(crate) struct Terminal {
    child: Child,
    keyboard: File,
    /// What was shown, without control sequences.
    shown: Arc<Mutex<String>>,
    /// How much of it has been waited for.
    read: usize,
}

impl Terminal {
    pub(crate) fn start(folder: &Path, arguments: &[&str]) -> Self {
        Self::start_with(folder, arguments, &[])
    }

    /// The same with more variables.
    pub(crate) fn start_with(
        folder: &Path,
        arguments: &[&str],
        variables: &[(&str, OsString)],
    ) -> Self {
        let keyboard = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&keyboard).unwrap();
        unlockpt(&keyboard).unwrap();
        let size = Winsize {
            ws_row: 60,
            ws_col: 200,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&keyboard, size).unwrap();
        let name = ptsname(&keyboard, Vec::new()).unwrap();
        let screen = open(name, OFlags::RDWR | OFlags::NOCTTY, Mode::empty()).unwrap();
        let stream = |screen: &OwnedFd| Stdio::from(screen.as_fd().try_clone_to_owned().unwrap());
        #[expect(clippy::disallowed_methods, reason = "the program under test")]
        let mut command = Command::new("setsid");
        let child = command
            .args(["--ctty", "--wait", env!("CARGO_BIN_EXE_switchboard")])
            .args(arguments)
            .current_dir(folder)
            .env_clear()
            .env("PATH", std::env::join_paths(search_path()).unwrap())
            .env("HOME", folder)
            .env("TERM", "xterm")
            .envs(variables.iter().cloned())
            .stdin(stream(&screen))
            .stdout(stream(&screen))
            .stderr(stream(&screen))
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        drop((command, screen));
        let keyboard = File::from(keyboard);
        let shown = Arc::new(Mutex::new(String::new()));
        let (mut output, text) = (keyboard.try_clone().unwrap(), Arc::clone(&shown));
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            let mut chunk = [0; 4096];
            // The last process that holds the other side ends it with an error.
            while let Ok(read @ 1..) = output.read(&mut chunk) {
                bytes.extend_from_slice(&chunk[..read]);
                *text.lock().unwrap() = plain(&String::from_utf8_lossy(&bytes));
            }
        });
        Self {
            child,
            keyboard,
            shown,
            read: 0,
        }
    }

    /// All that was shown.
    pub(crate) fn text(&self) -> String {
        self.shown.lock().unwrap().clone()
    }

    /// Waits until this is shown, after what was waited for before.
    pub(crate) async fn wait_for(&mut self, words: &str) {
        let deadline = tokio::time::Instant::now() + DEADLINE;
        loop {
            let text = self.text();
            if let Some(place) = text[self.read..].find(words) {
                self.read += place + words.len();
                return;
            }
            assert!(
                tokio::time::Instant::now() < deadline,
                "{words:?} is not shown after {:?}",
                &text[..self.read]
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }

    /// Types text or keys.
    pub(crate) fn send(&mut self, keys: &str) {
        self.keyboard.write_all(keys.as_bytes()).unwrap();
    }

    /// Waits for a question and answers it.
    pub(crate) async fn answer(&mut self, question: &str, keys: &str) {
        self.wait_for(question).await;
        self.send(keys);
    }

    /// Waits until the program ends.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        let ended = tokio::time::timeout(DEADLINE, self.child.wait()).await;
        ended
            .unwrap_or_else(|_| panic!("it runs on: {}", self.text()))
            .unwrap()
    }
}

/// A text without control sequences.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    let mut chars = text.chars();
    while let Some(char) = chars.next() {
        if char == '\u{1b}' {
            if chars.next() == Some('[') {
                chars.find(|char| ('@'..='~').contains(char));
            }
        } else if char != '\r' {
            plain.push(char);
        }
    }
    plain
}
