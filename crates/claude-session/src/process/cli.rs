//! Which process a signal to the CLI has to reach.
//!
//! A sandbox such as `bwrap` stands between the bot and the CLI: it is the bot's child, keeps signals to itself, and
//! forks once more where it makes a PID namespace. The CLI is the first below it that is another program.

use std::collections::HashMap;

use procfs::process::all_processes;

/// The pid that INT and TERM are for. `is_wrapped` says that the child's own program is a wrapper that stays.
/// While the CLI is not there yet, the wrapper itself. Reads `/proc` where it is wrapped.
pub(super) fn signalled(child: i32, is_wrapped: bool) -> i32 {
    if is_wrapped {
        innermost(child, &look())
    } else {
        child
    }
}

/// A process as it matters here.
struct Seen {
    parent: i32,
    name: String,
    start: u64,
}

fn look() -> HashMap<i32, Seen> {
    let Ok(processes) = all_processes() else {
        return HashMap::new();
    };
    let seen = processes.flatten().filter_map(|process| {
        let stat = process.stat().ok()?;
        let seen = Seen {
            parent: stat.ppid,
            name: stat.comm,
            start: stat.starttime,
        };
        (!matches!(stat.state, 'Z' | 'X')).then_some((stat.pid, seen))
    });
    seen.collect()
}

fn innermost(child: i32, seen: &HashMap<i32, Seen>) -> i32 {
    let Some(wrapper) = seen.get(&child) else {
        return child;
    };
    let mut pid = child;
    // A wrapper that is the first of its PID namespace gets that one's orphans: its own child is the oldest.
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
mod tests {
    use super::*;

    #[test]
    fn the_cli_is_the_first_that_is_no_wrapper() {
        #[track_caller]
        fn check(processes: &[(i32, i32, &str)], expected: i32) {
            let seen = processes.iter().map(|(pid, parent, name)| {
                let seen = Seen {
                    parent: *parent,
                    name: (*name).to_owned(),
                    start: u64::try_from(*pid).unwrap(),
                };
                (*pid, seen)
            });
            assert_eq!(innermost(10, &seen.collect()), expected);
        }
        check(&[(10, 1, "bwrap"), (11, 10, "bwrap"), (12, 11, "node")], 12);
        // Its tools are below it, orphans beside it.
        check(
            &[
                (10, 1, "bwrap"),
                (11, 10, "bwrap"),
                (12, 11, "node"),
                (13, 12, "bash"),
                (14, 11, "sleep"),
            ],
            12,
        );
        check(&[(10, 1, "bwrap"), (11, 10, "node"), (12, 11, "bash")], 11);
        // Not there yet, or no more.
        check(&[(10, 1, "bwrap"), (11, 10, "bwrap")], 10);
        check(&[(9, 1, "bwrap")], 10);
    }

    #[test]
    fn a_child_that_is_not_wrapped_is_the_cli() {
        assert_eq!(signalled(1, false), 1);
    }
}
