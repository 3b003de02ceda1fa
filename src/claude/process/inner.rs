//! The CLI inside bubblewrap, as the machine outside sees it.
//!
//! Bubblewrap is two processes: the bot's child, and the first process of the namespace, which starts the CLI as its
//! second and takes in its orphans (bubblewrap 0.8, without `--as-pid-1`).

use procfs::process::{Process, all_processes};
use rustix::process::{Pid, Signal};

/// The number that the CLI has in its own namespace.
const CLIS_NUMBER: i32 = 2;

/// The CLI that runs inside `bwrap`, while it lives.
pub(super) fn cli(bwrap: Pid) -> Option<Pid> {
    let bwrap = bwrap.as_raw_nonzero().get();
    let first = children(bwrap).next()?.pid;
    let cli = children(first).find(|child| number_inside(child) == Some(CLIS_NUMBER))?;
    Pid::from_raw(cli.pid)
}

/// Signals that end the CLI without its having a say. Those it catches it turns into exit codes of its own, 128 and
/// the signal's number (measured: 129, 130 and 143).
const DEADLY: [Signal; 8] = [
    Signal::ILL,
    Signal::TRAP,
    Signal::ABORT,
    Signal::BUS,
    Signal::FPE,
    Signal::KILL,
    Signal::SEGV,
    Signal::SYS,
];

/// The exit code and the signal of what ran inside, from bubblewrap's exit code: it reports a signal as a shell does.
pub(super) fn ending(code: i32) -> (Option<i32>, Option<i32>) {
    let deadly = DEADLY.map(Signal::as_raw);
    match code - 128 {
        signal if deadly.contains(&signal) => (None, Some(signal)),
        _ => (Some(code), None),
    }
}

fn children(of: i32) -> impl Iterator<Item = Process> {
    let processes = all_processes().into_iter().flatten().flatten();
    processes.filter(move |process| process.stat().is_ok_and(|stat| stat.ppid == of))
}

fn number_inside(process: &Process) -> Option<i32> {
    process.status().ok()?.nspid?.last().copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_killed_cli_is_told_from_one_that_has_ended() {
        for (code, expected) in [
            (0, (Some(0), None)),
            (1, (Some(1), None)),
            (143, (Some(143), None)),
            (137, (None, Some(9))),
            (139, (None, Some(11))),
        ] {
            assert_eq!(ending(code), expected, "{code}");
        }
    }
}
