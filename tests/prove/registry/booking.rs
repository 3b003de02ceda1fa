//! The writer is killed at every system call of a booking.

use std::os::unix::process::ExitStatusExt as _;

use super::{
    state::{booked, counted, strays},
    strace::Strace,
    writer::{CHANNELS, Writer},
};
use crate::prove::{figure, scaled};

/// The system calls of the writer's thread.
const CALLS: [&str; 12] = [
    "mkdir", "openat", "statx", "readlink", "pread64", "write", "fsync", "rename", "close",
    "fcntl", "futex", "fchmod",
];

#[test]
fn a_killed_writer_books_a_turn_in_both_or_neither() {
    let rounds = scaled(1, 25);
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mut first = Writer::start(folder, 0);
    first.save(4);
    first.stop();
    let (mut kills, mut steps, mut ledger_only) = (0, 0, 0);
    for round in 0..rounds {
        for call in CALLS {
            for nth in 1.. {
                let mut writer = Writer::start(folder, kills / 50);
                assert_eq!(strays(folder), [""; 0]);
                let before = counted(folder);
                let thread = writer.thread("registry");
                let strace = Strace::attach(thread, call, &format!("signal=KILL:when={nth}"));
                let saved = writer.save(1);
                strace.detach();
                let (status, promised) = writer.end();
                if status.success() {
                    // The whole booking has fewer calls of this kind.
                    assert_eq!(saved, 1);
                    break;
                }
                // It may have been killed between two bookings.
                assert_eq!(status.signal(), Some(9), "{status}: {call} {nth}");
                kills += 1;
                steps += usize::from(round == 0);
                let on_disk = switchboard::registry::read(folder).unwrap();
                let now = counted(folder);
                assert_eq!(now, booked(folder), "killed at {call} {nth}");
                let grown = now[&1] - before[&1];
                let promised = u64::from(!promised.is_empty());
                assert!((promised..=1).contains(&grown), "killed at {call} {nth}");
                let seen = on_disk.get(switchboard::snowflake::ChannelId(1)).unwrap();
                ledger_only += usize::from(seen.message_count < now[&1]);
            }
        }
    }
    let mut last = Writer::start(folder, kills / 50);
    assert_eq!(last.save(usize::try_from(CHANNELS).unwrap()), 4);
    last.stop();
    assert_eq!(booked(folder), counted(folder));
    assert!(kills > 20 && ledger_only > 0);
    figure(
        "A turn is booked once in the ledger and the registry, or in neither",
        &format!("{kills} kill -9, at each of the {steps} system calls of a booking"),
        &format!(
            "0 disagree after the restart; {ledger_only} turns that only the ledger had were counted"
        ),
    );
}
