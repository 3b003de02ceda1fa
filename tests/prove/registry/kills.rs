//! `kill -9` of a writer under load, with concurrent readers.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
    sync::atomic::{AtomicBool, AtomicUsize, Ordering::Relaxed},
    thread,
    time::Duration,
};

use super::{
    state::{booked, counted, strays},
    writer::Writer,
};
use crate::prove::{figure, scaled};

#[derive(Default)]
struct Seen {
    reads: AtomicUsize,
    torn: AtomicUsize,
    jq: AtomicUsize,
    jq_failed: AtomicUsize,
    over: AtomicBool,
}

impl Seen {
    fn read_continuously(&self, path: &Path) {
        while !self.over.load(Relaxed) {
            let text = fs::read(path).unwrap();
            let whole = serde_json::from_slice::<serde_json::Value>(&text);
            self.reads.fetch_add(1, Relaxed);
            self.torn.fetch_add(usize::from(whole.is_err()), Relaxed);
            thread::sleep(Duration::from_millis(1));
        }
    }

    fn run_jq_continuously(&self, path: &Path) {
        while !self.over.load(Relaxed) {
            #[expect(clippy::disallowed_methods, reason = "a reader that people use")]
            let status = Command::new("jq")
                .args(["-e", "."])
                .arg(path)
                .stdout(Stdio::null())
                .status()
                .expect("jq is installed by scripts/prepare --tests");
            self.jq.fetch_add(1, Relaxed);
            self.jq_failed
                .fetch_add(usize::from(!status.success()), Relaxed);
        }
    }
}

/// A pseudorandom number.
fn scattered(round: usize) -> u64 {
    (round as u64).wrapping_mul(6_364_136_223_846_793_005) >> 33
}

#[test]
fn a_killed_writer_leaves_no_torn_file_and_loses_nothing_acknowledged() {
    let kills = scaled(40, 10_000);
    let jq_runs = scaled(20, 5_000);
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let path = folder.join("active.json");
    let mut first = Writer::start(folder, 0);
    first.save(4);
    first.stop();
    let seen = Seen::default();
    let (mut killed, mut acknowledged, mut left) = (0, 0, 0);
    thread::scope(|scope| {
        let readers = [
            scope.spawn(|| seen.read_continuously(&path)),
            scope.spawn(|| seen.run_jq_continuously(&path)),
        ];
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            let mut before = counted(folder);
            while killed < kills || seen.jq.load(Relaxed) < jq_runs {
                left += strays(folder).len();
                let mut writer = Writer::start(folder, killed / 50);
                assert_eq!(strays(folder), [""; 0], "after the restart");
                writer.send("load");
                if killed % 2 == 0 {
                    writer.receive_one();
                }
                thread::sleep(Duration::from_micros(500 + scattered(killed) % 6_000));
                let promised = writer.kill();
                let now = counted(folder);
                for (channel, turns) in &now {
                    let floor = promised.get(channel).or(before.get(channel)).unwrap();
                    assert!(turns >= floor, "channel {channel}: {turns} of {floor}");
                    assert!(
                        *turns <= floor + 1,
                        "channel {channel}: {turns}, not {floor} or one more"
                    );
                    acknowledged += promised
                        .get(channel)
                        .map_or(0, |turns| turns - before[channel]);
                }
                before = now;
                killed += 1;
            }
        }));
        seen.over.store(true, Relaxed);
        for reader in readers {
            reader.join().unwrap();
        }
        if let Err(panic) = result {
            std::panic::resume_unwind(panic);
        }
    });
    assert_eq!(
        booked(folder),
        counted(folder),
        "the ledger and the registry agree"
    );
    let (reads, jq) = (seen.reads.into_inner(), seen.jq.into_inner());
    assert_eq!(
        (seen.torn.into_inner(), seen.jq_failed.into_inner()),
        (0, 0)
    );
    assert!(acknowledged > 0 && reads > 0);
    figure(
        "A killed writer leaves no torn file and loses nothing that was acknowledged",
        &format!("{killed} kill -9 under load, {reads} concurrent reads and {jq} runs of jq"),
        &format!(
            "0 torn, 0 of {acknowledged} acknowledged bookings lost; of {left} temporary files 0 after a restart"
        ),
    );
}
