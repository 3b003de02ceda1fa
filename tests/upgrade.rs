//! Files as every earlier version wrote them: nothing in them is lost, and those of a later version are refused.
//!
//! Each folder of `tests/upgrade` holds the files of one generation, with all fields and settings that it had. They stay as
//! they are; a version that writes something new adds a folder.

use std::{
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};
use switchboard::{
    config::{self, Environment, Machine},
    files,
    ledger::{self, Entry},
    registry::{self, LoadError, LoadIssue, Lock},
    snowflake::MessageId,
};

/// The folders, oldest first.
fn generations() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/upgrade");
    let entries = fs::read_dir(folder).unwrap();
    let mut found: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    found.sort();
    assert!(found.len() >= 9, "{found:?}");
    found
}

fn json_of(path: &Path) -> Value {
    serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
}

/// The places of what is in `old` and not in `new`. What is empty, zero or false need not be written.
fn lost(old: &Value, new: &Value, place: &str) -> Vec<String> {
    let is_default = match old {
        Value::Null | Value::Bool(false) => true,
        Value::Array(list) => list.is_empty(),
        Value::Number(number) => number.as_f64() == Some(0.0),
        _ => false,
    };
    let is_there = match (old, new) {
        (Value::Object(old), Value::Object(new)) => {
            let parts = old.iter().flat_map(|(name, part)| {
                let new = new.get(name).unwrap_or(&Value::Null);
                lost(part, new, &format!("{place}.{name}"))
            });
            return parts.collect();
        }
        (Value::Array(old), Value::Array(new)) if old.len() == new.len() => {
            let parts = old.iter().zip(new);
            return parts.flat_map(|(old, new)| lost(old, new, place)).collect();
        }
        (Value::Number(old), Value::Number(new)) => {
            // Sums had noise in their last digits.
            (old.as_f64().unwrap() - new.as_f64().unwrap()).abs() < 1e-9
        }
        // A checkpoint was the `uuid` alone.
        (Value::String(_), Value::Object(new)) => new.get("at") == Some(old),
        _ => old == new,
    };
    if is_there || is_default && new.is_null() {
        return Vec::new();
    }
    vec![format!("{place}: {old} has become {new}")]
}

/// A record of version 1, which had the fields of `state` beside the others, in the present form.
fn nested(old: &Value, new: &Value) -> Value {
    let mut old = old.clone();
    if old.get("state").is_none()
        && let (Some(fields), Some(state)) = (old.as_object_mut(), new["state"].as_object())
    {
        let flat = fields.clone();
        let (inner, outer) = flat.into_iter().partition(|(name, value)| {
            state.contains_key(name) || new.get(name).is_none() && !value.is_null()
        });
        *fields = outer;
        fields.insert("state".into(), Value::Object(inner));
    }
    old
}

/// The file after a record was changed and saved.
async fn saved(folder: &Path) -> Value {
    let loaded = registry::load(folder).unwrap();
    let mut issues = loaded.issues.iter();
    let is_harmless = issues.all(|issue| matches!(issue, LoadIssue::UnknownKeys { .. }));
    assert!(is_harmless, "{:?}", loaded.issues);
    let (channel, record) = loaded.document.records().next().unwrap();
    let lock = Lock::take(folder).unwrap();
    let (registry, writer) = registry::open(folder, loaded, lock).unwrap();
    registry.save(channel, &record, None).await.unwrap();
    drop(registry);
    writer.join().unwrap();
    json_of(&folder.join("active.json"))
}

#[tokio::test]
async fn records_of_every_earlier_version_lose_nothing() {
    for generation in generations() {
        let name = generation.display().to_string();
        let folder = tempfile::tempdir().unwrap();
        let old = fs::read(generation.join("active.json")).unwrap();
        files::replace(&folder.path().join("active.json"), &old).unwrap();
        let new = saved(folder.path()).await;
        let old: Value = serde_json::from_slice(&old).unwrap();
        assert_eq!(new["version"], 2);
        for (key, old) in old.as_object().unwrap() {
            if key != "version" {
                let old = nested(old, &new[key]);
                assert_eq!(lost(&old, &new[key], key), [""; 0], "{name}");
            }
        }
    }
}

