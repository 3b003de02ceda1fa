//! The state on disk as a starting bot would find it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use switchboard::{
    ledger::{self, TurnLine},
    registry::{self, LoadIssue},
};

/// The turns counted in each channel. Panics if the file is damaged.
#[track_caller]
pub(super) fn counted(folder: &Path) -> BTreeMap<u64, u64> {
    let loaded = registry::load(folder).unwrap();
    let damage: Vec<_> = loaded
        .issues
        .iter()
        .filter(|issue| !matches!(issue, LoadIssue::Uncounted { .. }))
        .collect();
    assert!(damage.is_empty(), "{damage:?}");
    let records = loaded.document.records();
    records
        .map(|(channel, record)| (channel.0, record.message_count))
        .collect()
}

/// The number of ledger lines of each channel. Panics if a turn is booked twice.
#[track_caller]
pub(super) fn booked(folder: &Path) -> BTreeMap<u64, u64> {
    let mut turns = BTreeSet::new();
    let mut booked = BTreeMap::new();
    let Ok(months) = fs::read_dir(folder.join(ledger::FOLDER)) else {
        return booked;
    };
    for month in months {
        let bytes = fs::read(month.unwrap().path()).unwrap();
        for line in bytes.split(|byte| *byte == b'\n') {
            let Ok(line) = serde_json::from_slice::<TurnLine>(line) else {
                continue;
            };
            *booked.entry(line.channel.0).or_insert(0) += 1;
            assert!(
                turns.insert(line.turn.clone()),
                "{} is booked twice",
                line.turn
            );
        }
    }
    booked
}

/// The names of temporary files that writers left behind.
pub(super) fn strays(folder: &Path) -> Vec<String> {
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with(".active"))
        .collect()
}
