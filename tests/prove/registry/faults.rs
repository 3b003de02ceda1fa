//! Every system call that can fail fails, while turns are booked and while a folder is opened.

use std::{
    fs,
    path::Path,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    thread,
    time::{Duration, Instant},
};

use super::{
    state::{booked, counted, strays},
    strace::Strace,
    writer::Writer,
};
use crate::{
    prove::{figure, scaled},
    support::DEADLINE,
};

const ERRORS: [&str; 7] = [
    "ENOSPC", "EIO", "EMFILE", "EROFS", "EDQUOT", "EACCES", "EINTR",
];

/// The system calls of a booking, and whether a failure must be reported. Creating a folder that exists, closing a file
/// that is synced and removing a temporary file may fail: the next start removes what is left.
const BOOKING: [(&str, bool); 8] = [
    ("openat", true),
    ("write", true),
    ("fsync", true),
    ("/^rename", true),
    ("close", false),
    ("mkdir", false),
    ("ftruncate", false),
    ("/^unlink", false),
];

/// The system calls of opening a folder.
const OPENING: [&str; 9] = [
    "openat",
    "flock",
    "read",
    "write",
    "fsync",
    "ftruncate",
    "getdents64",
    "/^unlink",
    "mkdir",
];

/// Reads the file continuously. Panics if it is not whole.
fn watch(path: &Path, over: &AtomicBool, reads: &AtomicUsize) {
    while !over.load(Relaxed) {
        let text = fs::read(path).unwrap();
        serde_json::from_slice::<serde_json::Value>(&text).expect("whole");
        reads.fetch_add(1, Relaxed);
        thread::sleep(Duration::from_millis(1));
    }
}

#[derive(Default)]
struct Tally {
    injections: usize,
    refused: usize,
}

/// Injects a fault; `when` says which of the calls fail.
fn inject(
    writer: &mut Writer,
    folder: &Path,
    what: (&str, &str, &str),
    must_report: bool,
) -> Tally {
    let (call, error, when) = what;
    let before = counted(folder);
    writer.logged();
    let refused = writer.refused;
    let strace = Strace::attach(
        writer.thread("registry"),
        call,
        &format!("error={error}:when={when}"),
    );
    writer.save(8);
    let injections = strace.detach();
    let refused = writer.refused - refused;
    let now = counted(folder);
    for (channel, turns) in &now {
        assert!(
            (before[channel]..=before[channel] + 2).contains(turns),
            "{what:?}"
        );
        let acknowledged = writer.acknowledged.get(channel);
        assert!(acknowledged.is_none_or(|floor| turns >= floor), "{what:?}");
    }
    if injections > 0 && must_report && error != "EINTR" {
        assert!(
            refused > 0 || writer.reports_error(),
            "{what:?}: not reported"
        );
    }
    if injections == 0 {
        assert_eq!(refused, 0, "{what:?}");
    }
    // The next updates succeed and include the failed ones.
    let logged = writer.logged();
    assert_eq!(
        writer.save(4),
        4,
        "{what:?}: {logged:?} {:?}",
        writer.logged()
    );
    let read = switchboard::registry::read(folder).unwrap();
    let after = counted(folder);
    for (channel, record) in read.records() {
        assert_eq!(record.message_count, before[&channel.0] + 3, "{what:?}");
    }
    assert_eq!(booked(folder), after, "{what:?}");
    let backup = folder.join("active.json.bak");
    let live = fs::read(folder.join("active.json")).unwrap();
    let end = Instant::now() + DEADLINE;
    while fs::read(&backup).unwrap() != live {
        assert!(Instant::now() < end, "{what:?}: no backup");
        thread::sleep(Duration::from_millis(20));
    }
    Tally {
        injections,
        refused,
    }
}

