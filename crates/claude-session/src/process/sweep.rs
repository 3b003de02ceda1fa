//! Finding and ending what a process left behind.
//!
//! The CLI runs each Bash command in a session of its own, so a signal to the CLI's process group misses it
//! (measured on 2.1.197: one survivor in every case). Three things find it: the [`MARK`] in its environment, its
//! ancestors, and, because the bot is a subreaper, the bot having become its parent.

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

use crate::launch::MARK;

/// Pids of the CLI processes that this bot has started and not yet reaped. Held while one is started, so that a
/// sweep never takes a newborn for an orphan.
static OWN: Mutex<BTreeSet<i32>> = Mutex::new(BTreeSet::new());

/// Runs `start` and notes the pid that it returns, out of reach of any sweep.
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

/// Children that this process had before it was a bot: not ours to end.
static INHERITED: OnceLock<BTreeSet<i32>> = OnceLock::new();

fn own() -> MutexGuard<'static, BTreeSet<i32>> {
    OWN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Makes orphaned descendants children of this process, so that they can be found and reaped. To be called before
/// any child is started.
///
/// # Errors
///
/// As `prctl(2)` gives them; on a kernel without it, orphans are found by their mark alone.
pub fn adopt_orphans() -> std::io::Result<()> {
    let me = getpid().as_raw_nonzero().get();
    let children = look("", 0)
        .into_iter()
        .filter(|(_, seen)| seen.parent == me);
    // A second bot in the same process would find the first one's.
    let _first = INHERITED.set(children.map(|(pid, _)| pid).collect());
    set_child_subreaper(Some(getpid()))?;
    Ok(())
}

/// Kills every process whose mark starts with `mark` and their descendants; where no CLI of this bot lives any
/// more, orphans that hide their mark too. Reaps those that are ours. Repeats until none is left, at most `rounds` times. Returns how many were killed.
///
/// What began before `since`, in ticks of the system's clock since it came up, is not looked at: 0 for all.
///
/// Blocking: reads `/proc`.
#[must_use]
pub fn sweep(mark: &str, since: u64, rounds: usize) -> usize {
    let mut killed = 0;
    for _ in 0..rounds {
        let found = kill_all(mark, since);
        reap();
        if found == 0 {
            break;
        }
        killed += found;
        std::thread::sleep(BETWEEN_ROUNDS);
    }
    killed
}

/// How long what was killed may take to be gone before it is looked for again.
const BETWEEN_ROUNDS: Duration = Duration::from_millis(5);

/// A process, without a hold on its file descriptors: there may be thousands.
struct Seen {
    pid: i32,
    parent: i32,
    start: u64,
    marked: Option<bool>,
}

/// When a process began, as [`sweep`] counts it; 0 where that cannot be told.
pub(super) fn begun(pid: Option<u32>) -> u64 {
    let pid = pid.and_then(|pid| i32::try_from(pid).ok());
    let stat = pid.and_then(|pid| Process::new(pid).ok()?.stat().ok());
    stat.map_or(0, |stat| stat.starttime)
}

fn kill_all(mark: &str, since: u64) -> usize {
    let own = own();
    let me = getpid().as_raw_nonzero().get();
    let seen = look(mark, since);
    let mut doomed = BTreeSet::new();
    for (pid, process) in &seen {
        // While another channel's CLI lives, the orphan may be its, and wanted.
        let hides = own.is_empty()
            && process.marked.is_none()
            && process.parent == me
            // Whoever adopts no orphans has no other children than its own.
            && INHERITED
                .get()
                .is_some_and(|inherited| !inherited.contains(pid));
        if *pid != me && !own.contains(pid) && (process.marked == Some(true) || hides) {
            doomed.insert(*pid);
        }
    }
    loop {
        let before = doomed.len();
        for (pid, process) in &seen {
            if doomed.contains(&process.parent) && *pid != me && !own.contains(pid) {
                doomed.insert(*pid);
            }
        }
        if doomed.len() == before {
            break;
        }
    }
    doomed
        .iter()
        .filter_map(|pid| seen.get(pid))
        .filter(|process| kill(process))
        .count()
}

/// All living processes, with whether their environment holds the mark (`Some(false)`: another mark of ours;
/// `None`: no mark that could be read). To read it takes ten times as long as all the rest, so it is not read of what
/// is too old to matter, unless that is the bot's child.
fn look(mark: &str, since: u64) -> HashMap<i32, Seen> {
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
        let marked = if stat.starttime < since && stat.ppid != me {
            Some(false)
        } else {
            process
                .environ()
                .ok()
                .and_then(|environment| environment.get(OsStr::new(MARK)).cloned())
                .map(|found| found.to_str().is_some_and(|found| found.starts_with(mark)))
        };
        Some((
            stat.pid,
            Seen {
                pid: stat.pid,
                parent: stat.ppid,
                start: stat.starttime,
                marked,
            },
        ))
    });
    alive.collect()
}

/// Kills through a pidfd, so that a pid that was reused in between is not hit.
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

/// Takes the exit status of orphans that have ended, which nobody else waits for.
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
