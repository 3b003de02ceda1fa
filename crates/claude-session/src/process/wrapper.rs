//! A sandbox such as `bwrap` stands between the host and the CLI: it is the host's child, does not pass signals on, forks
//! once more if it creates a PID namespace, and reports the CLI's end as a shell does.

use std::collections::HashMap;

use rustix::process::Signal;

use super::sweep;

/// Signals that the CLI does not catch. For those that it catches, it exits by itself with 128 plus the signal's number
/// (measured: 129, 130 and 143).
const UNCAUGHT: [Signal; 8] = [
    Signal::ILL,
    Signal::TRAP,
    Signal::ABORT,
    Signal::BUS,
    Signal::FPE,
    Signal::KILL,
    Signal::SEGV,
    Signal::SYS,
];

/// The exit code and the signal of the CLI, from the wrapper's exit code.
pub(super) fn inner_exit(code: i32) -> (Option<i32>, Option<i32>) {
    let uncaught = UNCAUGHT.map(Signal::as_raw);
    match code - 128 {
        signal if uncaught.contains(&signal) => (None, Some(signal)),
        _ => (Some(code), None),
    }
}

/// The pid that SIGINT and SIGTERM go to. If the child is a wrapper, this is the CLI inside or, until that has started,
/// the wrapper itself. Reads `/proc` if it is wrapped.
pub(super) fn signal_target(child: i32, is_wrapped: bool) -> i32 {
    if !is_wrapped {
        return child;
    }
    let seen = sweep::live().map(|(_, stat)| {
        let seen = Seen {
            parent: stat.ppid,
            name: stat.comm,
            start: stat.starttime,
        };
        (stat.pid, seen)
    });
    innermost(child, &seen.collect())
}

struct Seen {
    parent: i32,
    name: String,
    start: u64,
}

/// The first descendant that runs another program than the wrapper.
fn innermost(child: i32, seen: &HashMap<i32, Seen>) -> i32 {
    let Some(wrapper) = seen.get(&child) else {
        return child;
    };
    let mut pid = child;
    // A wrapper that is the first in its PID namespace adopts orphans: its own child is the oldest.
    while let Some((&inner, found)) = seen
        .iter()
        .filter(|(_, other)| other.parent == pid)
        .min_by_key(|(pid, other)| (other.start, **pid))
    {
        pid = inner;
        if found.name != wrapper.name {
            return pid;
        }
    }
    child
}

#[cfg(test)]
mod tests;