#[test]
fn any_failure_leaves_a_whole_file_and_the_next_update_works() {
    let most = scaled(2, 12);
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mut first = Writer::start(folder, 0);
    first.save(4);
    first.stop();
    let (mut faults, mut injections, mut refused, mut month) = (0, 0, 0, 0);
    let (over, reads) = (AtomicBool::new(false), AtomicUsize::new(0));
    thread::scope(|scope| {
        let path = folder.join("active.json");
        let (over, reads) = (&over, &reads);
        let reader = scope.spawn(move || watch(&path, over, reads));
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            for (call, must_report) in BOOKING {
                for error in ERRORS {
                    month += 1;
                    let mut writer = Writer::start(folder, month);
                    // With `+`, all later calls fail too. EINTR would then be retried forever.
                    let ways = [String::new(), "+".to_owned()];
                    for way in &ways[..if error == "EINTR" { 1 } else { 2 }] {
                        for nth in 1..=most {
                            let when = format!("{nth}{way}");
                            // If all writes fail, so do those of the log.
                            let must_report = must_report && (call != "write" || way.is_empty());
                            let tally =
                                inject(&mut writer, folder, (call, error, &when), must_report);
                            faults += usize::from(tally.injections > 0);
                            injections += tally.injections;
                            refused += tally.refused;
                            if tally.injections == 0 {
                                break;
                            }
                        }
                    }
                    writer.stop();
                    let writer = Writer::start(folder, month);
                    assert_eq!(strays(folder), [""; 0]);
                    writer.stop();
                }
            }
        }));
        over.store(true, Relaxed);
        reader.join().unwrap();
        if let Err(panic) = result {
            std::panic::resume_unwind(panic);
        }
    });
    assert!(faults >= scaled(60, 700), "{faults}");
    figure(
        "Whatever fails while a turn is booked, the file is the old or the new one, the error is reported, and the next update works",
        &format!(
            "{faults} injected faults ({injections} calls failed), {} concurrent reads",
            reads.into_inner()
        ),
        &format!("0 torn, 0 lost, 0 unreported; {refused} bookings refused and written later"),
    );
}

#[test]
fn any_failure_while_a_folder_is_opened_loses_no_session() {
    let most = scaled(2, 12);
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let mut first = Writer::start(folder, 0);
    first.save(4);
    first.stop();
    let (mut faults, mut refused, mut read_only) = (0, 0, 0);
    for call in OPENING {
        for error in ERRORS {
            for nth in 1..=most {
                let whole = fs::read(folder.join("active.json")).unwrap();
                let leftover = folder.join(".active_abcdef.json");
                #[expect(clippy::disallowed_methods, reason = "as a killed writer leaves it")]
                fs::write(&leftover, "{").unwrap();
                let mut writer = Writer::launch(folder, 0);
                let what = format!("error={error}:when={nth}");
                let strace = Strace::attach(writer.thread("starter"), call, &what);
                writer.send("start");
                let said = writer.next("start");
                let injected = strace.detach() > 0;
                assert_eq!(
                    fs::read(folder.join("active.json")).unwrap(),
                    whole,
                    "{call} {what}"
                );
                faults += usize::from(injected);
                match said.as_str() {
                    "failed" => {
                        assert!(writer.stop(), "{call} {what}: not reported");
                        refused += 1;
                    }
                    "started 4 true" => {
                        assert_eq!(writer.save(1), 1, "{call} {what}");
                        writer.stop();
                    }
                    _ => {
                        // Nothing may be written, but saves are acknowledged.
                        assert!(said.ends_with("false"), "{call} {what}: {said}");
                        assert_eq!(writer.save(1), 1, "{call} {what}");
                        read_only += 1;
                        assert!(writer.stop(), "{call} {what}: not reported");
                        assert_eq!(
                            fs::read(folder.join("active.json")).unwrap(),
                            whole,
                            "{call} {what}"
                        );
                    }
                }
                assert_eq!(counted(folder), booked(folder), "{call} {what}");
                if !injected {
                    break;
                }
            }
        }
    }
    let writer = Writer::start(folder, 0);
    assert_eq!(strays(folder), [""; 0]);
    writer.stop();
    assert!(faults >= scaled(60, 200), "{faults}");
    figure(
        "Whatever fails while the registry is opened, no session is lost",
        &format!("{faults} injected faults"),
        &format!(
            "0 files changed or lost; {refused} starts refused, {read_only} continued without writing"
        ),
    );
}
