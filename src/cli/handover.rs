//! Taking the secrets out of the process's environment, where `/proc` shows them for as long as the process lives.
//!
//! Unsetting a variable leaves it in `/proc/<pid>/environ`. So the program starts itself over, once and first of all:
//! the variables that hold no secrets stay where they are, and all are handed over on stdin, which the program has no
//! other use for. The process id stays the same, which a service manager minds.

use std::{
    ffi::OsStr,
    fs::File,
    io::{self, Read as _, Seek as _, Write as _},
    os::unix::process::CommandExt as _,
    process::{Command, Stdio},
};

use rustix::fs::{MemfdFlags, ftruncate, memfd_create};

use crate::config::environment::{self, Environment};

/// Says that the environment is on stdin.
const HANDED_OVER: &str = "SWITCHBOARD_ENVIRONMENT_ON_STDIN";

/// Variables that stay, because libraries and the system read them, and nothing in them is secret: an address of a
/// proxy that holds a password does not stay.
const KEPT: &[&str] = &[
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "SHELL",
    "LANG",
    "LANGUAGE",
    "TZ",
    "TMPDIR",
    "TERM",
    "COLUMNS",
    "NO_COLOR",
    "LD_LIBRARY_PATH",
    "LD_PRELOAD",
    "RUST_BACKTRACE",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "HTTP_PROXY",
    "HTTPS_PROXY",
    "NO_PROXY",
    "http_proxy",
    "https_proxy",
    "no_proxy",
    "CREDENTIALS_DIRECTORY",
    "NOTIFY_SOCKET",
    "WATCHDOG_USEC",
    "WATCHDOG_PID",
    "JOURNAL_STREAM",
    "INVOCATION_ID",
];

/// The environment that the program was started with. Does not return the first time, if there is anything in it
/// that should not be seen. To be called before any thread is started.
pub(super) fn environment() -> Environment {
    let own = environment::capture();
    if own.get(HANDED_OVER).is_some() {
        return received(own);
    }
    if own.iter().all(is_kept) {
        return own;
    }
    let failed = match bundle(&own) {
        Ok(bundle) => start_over(&own, bundle),
        Err(error) => error,
    };
    complain(
        "the secrets of the environment stay visible in /proc",
        &failed,
    );
    own
}

fn is_kept((name, value): (&str, &OsStr)) -> bool {
    let is_proxy = name.to_ascii_lowercase().ends_with("_proxy");
    let names_user = is_proxy && value.as_encoded_bytes().contains(&b'@');
    (KEPT.contains(&name) || name.starts_with("LC_")) && !names_user
}

/// All variables, in a file that is nowhere but in memory.
fn bundle(own: &Environment) -> io::Result<File> {
    let mut file = File::from(memfd_create("environment", MemfdFlags::CLOEXEC)?);
    file.write_all(&environment::pack(own))?;
    file.rewind()?;
    Ok(file)
}

/// Replaces the program by itself; returns only if that fails.
fn start_over(own: &Environment, bundle: File) -> io::Error {
    let program = match std::env::current_exe() {
        Ok(program) => program,
        Err(error) => return error,
    };
    #[expect(
        clippy::disallowed_methods,
        reason = "starts no child: it replaces this process, which has none yet"
    )]
    let mut command = Command::new(program);
    let mut arguments = std::env::args_os();
    if let Some(name) = arguments.next() {
        command.arg0(name);
    }
    command
        .args(arguments)
        .env_clear()
        .envs(own.iter().filter(|variable| is_kept(*variable)))
        .env(HANDED_OVER, "1")
        .stdin(Stdio::from(bundle))
        .exec()
}

/// What was handed over, and wiped from where it was.
fn received(own: Environment) -> Environment {
    let mut packed = Vec::new();
    let mut stdin = io::stdin();
    let read = stdin.read_to_end(&mut packed);
    // Whoever gets hold of the descriptor finds nothing in it.
    let wiped = ftruncate(&stdin, 0);
    let failures = [read.err(), wiped.err().map(io::Error::from)];
    for error in failures.into_iter().flatten() {
        complain("the environment was not handed over in order", &error);
    }
    environment::unpack(&packed).unwrap_or(own)
}

fn complain(what: &str, error: &io::Error) {
    // The log is not set up yet; with stderr gone there is nobody to tell.
    drop(writeln!(io::stderr(), "switchboard: {what}: {error}"));
}
