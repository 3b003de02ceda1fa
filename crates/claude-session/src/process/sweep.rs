//! Finding and ending what a process left behind.
//!
//! The CLI runs each Bash command in a session of its own, so a signal to the CLI's process group misses it (measured on
//! 2.1.197: one survivor in every case). Three things find it: the [`TAG_VARIABLE`] in its environment, its ancestors,
//! and its parent, which is this process if it is a subreaper.

use std::{
    collections::{BTreeSet, HashMap},
    ffi::OsStr,
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};

use procfs::process::{Process, all_processes};
use rustix::process::{
    Pid, PidfdFlags, Signal, WaitOptions, getpid, pidfd_open, pidfd_send_signal,
    set_child_subreaper, waitpid,
};

use crate::launch::TAG_VARIABLE;

/// Pids of the CLI processes that were started here and not yet reaped. Locked while one is started, so that a sweep
/// never takes it for an orphan.
static OWN: Mutex<BTreeSet<i32>> = Mutex::new(BTreeSet::new());

/// Runs `start` and notes the pid that it returns, while no sweep runs.
pub(super) fn while_starting<T, E>(
    start: impl FnOnce() -> Result<(T, Option<u32>), E>,
) -> Result<T, E> {
    let mut own = own();
    let (value, pid) = start()?;
    own.extend(pid.and_then(|pid| i32::try_from(pid).ok()));
    Ok(value)
}

/// Forgets a pid that has been reaped.
pub(super) fn forget(pid: Option<u32>) {
    if let Some(pid) = pid.and_then(|pid| i32::try_from(pid).ok()) {
        own().remove(&pid);
    }
}

/// Children that this process had before [`become_subreaper`]: not ours to end.
static INHERITED: OnceLock<BTreeSet<i32>> = OnceLock::new();

fn own() -> MutexGuard<'static, BTreeSet<i32>> {
    OWN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes orphaned descendants children of this process, so that they can be found and reaped. To be called before any
/// child is started.
///
/// # Errors
///
/// As `prctl(2)` gives them; on a kernel without it, orphans are found by their tag alone.
pub fn become_subreaper() -> std::io::Result<()> {
    let me = getpid().as_raw_nonzero().get();
    let children = snapshot("", 0)
        .into_iter()
        .filter(|(_, seen)| seen.parent == me);
    // On a second call there may be children of ours.
    let _first = INHERITED.set(children.map(|(pid, _)| pid).collect());
    set_child_subreaper(Some(getpid()))?;
    Ok(())
}

/// Kills all processes whose tag starts with `prefix`, and their descendants; when no CLI started here lives any more,
/// orphans that hide their tag too. Reaps those that are children of this process. Repeats until none is left, at most
/// `rounds` times. Returns how many were killed.
///
/// Processes that started before `since`, in clock ticks since boot, are ignored: 0 for none.
///
/// Blocking: reads `/proc`.
#[must_use]
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

/// How long killed processes may take to be gone before the next round.
const BETWEEN_ROUNDS: Duration = Duration::from_millis(5);

/// A process, without an open descriptor: there may be thousands.
struct Seen {
    pid: i32,
    parent: i32,
    start: u64,
    /// Whether its tag matches; `None` if it has none that can be read.
    tagged: Option<bool>,
}

/// When a process was started, in clock ticks since boot; 0 if that cannot be read.
pub(super) fn started_at(pid: Option<u32>) -> u64 {
    let pid = pid.and_then(|pid| i32::try_from(pid).ok());
    let stat = pid.and_then(|pid| Process::new(pid).ok()?.stat().ok());
    stat.map_or(0, |stat| stat.starttime)
}

fn kill_all(prefix: &str, since: u64) -> usize {
    let own = own();
    let me = getpid().as_raw_nonzero().get();
    let seen = snapshot(prefix, since);
    let mut targets = BTreeSet::new();
    for (pid, process) in &seen {
        // While another CLI lives, the orphan may be one of its background tasks.
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
    loop {
        let before = targets.len();
        for (pid, process) in &seen {
            if targets.contains(&process.parent) && *pid != me && !own.contains(pid) {
                targets.insert(*pid);
            }
        }
        if targets.len() == before {
            break;
        }
    }
    targets
        .iter()
        .filter_map(|pid| seen.get(pid))
        .filter(|process| kill(process))
        .count()
}

/// All living processes. Reading an environment takes ten times as long as all the rest, so it is not read of processes
/// that started before `since`, unless they are children of this process.
fn snapshot(prefix: &str, since: u64) -> HashMap<i32, Seen> {
    let me = getpid().as_raw_nonzero().get();
    let Ok(processes) = all_processes() else {
        return HashMap::new();
    };
    let alive = processes.filter_map(|process| {
        let process = process.ok()?;
        let stat = process
            .stat()
            .ok()
            .filter(|stat| !matches!(stat.state, 'Z' | 'X'))?;
        let tagged = if stat.starttime < since && stat.ppid != me {
            Some(false)
        } else {
            process
                .environ()
                .ok()
                .and_then(|environment| environment.get(OsStr::new(TAG_VARIABLE)).cloned())
                .map(|found| {
                    found
                        .to_str()
                        .is_some_and(|found| found.starts_with(prefix))
                })
        };
        Some((
            stat.pid,
            Seen {
                pid: stat.pid,
                parent: stat.ppid,
                start: stat.starttime,
                tagged,
            },
        ))
    });
    alive.collect()
}

/// Kills through a pidfd, so that another process with a reused pid is not hit.
fn kill(seen: &Seen) -> bool {
    let Some(pid) = Pid::from_raw(seen.pid) else {
        return false;
    };
    let Ok(handle) = pidfd_open(pid, PidfdFlags::empty()) else {
        return false;
    };
    let same = Process::new(seen.pid)
        .and_then(|process| process.stat())
        .is_ok_and(|stat| stat.starttime == seen.start);
    same && pidfd_send_signal(&handle, Signal::KILL).is_ok()
}

/// Reaps orphans that have ended; nobody else waits for them.
pub fn reap() {
    let own = own();
    let me = getpid().as_raw_nonzero().get();
    let Ok(processes) = all_processes() else {
        return;
    };
    for process in processes.flatten() {
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
