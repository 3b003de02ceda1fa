//! A line of the ledger is read and written back the same, and added up correctly.

#![no_main]

use chrono::DateTime;
use libfuzzer_sys::fuzz_target;
use switchboard::{
    config::TimeZone,
    ledger::{Entry, Period, UsageTotals},
};

fuzz_target!(|file: &[u8]| {
    let mut report = UsageTotals::new(Period::All, DateTime::UNIX_EPOCH, TimeZone::default());
    let mut unreadable = 0;
    for line in file.split(|byte| *byte == b'\n') {
        let Some(entry) = Entry::parse(line) else {
            unreadable += 1;
            report.add(None);
            continue;
        };
        let text = serde_json::to_string(&entry).expect("what was read can be written");
        assert!(!text.contains('\n'));
        let again = Entry::parse(text.as_bytes());
        assert_eq!(again.as_ref(), Some(&entry), "what was written can be read");
        let name = entry.file_name();
        assert!(name.ends_with(".jsonl") && !name.contains('/'), "{name}");
        if let Entry::Turn(line) = &entry {
            report.add(Some(line));
        }
    }
    assert_eq!(report.unreadable, unreadable);
    let total = report.total;
    let turns: u64 = report.channels().iter().map(|(_, sum)| sum.turns).sum();
    assert_eq!(turns, total.turns);
});
