//! Skipping what this machine cannot run, never silently.
//!
//! Rust's test harness counts a test that returns early as passed. So each skip is recorded in a file, which
//! `scripts/test` prints as its last lines. With `SWITCHBOARD_FORBID_SKIPS` set, as in `.ci/run`, a skip fails the test.

use std::{
    env,
    fs::{self, OpenOptions},
    io::Write as _,
    os::unix::process::CommandExt as _,
    path::{Path, PathBuf},
    process::Command,
    thread,
};

use super::bot::search_path;

/// Turns skips into failures.
const FORBID: &str = "SWITCHBOARD_FORBID_SKIPS";

/// What a test needs and some machines lack.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Need {
    /// The tests run as root. Only root may look into the bot's process.
    Root,
    /// This process may create the namespaces that bubblewrap works with. A chroot and many containers forbid it.
    Namespaces,
    /// The same for another user.
    NamespacesAs(u32),
    /// This process may mount file systems in a mount namespace of its own.
    Mounts,
    /// `scripts/install-clients` could install discord.py.
    DiscordPy,
    /// The same for discord.js.
    DiscordJs,
    /// The same for discord-digital-twin.
    DigitalTwin,
    /// `scripts/install-browser` could install Chromium and what drives it.
    Browser,
    /// `scripts/install-promtool` could install Prometheus' own parser.
    Promtool,
    /// systemd's tools are installed, though it need not run.
    SystemdAnalyze,
}

/// Whether the current test has to return early, because the machine lacks something. Records the skip if so.
#[must_use]
pub(crate) fn skip_without(need: Need) -> bool {
    skip(need, "")
}

/// The same for a part of a test, which then continues with the rest.
#[must_use]
pub(crate) fn skip_part_without(need: Need, part: &str) -> bool {
    skip(need, &format!(" ({part})"))
}

fn skip(need: Need, part: &str) -> bool {
    let Some(lack) = need.lack() else {
        return false;
    };
    record(part, &lack);
    true
}

/// Records that a part of the current test cannot run, and why.
pub(crate) fn skip_part(part: &str, lack: &str) {
    record(&format!(" ({part})"), lack);
}

#[expect(clippy::disallowed_methods, reason = "a setting of the tests")]
fn record(part: &str, lack: &str) {
    let thread = thread::current();
    let test = thread.name().expect("a test's thread is named after it");
    assert!(
        env::var_os(FORBID).is_none(),
        "{test}{part} cannot run here: {lack}, and {FORBID} is set"
    );
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("target");
    fs::create_dir_all(&target).unwrap();
    let record = OpenOptions::new()
        .create(true)
        .append(true)
        .open(target.join("skipped-tests"));
    // One write, so that lines of concurrent tests do not mix.
    record
        .unwrap()
        .write_all(format!("{test}{part}: {lack}\n").as_bytes())
        .unwrap();
}

impl Need {
    /// What the machine lacks, if anything.
    fn lack(self) -> Option<String> {
        match self {
            Self::Root => (!rustix::process::geteuid().is_root()).then(|| "not root".into()),
            Self::Namespaces => lack_of_namespaces(None),
            Self::NamespacesAs(user) => lack_of_namespaces(Some(user)),
            Self::Mounts => attempt(None, "unshare --mount mount -t tmpfs none /mnt")
                .err()
                .map(|error| format!("no mounts ({error})")),
            Self::DiscordPy => lack_of_client("python", "discord.py"),
            Self::DiscordJs => lack_of_client("node", "discord.js"),
            Self::DigitalTwin => lack_of_client("twin", "discord-digital-twin"),
            Self::Browser => (!browser_packages().join("installed").exists())
                .then(|| "no browser is installed by scripts/install-browser".into()),
            Self::SystemdAnalyze => {
                let mut folders = search_path().into_iter();
                let found = folders.any(|folder| folder.join("systemd-analyze").exists());
                (!found).then(|| "systemd's tools are not installed".into())
            }
            Self::Promtool => (!promtool().exists())
                .then(|| "promtool is not installed by scripts/install-promtool".into()),
        }
    }
}

/// The folder with the packages of a client that `scripts/install-clients` has installed.
pub(crate) fn client_packages(name: &str) -> PathBuf {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("target");
    target.join("clients").join(name)
}

/// The folder with what `scripts/install-browser` has installed.
pub(crate) fn browser_packages() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/browser")
}

/// The program that `scripts/install-promtool` has installed.
pub(crate) fn promtool() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("target/promtool/promtool")
}

fn lack_of_client(folder: &str, client: &str) -> Option<String> {
    let installed = client_packages(folder).join("installed").exists();
    (!installed).then(|| format!("{client} is not installed by scripts/install-clients"))
}

/// A machine that forbids namespaces lacks them. Where bubblewrap alone fails, something is broken.
fn lack_of_namespaces(user: Option<u32>) -> Option<String> {
    let bwrap = "bwrap --unshare-pid --unshare-net --ro-bind / / --proc /proc -- true";
    let broken = attempt(user, bwrap).err()?;
    let unshare = "unshare --user --map-root-user --mount --pid --net --fork --mount-proc true";
    match attempt(user, unshare) {
        Ok(()) => panic!("bubblewrap does not work where user namespaces do: {broken}"),
        Err(error) => Some(format!("no user namespaces ({error})")),
    }
}

/// Runs a command line, split at spaces. The error is what the command printed.
fn attempt(user: Option<u32>, line: &str) -> Result<(), String> {
    let words: Vec<&str> = line.split(' ').collect();
    #[expect(clippy::disallowed_methods, reason = "the machine's own tools")]
    let mut command = Command::new(words[0]);
    if let Some(user) = user {
        command.uid(user).gid(user);
    }
    let output = command
        .args(&words[1..])
        .output()
        .unwrap_or_else(|error| panic!("{line}: {error}; run scripts/prepare --tests"));
    if output.status.success() {
        return Ok(());
    }
    let text = String::from_utf8_lossy(&output.stderr);
    Err(text.lines().next().unwrap_or(line).to_owned())
}
