//! The end of a CLI inside bubblewrap, as the machine outside sees it.

use rustix::process::Signal;

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
