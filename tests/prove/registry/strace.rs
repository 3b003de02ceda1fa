//! `strace`, attached to a thread to make its system calls fail or to kill it at one.

use std::{
    fs,
    io::{BufRead as _, BufReader},
    path::Path,
    process::{Child, Command, Stdio},
};

/// An attached `strace`.
pub(super) struct Strace {
    child: Child,
    log: tempfile::NamedTempFile,
}

impl Strace {
    /// Attaches to a thread. `what` says what happens at which of the `calls`: `error=EIO:when=3`.
    pub(super) fn attach(thread: u32, calls: &str, what: &str) -> Self {
        let log = tempfile::NamedTempFile::new().unwrap();
        #[expect(clippy::disallowed_methods, reason = "the tool that injects faults")]
        let mut child = Command::new("strace")
            .args([
                "-e",
                &format!("trace={calls}"),
                "-e",
                &format!("inject={calls}:{what}"),
            ])
            .arg("-o")
            .arg(log.path())
            .args(["-p", &thread.to_string()])
            .stderr(Stdio::piped())
            .spawn()
            .expect("strace is installed by scripts/prepare --tests");
        let mut said = String::new();
        BufReader::new(child.stderr.take().unwrap())
            .read_line(&mut said)
            .unwrap();
        assert!(said.contains("attached"), "{said}");
        Self { child, log }
    }

    /// Detaches and returns how many faults were injected, a kill included.
    pub(super) fn detach(mut self) -> usize {
        let pid = rustix::process::Pid::from_child(&self.child);
        // It may have ended together with the traced process.
        let signal = rustix::process::Signal::TERM;
        rustix::process::kill_process(pid, signal).unwrap_or_default();
        self.child.wait().unwrap();
        injected(self.log.path())
    }
}

fn injected(log: &Path) -> usize {
    let text = fs::read(log).unwrap();
    let text = String::from_utf8_lossy(&text);
    text.lines()
        .filter(|line| line.contains("(INJECTED)") || line.contains("+++ killed by SIGKILL"))
        .count()
}