#[test]
fn ledgers_of_every_earlier_version_lose_nothing() {
    for generation in generations() {
        let text = fs::read_to_string(generation.join("usage.jsonl")).unwrap();
        for line in text.lines() {
            let entry = Entry::parse(line.as_bytes());
            let entry = entry.unwrap_or_else(|| panic!("{}: {line}", generation.display()));
            let (old, new) = (serde_json::from_str(line), serde_json::to_value(entry));
            let lost = lost(&old.unwrap(), &new.unwrap(), "line");
            assert_eq!(lost, [""; 0], "{}", generation.display());
        }
    }
}

/// Notices of the bot stood among the answers, and nothing told them apart.
#[test]
fn posts_of_earlier_versions_are_not_taken_for_claudes_words() {
    for generation in generations().into_iter().take(8) {
        let text = fs::read_to_string(generation.join("usage.jsonl")).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let lines = format!(
            "{text}{}\n",
            json!({ "time": "2026-11-29T11:00:02Z", "turn": "t", "reply_ids": ["8"], "notice_ids": [] })
        );
        files::replace(&folder.path().join("2026-11.jsonl"), lines.as_bytes()).unwrap();
        let answers = ledger::answers(folder.path(), MessageId(0)).unwrap();
        assert_eq!(
            answers.into_iter().collect::<Vec<_>>(),
            [MessageId(8)],
            "{}",
            generation.display()
        );
    }
}

#[test]
fn notices_are_told_from_claudes_words() {
    let newest = generations().pop().unwrap();
    let text = fs::read(newest.join("usage.jsonl")).unwrap();
    let folder = tempfile::tempdir().unwrap();
    files::replace(&folder.path().join("2026-11.jsonl"), &text).unwrap();
    let answers = ledger::answers(folder.path(), MessageId(0)).unwrap();
    assert_eq!(
        answers.into_iter().collect::<Vec<_>>(),
        [MessageId(1_100_000_000_000_000_105)]
    );
}

#[test]
fn configurations_of_every_earlier_version_are_accepted() {
    let environment = Environment::default();
    for generation in generations() {
        let path = generation.join("config.json");
        let machine = Machine {
            memory_bytes: 4_000_000_000,
        };
        let read = config::load(Some(&path), &environment, &machine);
        let read = read.unwrap_or_else(|error| panic!("{error}"));
        let (mut old, mut new) = (json_of(&path), serde_json::to_value(&read).unwrap());
        // It is for editors.
        old.as_object_mut().unwrap().remove("$schema");
        let folder = generation.display().to_string();
        relative(&mut new, &folder);
        assert_eq!(lost(&old, &new, "config"), [""; 0], "{folder}");
    }
}

/// Takes the folder away from paths in it.
fn relative(value: &mut Value, folder: &str) {
    match value {
        Value::String(text) => {
            if let Some(path) = text.strip_prefix(&format!("{folder}/")) {
                *text = path.to_owned();
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|part| relative(part, folder)),
        Value::Object(parts) => parts.values_mut().for_each(|part| relative(part, folder)),
        _ => {}
    }
}

#[test]
fn the_same_records_of_a_later_version_are_refused() {
    for generation in generations() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("active.json");
        let mut newer = json_of(&generation.join("active.json"));
        newer["version"] = json!(3);
        let text = newer.to_string();
        files::replace(&path, text.as_bytes()).unwrap();
        let refused = registry::load(folder.path());
        assert!(
            matches!(refused, Err(LoadError::Newer { .. })),
            "{}",
            generation.display()
        );
        assert_eq!(fs::read_to_string(&path).unwrap(), text);
    }
}
