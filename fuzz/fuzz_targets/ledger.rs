//! A line of the ledger is read and written back the same, and added up correctly.

#![no_main]

use chrono::DateTime;
use libfuzzer_sys::fuzz_target;
use switchboard::ledger::{Line, Period, Report};

fuzz_target!(|file: &[u8]| {
    let mut report = Report::new(Period::All, DateTime::UNIX_EPOCH);
    let mut unreadable = 0;
    for line in file.split(|byte| *byte == b'\n') {
        let line: Option<Line> = serde_json::from_slice(line).ok();
        if let Some(line) = &line {
            let text = serde_json::to_string(line).expect("what was read can be written");
            assert!(!text.contains('\n'));
            let again: Line = serde_json::from_str(&text).expect("what was written can be read");
            assert_eq!(again, *line);
            let name = line.file_name();
            assert!(name.ends_with(".jsonl") && !name.contains('/'), "{name}");
        }
        unreadable += u64::from(line.is_none());
        report.add(line.as_ref());
    }
    assert_eq!(report.unreadable(), unreadable);
    let total = report.total();
    let turns: u64 = report.channels().iter().map(|(_, sum)| sum.turns).sum();
    assert_eq!(turns, total.turns);
});
