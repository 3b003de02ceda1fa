//! Files damaged in every way, and files of other versions and programs.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};
use switchboard::{
    files,
    registry::{self, Document, LoadError, LoadIssue, Lock, Record, document::ParseError},
    snowflake::ChannelId,
};

use crate::prove::{figure, scaled};

/// A registry of four channels and its text.
fn good() -> (Document, Vec<u8>) {
    let mut document = Document::default();
    for id in 1..=4 {
        let time = chrono::DateTime::from_timestamp(1_800_000_000, 0).unwrap();
        let channel = 1_100_000_000_000_000_000 + id;
        let mut record = Record::new(
            format!("5f0c3c9e-5b6e-4b43-8a57-{id:012}"),
            "sonnet".into(),
            time,
        );
        record.message_count = id;
        record.other.insert("topic".into(), "Grüße 🎉".into());
        document.put(ChannelId(channel), &record).unwrap();
    }
    let text = document.to_text().unwrap().into_bytes();
    (document, text)
}

fn quarantined(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    entries
        .filter(|path| path.to_string_lossy().contains("json.corrupt-"))
        .collect()
}

struct Tried {
    folder: tempfile::TempDir,
    cases: usize,
    read_whole: usize,
    restored: usize,
    salvaged: usize,
    refused: usize,
}

impl Tried {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            cases: 0,
            read_whole: 0,
            restored: 0,
            salvaged: 0,
            refused: 0,
        }
    }

    /// Checks that a damaged text is left alone and quarantined, and that the backup is used or, without one, at least
    /// `found` of the records. A text that is still valid is read as it is, and one that seems to be of a later version
    /// is refused.
    #[track_caller]
    fn check(&mut self, damaged: &[u8], found: usize, what: &str) {
        self.cases += 1;
        let folder = self.folder.path();
        let (document, text) = good();
        let (path, backup) = (folder.join("active.json"), folder.join("active.json.bak"));
        put(&path, damaged);
        put(&backup, &text);
        let parsed = Document::parse(damaged);
        if let Err(ParseError::Version(_)) = parsed {
            let refused = registry::load(folder);
            assert!(matches!(refused, Err(LoadError::Newer { .. })), "{what}");
            assert!(fs::read(&path).unwrap() == damaged, "{what}: changed");
            self.refused += 1;
            return;
        }
        if let Ok(parsed) = parsed {
            let loaded = registry::load(folder).unwrap();
            assert_eq!(loaded.document, parsed, "{what}");
            if parsed.sessions() < 4 {
                assert!(!loaded.issues.is_empty(), "{what}: not reported");
            }
            self.read_whole += 1;
            return;
        }
        let loaded = registry::load(folder).unwrap();
        assert_eq!(loaded.document, document, "{what}: the backup");
        let Some(LoadIssue::Corrupt { copy: Ok(copy), .. }) = loaded.issues.first() else {
            panic!("{what}: {:?}", loaded.issues)
        };
        assert!(
            fs::read(copy).unwrap() == damaged,
            "{what}: the quarantined copy"
        );
        assert!(fs::read(&path).unwrap() == damaged, "{what}: changed");
        self.restored += 1;
        fs::remove_file(&backup).unwrap();
        let alone = registry::load(folder).unwrap();
        let intact = alone.document.records();
        let intact = intact
            .filter(|(id, record)| document.get(*id).as_ref() == Some(record))
            .count();
        assert!(intact >= found, "{what}: {intact} of {found} records");
        assert_eq!(alone.issues.len(), 1, "{what}");
        self.salvaged += intact;
    }
}

