//! A program between the bot and its CLI that notes when a question and an answer's first text pass.
//!
//! The bot starts it as its CLI. It starts the CLI and hands every line on. The times are taken when a question has
//! arrived and before a text is handed on, so that the detour counts in neither of the bot's parts.

use std::{
    env, fs,
    io::{BufRead as _, BufReader, Read, Write},
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
    sync::Arc,
    thread,
    time::Duration,
};

use rustix::time::{ClockId, clock_gettime};

use crate::Result;

/// The name under which this program is a tap.
const NAME: &str = "claude-tap";
/// The variables with the CLI's path and that of the file with the notes.
pub(crate) const CLI: &str = "BENCH_TAP_CLI";
pub(crate) const NOTES: &str = "BENCH_TAP_NOTES";

/// A question that passed, and the first text after it, by [`now`].
#[derive(Clone, Copy, Debug)]
pub(crate) struct Passed {
    /// When the last tap before it was started.
    pub(crate) started: Duration,
    pub(crate) asked: Duration,
    pub(crate) text: Duration,
}

/// The machine's monotonic clock, the same in every process.
pub(crate) fn now() -> Duration {
    let time = clock_gettime(ClockId::Monotonic);
    let part = |number: i64| u64::try_from(number).unwrap_or_default();
    Duration::from_secs(part(time.tv_sec)) + Duration::from_nanos(part(time.tv_nsec))
}

/// Makes a tap in a folder and returns its path.
pub(crate) fn link(folder: &Path) -> Result<PathBuf> {
    let path = folder.join(NAME);
    if !path.exists() {
        std::os::unix::fs::symlink(env::current_exe()?, &path)?;
    }
    Ok(path)
}

/// What a tap has noted, oldest first.
pub(crate) fn passed(notes: &Path) -> Result<Vec<Passed>> {
    let mut passed = Vec::new();
    let mut started = Duration::ZERO;
    let mut asked = None;
    for line in fs::read_to_string(notes)?.lines() {
        let (what, time) = line.split_once(' ').ok_or("a note without a time")?;
        let time = Duration::from_nanos(time.parse()?);
        match (what, asked) {
            ("started", _) => started = time,
            ("asked", _) => asked = Some(time),
            (_, Some(begun)) => {
                passed.push(Passed {
                    started,
                    asked: begun,
                    text: time,
                });
                asked = None;
            }
            _ => {}
        }
    }
    Ok(passed)
}

pub(crate) fn is_tap() -> bool {
    let name = env::args_os().next().unwrap_or_default();
    Path::new(&name)
        .file_name()
        .is_some_and(|name| name == NAME)
}

pub(crate) fn main() -> ExitCode {
    let code = run()
        .ok()
        .flatten()
        .and_then(|code| u8::try_from(code).ok());
    code.map_or(ExitCode::FAILURE, ExitCode::from)
}

#[expect(clippy::disallowed_methods, reason = "a program of the measurement")]
fn run() -> Result<Option<i32>> {
    let started = now();
    let variable = |name: &str| env::var_os(name).ok_or("a tap without its variables");
    let mut notes = fs::OpenOptions::new()
        .append(true)
        .create(true)
        .open(variable(NOTES)?)?;
    note(&mut notes, "started", started)?;
    let notes = Arc::new(notes);
    let mut child = Command::new(variable(CLI)?)
        .args(env::args_os().skip(1))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let (input, output) = (child.stdin.take(), child.stdout.take());
    let (input, output) = input.zip(output).ok_or("a child without pipes")?;
    let asked = Arc::clone(&notes);
    // It ends with the program.
    thread::spawn(move || {
        hand_on(
            std::io::stdin(),
            input,
            &asked,
            ("\"type\":\"user\"", "asked"),
        )
    });
    hand_on(
        output,
        std::io::stdout(),
        &notes,
        ("\"text_delta\"", "text"),
    )?;
    Ok(child.wait()?.code())
}

/// Adds a note in one write, since several threads and taps append to the file.
fn note(notes: &mut impl Write, what: &str, time: Duration) -> Result<()> {
    Ok(notes.write_all(format!("{what} {}\n", time.as_nanos()).as_bytes())?)
}

/// Hands lines on and notes when one of a kind comes.
fn hand_on(
    from: impl Read,
    mut to: impl Write,
    mut notes: &fs::File,
    kind: (&str, &str),
) -> Result<()> {
    let mut from = BufReader::new(from);
    let mut line = Vec::new();
    while from.read_until(b'\n', &mut line)? > 0 {
        let time = now();
        if String::from_utf8_lossy(&line).contains(kind.0) {
            note(&mut notes, kind.1, time)?;
        }
        to.write_all(&line)?;
        to.flush()?;
        line.clear();
    }
    Ok(())
}
