//! Finding and ending what a process left behind.
//!
//! The CLI runs each Bash command in a session of its own, so a signal to the CLI's process group misses it (measured on
//! 2.1.197: one survivor in every case). It is found by the [`TAG_VARIABLE`] in its environment, by its ancestors, and by
//! its parent, which is this process if it is a subreaper.

use std::{
    collections::{BTreeSet, HashMap},
    ffi::OsStr,
    io,
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};

use procfs::process::{Process, Stat, all_processes};
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitOptions, getpid, pidfd_open, pidfd_send_signal,
    set_child_subreaper, waitpid,
};
use tokio::process::{Child, ChildStderr, ChildStdin, ChildStdout, Command};

use crate::launch::TAG_VARIABLE;

/// Pids of the CLI processes that were started here and not yet reaped. Locked while one is started, so that a sweep
/// never mistakes it for an orphan.
static OWN: Mutex<BTreeSet<i32>> = Mutex::new(BTreeSet::new());

/// Spawns a child with pipes and notes its pid, while no sweep runs.
pub(super) fn spawn(
    command: &mut Command,
) -> io::Result<(Child, i32, (ChildStdin, ChildStdout, ChildStderr))> {
    let mut own = own_children();
    let mut child = command.spawn()?;
    let pid = child.id().and_then(|pid| i32::try_from(pid).ok());
    let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (Some(pid), (Some(stdin), Some(stdout), Some(stderr))) = (pid, pipes) else {
        return Err(io::Error::other("the child has no pid or no pipes"));
    };
    own.insert(pid);
    Ok((child, pid, (stdin, stdout, stderr)))
}

/// Forgets a pid that has been reaped.
pub(super) fn forget(pid: i32) {
    own_children().remove(&pid);
}

/// Children that this process had before [`become_subreaper`], which a sweep spares.
static INHERITED: OnceLock<BTreeSet<i32>> = OnceLock::new();

fn own_children() -> MutexGuard<'static, BTreeSet<i32>> {
    OWN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes orphaned descendants children of this process, so that they can be found and reaped. Call it before any child
/// is started. If it fails, orphans are found by their tag alone.
pub fn become_subreaper() -> io::Result<()> {
    let me = getpid().as_raw_nonzero().get();
    let children = live().filter(|(_, stat)| stat.ppid == me);
    // A second call may find CLI processes.
    let _first = INHERITED.set(children.map(|(_, stat)| stat.pid).collect());
    set_child_subreaper(Some(getpid()))?;
    Ok(())
}

/// Kills all processes whose tag starts with `prefix`, and their descendants. If no CLI that was started here is alive,
/// kills orphans that hide their tag too. Reaps those that are children of this process. Repeats until none is left, at
/// most `rounds` times. Returns how many were killed.
///
/// Ignores processes that started before `since`, in clock ticks since boot. Blocking: reads `/proc`.
pub fn sweep(prefix: &str, since: u64, rounds: usize) -> usize {
    let mut killed = 0;
    for _ in 0..rounds {
        let found = kill_all(prefix, since);
        reap();
        if found == 0 {
            break;
        }
        killed += found;
        std::thread::sleep(BETWEEN_ROUNDS);
    }
    killed
}

/// How long killed processes have to disappear before the next round.
const BETWEEN_ROUNDS: Duration = Duration::from_millis(5);

/// A process without an open file descriptor: there may be thousands.
struct Seen {
    pid: i32,
    parent: i32,
    start: u64,
    /// Whether its tag matches; `None` if it has no readable tag.
    tagged: Option<bool>,
}

/// When a process started, in clock ticks since boot; 0 if that cannot be read.
pub(super) fn started_at(pid: i32) -> u64 {
    let stat = Process::new(pid).and_then(|process| process.stat());
    stat.map_or(0, |stat| stat.starttime)
}

fn kill_all(prefix: &str, since: u64) -> usize {
    let own = own_children();
    let me = getpid().as_raw_nonzero().get();
    let seen = snapshot(prefix, since);
    let mut targets = BTreeSet::new();
    for (pid, process) in &seen {
        // While another CLI is alive, the orphan may be one of its background tasks.
        let hides = own.is_empty()
            && process.tagged.is_none()
            && process.parent == me
            // Without a subreaper there are no orphans among the children.
            && INHERITED
                .get()
                .is_some_and(|inherited| !inherited.contains(pid));
        if *pid != me && !own.contains(pid) && (process.tagged == Some(true) || hides) {
            targets.insert(*pid);
        }
    }
    let mut before = 0;
    while before < targets.len() {
        before = targets.len();
        for (pid, process) in &seen {
            if targets.contains(&process.parent) && *pid != me && !own.contains(pid) {
                targets.insert(*pid);
            }
        }
    }
    let targets = targets.iter().filter_map(|pid| seen.get(pid));
    targets.filter(|process| kill(process)).count()
}

/// All live processes. Reading an environment takes ten times as long as the rest, so that of a process that started
/// before `since` is read only if it is a child of this process.
fn snapshot(prefix: &str, since: u64) -> HashMap<i32, Seen> {
    let me = getpid().as_raw_nonzero().get();
    let seen = live().map(|(process, stat)| {
        let tagged = if stat.starttime < since && stat.ppid != me {
            Some(false)
        } else {
            let environment = process.environ().ok();
            let tag = environment.and_then(|mut all| all.remove(OsStr::new(TAG_VARIABLE)));
            tag.map(|tag| tag.as_encoded_bytes().starts_with(prefix.as_bytes()))
        };
        let seen = Seen {
            pid: stat.pid,
            parent: stat.ppid,
            start: stat.starttime,
            tagged,
        };
        (stat.pid, seen)
    });
    seen.collect()
}

/// All processes that have not ended, as `/proc` lists them; none if it cannot be read.
pub(super) fn live() -> impl Iterator<Item = (Process, Stat)> {
    let processes = all_processes().into_iter().flatten().flatten();
    processes.filter_map(|process| {
        let stat = process.stat().ok()?;
        (!matches!(stat.state, 'Z' | 'X')).then_some((process, stat))
    })
}

/// Kills through a pidfd, so that another process with a reused pid is not hit.
fn kill(seen: &Seen) -> bool {
    let pid = Pid::from_raw(seen.pid);
    let Some(Ok(handle)) = pid.map(|pid| pidfd_open(pid, PidfdFlags::empty())) else {
        return false;
    };
    started_at(seen.pid) == seen.start && pidfd_send_signal(&handle, Signal::KILL).is_ok()
}

/// Reaps orphans that have ended, because nobody else waits for them.
pub fn reap() {
    let own = own_children();
    let me = getpid().as_raw_nonzero().get();
    for process in all_processes().into_iter().flatten().flatten() {
        let Ok(stat) = process.stat() else { continue };
        if stat.ppid == me
            && stat.state == 'Z'
            && !own.contains(&stat.pid)
            && let Some(pid) = Pid::from_raw(stat.pid)
            && let Err(error) = waitpid(Some(pid), WaitOptions::NOHANG)
        {
            tracing::debug!(%error, pid = stat.pid, "could not reap an orphan");
        }
    }
}
