//! Removes secrets from the process's environment, which `/proc/<pid>/environ` shows as long as the process lives, even
//! after a variable is unset.
//!
//! The program first re-executes itself. The environment of the new image has only variables without secrets. It reads all
//! of them from stdin, which is not used otherwise. The process ID stays the same, as service managers expect.
//!
//! The new image also gets the settings of glibc's allocator, which reads them when a program starts.

use std::{
    ffi::OsStr,
    fs::File,
    io::{self, Read as _, Seek as _, Write as _},
    os::unix::process::CommandExt as _,
    process::{Command, Stdio},
};

use rustix::fs::{MemfdFlags, ftruncate, memfd_create};

use crate::config::environment::{self, Environment};

/// Set if the environment is on stdin.
const ON_STDIN: &str = "SWITCHBOARD_ENVIRONMENT_ON_STDIN";

/// For a program of a few threads that rests most of the time: one arena for all threads, whose end goes back to the
/// system once 128 KiB of it are free. By default there is one for each of up to eight threads a core, and how much of it
/// may stay free grows with the largest block.
const ALLOCATOR: [(&str, &str); 2] = [
    ("MALLOC_ARENA_MAX", "1"),
    ("MALLOC_TRIM_THRESHOLD_", "131072"),
];

/// Variables that stay in the environment, because libraries and the system read them. They hold no secrets, except for
/// proxy URLs with a password, which do not stay.
const PUBLIC: &[&str] = &[
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
    "MALLOC_ARENA_MAX",
    "MALLOC_TRIM_THRESHOLD_",
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

/// Returns the environment that the program was started with. Re-executes the program if it may hold a secret, or the
/// allocator has no settings. Must be called before a thread is started.
pub(super) fn environment() -> Environment {
    let own = environment::capture();
    if own.get(ON_STDIN).is_some() {
        return received(own);
    }
    if own.iter().all(is_public) && allocator(&own).next().is_none() {
        return own;
    }
    let error = match pack(&own) {
        Ok(packed) => reexec(&own, packed),
        Err(error) => error,
    };
    warn("secrets in the environment stay visible in /proc", &error);
    own
}

/// Those settings of the allocator that the owner has not made.
fn allocator(own: &Environment) -> impl Iterator<Item = (&'static str, &'static str)> {
    let settings = ALLOCATOR.into_iter();
    settings.filter(|(name, _)| own.get(name).is_none())
}

fn is_public((name, value): (&str, &OsStr)) -> bool {
    let is_proxy = name.to_ascii_lowercase().ends_with("_proxy");
    let has_user = is_proxy && value.as_encoded_bytes().contains(&b'@');
    (PUBLIC.contains(&name) || name.starts_with("LC_")) && !has_user
}

/// Writes all variables to an anonymous file in memory.
fn pack(own: &Environment) -> io::Result<File> {
    let mut file = File::from(memfd_create("environment", MemfdFlags::CLOEXEC)?);
    file.write_all(&environment::pack(own))?;
    file.rewind()?;
    Ok(file)
}

/// Replaces the process image with the same program; returns only if that fails.
fn reexec(own: &Environment, packed: File) -> io::Error {
    let program = match std::env::current_exe() {
        Ok(program) => program,
        Err(error) => return error,
    };
    #[expect(
        clippy::disallowed_methods,
        reason = "replaces this process instead of starting a child"
    )]
    let mut command = Command::new(program);
    let mut arguments = std::env::args_os();
    if let Some(name) = arguments.next() {
        command.arg0(name);
    }
    command
        .args(arguments)
        .env_clear()
        .envs(own.iter().filter(|variable| is_public(*variable)))
        .envs(allocator(own))
        .env(ON_STDIN, "1")
        .stdin(Stdio::from(packed))
        .exec()
}

/// Reads the environment from stdin and erases it there.
fn received(own: Environment) -> Environment {
    let mut packed = Vec::new();
    let mut stdin = io::stdin();
    let read = stdin.read_to_end(&mut packed);
    let erased = ftruncate(&stdin, 0);
    let failures = [read.err(), erased.err().map(io::Error::from)];
    for error in failures.into_iter().flatten() {
        warn("failed to take over the environment", &error);
    }
    environment::unpack(&packed).unwrap_or(own)
}

fn warn(what: &str, error: &io::Error) {
    // There is no log yet.
    drop(writeln!(io::stderr(), "switchboard: {what}: {error}"));
}