#[expect(clippy::disallowed_methods, reason = "a file that is only read")]
fn put(path: &Path, bytes: &[u8]) {
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_damaged_file_is_quarantined_and_its_good_parts_used() {
    let step = scaled(37, 1);
    let mut tried = Tried::new();
    let (_, text) = good();
    // A record is complete once its closing brace is there.
    let ends: Vec<_> = text
        .windows(5)
        .enumerate()
        .filter(|(_, five)| five == b"\n  }," || five == b"\n  }\n")
        .map(|(place, _)| place + 4)
        .collect();
    assert_eq!(ends.len(), 4);
    for cut in (1..text.len() - 1).step_by(step) {
        let found = ends.iter().filter(|end| **end <= cut).count();
        tried.check(&text[..cut], found, &format!("cut at {cut}"));
    }
    for place in (0..text.len()).step_by(step) {
        for bit in (0..8).step_by(scaled(5, 1)) {
            let mut damaged = text.clone();
            damaged[place] ^= 1 << bit;
            tried.check(&damaged, 3, &format!("bit {bit} of byte {place}"));
        }
    }
    for length in [1, 511, 4_096, text.len()] {
        tried.check(&vec![0; length], 0, "NULs");
    }
    let mut tail = text.clone();
    tail.extend([0; 512]);
    tried.check(&tail, 4, "NULs at the end");
    let inside = ends[1] - 200;
    let mut holes = text.clone();
    holes[inside..inside + 64].fill(0);
    tried.check(&holes, 3, "a hole");
    tried.check(
        &[b"\xef\xbb\xbf", &text[..]].concat(),
        4,
        "a byte order mark",
    );
    tried.check(
        &[b"\xff\xfe", &text[..]].concat(),
        4,
        "another byte order mark",
    );
    let mut invalid = text.clone();
    let topic = text.windows(5).position(|five| five == b"topic").unwrap();
    invalid[topic] = 0xff;
    tried.check(&invalid, 3, "invalid UTF-8");
    for text in ["[]", "null", "true", "7", "\"x\"", "{}x", "{} {}", "[[1]]"] {
        tried.check(text.as_bytes(), 0, text);
    }
    let nested = format!("{}{}", "[".repeat(10_000), "]".repeat(10_000));
    tried.check(nested.as_bytes(), 0, "nested lists");
    tried.check("{\"a\":".repeat(10_000).as_bytes(), 0, "nested objects");
    let deep = [
        &text[..text.len() - 3],
        format!(", \"9\": {nested}}}").as_bytes(),
    ]
    .concat();
    tried.check(&deep, 4, "a nested entry");
    let twice = [&text[..text.len() - 3], b",", &text[1..]].concat();
    tried.check(&twice, 4, "every key twice");
    tried.check(&[&text[..], &text[..]].concat(), 4, "twice the file");
    let mut huge = text.clone();
    huge.resize(100 << 20, b' ');
    tried.check(&huge, 4, "100 MB");
    assert!(tried.restored > 0 && tried.salvaged > 0 && tried.read_whole > 0);
    assert!(quarantined(tried.folder.path()).len() <= 5);
    figure(
        "A damaged file is never overwritten; the backup is used",
        &format!(
            "{} files, truncated and flipped at every byte and damaged otherwise",
            tried.cases
        ),
        &format!(
            "{} quarantined and restored, {} still valid and read, {} refused as of a later version, 0 lost; without a \
             backup {} records salvaged",
            tried.restored, tried.read_whole, tried.refused, tried.salvaged
        ),
    );
}

#[tokio::test]
async fn unknown_fields_survive() {
    let cycles = scaled(30, 1_000);
    let other = json!({
        "least": i64::MIN, "most": u64::MAX, "largest": f64::MAX, "smallest": 5e-324, "third": 1.0 / 3.0,
        "noisy": 0.1 + 0.2, "zero": -0.0, "text": "\u{0}\u{1f}\"\\/\u{2028}🎉", "none": null, "deep": [[{"a": [{}]}]],
    });
    let mut record =
        json!({ "session_id": "s", "z": other, "message_count": 0, "a": other, "model": "opus" });
    record["z"]["inner"] = json!({ "z": other, "a": 1 });
    let mut nested = record.clone();
    nested["state"] = json!({ "z": other, "last_turn_id": "t" });
    for (version, record, written) in [
        (json!("1.9"), record, json!(2)),
        (json!("2.7"), nested, json!("2.7")),
    ] {
        let file = json!({ "notes": other, "1": record, "version": version, "0": [other] });
        let last = rewritten(&file, cycles).await;
        assert_eq!(last["version"], written);
        assert_eq!((&last["notes"], &last["0"]), (&file["notes"], &file["0"]));
        for key in ["z", "a"] {
            assert_eq!(last["1"][key], file["1"][key], "{version}");
        }
        assert_eq!(last["1"]["state"].get("z"), file["1"]["state"].get("z"));
        let keys: Vec<_> = last.as_object().unwrap().keys().collect();
        assert_eq!(keys, ["version", "notes", "1", "0"]);
    }
    figure(
        "Fields that this version does not know are kept",
        &format!(
            "files of two versions loaded and saved {cycles} times, unknown fields at four levels"
        ),
        "0 bytes changed after the first",
    );
}

/// A file after its record has been loaded and saved this many times, which must change nothing but the count.
async fn rewritten(file: &Value, cycles: usize) -> Value {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let path = folder.join("active.json");
    files::replace(&path, format!("{file:#}\n").as_bytes()).unwrap();
    let mut first: Option<String> = None;
    for cycle in 1..=cycles {
        let loaded = registry::load(folder).unwrap();
        let mut record = loaded.document.get(ChannelId(1)).unwrap();
        record.message_count += 1;
        let lock = Lock::take(folder).unwrap();
        let (registry, writer) = registry::open(folder, loaded, lock).unwrap();
        registry.save(ChannelId(1), &record, None).await.unwrap();
        drop(registry);
        writer.join().unwrap();
        let text = fs::read_to_string(&path).unwrap().replace(
            &format!("\"message_count\": {cycle}"),
            "\"message_count\": n",
        );
        assert_eq!(
            *first.get_or_insert_with(|| text.clone()),
            text,
            "cycle {cycle}"
        );
    }
    serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap()
}

#[test]
fn a_file_of_a_later_version_is_refused() {
    let mut refused = BTreeSet::new();
    for version in ["3", "\"3.0\"", "99", "4.5"] {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("active.json");
        let text = format!("{{\"1\": {{\"session_id\": \"s\"}}, \"version\": {version}}}");
        put(&path, text.as_bytes());
        let Err(LoadError::Newer { .. }) = registry::load(folder.path()) else {
            panic!("{version} was accepted")
        };
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        refused.insert(version);
    }
    figure(
        "A file of a later version is refused",
        &format!("{} versions", refused.len()),
        "all refused, 0 bytes changed",
    );
}
