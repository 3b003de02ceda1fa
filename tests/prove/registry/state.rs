//! What stands on disk, as a bot that starts would find it.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

use switchboard::{
    ledger::{self, Line},
    registry::{self, LoadIssue},
};

/// The turns counted in each channel. Panics where the file is not whole.
#[track_caller]
pub(super) fn counted(folder: &Path) -> BTreeMap<u64, u64> {
    let loaded = registry::load(folder).unwrap();
    let broken: Vec<_> = loaded
        .issues
        .iter()
        .filter(|issue| !matches!(issue, LoadIssue::Uncounted { .. }))
        .collect();
    assert!(broken.is_empty(), "{broken:?}");
    let records = loaded.document.records();
    records
        .map(|(channel, record)| (channel.0, record.message_count))
        .collect()
}

/// The lines of the ledger by channel, each turn once. Panics where a turn stands there twice.
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
            let Ok(line) = serde_json::from_slice::<Line>(line) else {
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

/// The names of temporary files of writers.
pub(super) fn strays(folder: &Path) -> Vec<String> {
    fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.starts_with(".active"))
        .collect()
}
