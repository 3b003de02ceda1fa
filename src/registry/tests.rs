//! The file on disk: written, broken, and read again.

use std::{fs, path::Path, thread};

use chrono::Utc;

use super::{
    load::{BACKUP, FILE},
    trouble::Used,
    *,
};
use crate::{files, ledger, snowflake::ChannelId};

fn record(session: &str) -> Record {
    Record::new(session.into(), "sonnet".into(), Utc::now())
}

fn opened(folder: &Path) -> (Registry, thread::JoinHandle<()>) {
    let lock = Lock::take(folder).unwrap();
    open(folder, load(folder).unwrap(), lock).unwrap()
}

#[test]
fn a_turn_that_only_the_ledger_has_is_counted() {
    let folder = tempfile::tempdir().unwrap();
    let (channel, before) = (ChannelId(1), record("s"));
    let mut document = Document::default();
    document.put(channel, &before).unwrap();
    let text = document.to_text().unwrap();
    files::replace(&folder.path().join(FILE), text.as_bytes()).unwrap();
    let line = serde_json::json!({
        "time": "2026-11-21T12:00:00Z", "turn": "t", "channel": "1", "author": "2", "message": "3",
        "session": "s", "model": "sonnet", "model_used": null, "input_tokens": 1, "output_tokens": 2,
        "cache_read_tokens": 3, "cache_creation_tokens": 4, "cost_usd": 0.5, "duration_ms": 10,
        "outcome": "answered",
    });
    let line = serde_json::from_value(line).unwrap();
    ledger::append(&folder.path().join(ledger::FOLDER), &line).unwrap();
    let loaded = load(folder.path()).unwrap();
    let record = loaded.document.get(channel).unwrap();
    assert_eq!((record.message_count, record.total_input_tokens), (1, 1));
    assert_eq!(loaded.trouble.len(), 1);
}

#[tokio::test]
async fn what_is_acknowledged_is_on_disk_and_private() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let (registry, writer) = opened(folder.path());
    let saves = (0..50).map(|id| registry.save(ChannelId(id), record(&id.to_string()), None));
    for saved in futures_util::future::join_all(saves).await {
        saved.unwrap();
    }
    let path = folder.path().join(FILE);
    assert_eq!(
        Document::parse(&fs::read(&path).unwrap())
            .unwrap()
            .records()
            .count(),
        50
    );
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    drop(registry);
    writer.join().unwrap();
    assert!(
        Lock::take(folder.path()).is_ok(),
        "the lock goes with the writer"
    );
}

#[tokio::test]
async fn a_failed_write_is_told_and_made_up_for() {
    let folder = tempfile::tempdir().unwrap();
    let (registry, _writer) = opened(folder.path());
    let path = folder.path().join(FILE);
    fs::create_dir(&path).unwrap();
    assert!(
        registry
            .save(ChannelId(1), record("a"), None)
            .await
            .is_err()
    );
    fs::remove_dir(&path).unwrap();
    registry
        .save(ChannelId(2), record("b"), None)
        .await
        .unwrap();
    let found = Document::parse(&fs::read(&path).unwrap()).unwrap();
    assert_eq!(found.get(ChannelId(1)).unwrap().session_id, "a");
}

#[tokio::test]
async fn a_broken_file_is_kept_and_the_last_good_state_used() {
    let folder = tempfile::tempdir().unwrap();
    let (registry, writer) = opened(folder.path());
    registry
        .save(ChannelId(1), record("a"), None)
        .await
        .unwrap();
    drop(registry);
    writer.join().unwrap();
    let path = folder.path().join(FILE);
    let whole = fs::read(&path).unwrap();
    for cut in 1..whole.len() - 2 {
        files::replace(&path, &whole[..cut]).unwrap();
        let loaded = load(folder.path()).unwrap();
        assert_eq!(
            loaded.document.get(ChannelId(1)).unwrap().session_id,
            "a",
            "cut at {cut}"
        );
        assert_eq!(loaded.trouble.len(), 1);
        assert_eq!(
            fs::read(&path).unwrap(),
            &whole[..cut],
            "never overwritten by loading"
        );
    }
    let aside = fs::read_dir(folder.path()).unwrap().flatten();
    let aside = aside.filter(|entry| entry.file_name().to_string_lossy().contains("corrupt"));
    assert!(aside.count() > 0);
}

#[test]
fn missing_and_empty_are_empty_and_unreadable_stops_writing() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(load(folder.path()).unwrap().document, Document::default());
    files::replace(&folder.path().join(FILE), b"").unwrap();
    assert_eq!(load(folder.path()).unwrap().document, Document::default());
    fs::remove_file(folder.path().join(FILE)).unwrap();
    fs::create_dir(folder.path().join(FILE)).unwrap();
    let loaded = load(folder.path()).unwrap();
    assert!(loaded.trouble.iter().any(Trouble::stops_writing));
}

#[tokio::test]
async fn what_cannot_be_read_is_left_alone_and_the_bot_goes_on() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(FILE);
    let mut document = Document::default();
    document.put(ChannelId(1), &record("a")).unwrap();
    let text = document.to_text().unwrap();
    files::replace(&folder.path().join(BACKUP), text.as_bytes()).unwrap();
    fs::create_dir(&path).unwrap();
    let lock = Lock::take(folder.path()).unwrap();
    let (registry, writer) = open(folder.path(), load(folder.path()).unwrap(), lock).unwrap();
    let line = ledger::example();
    registry
        .save(ChannelId(2), record("b"), Some(line))
        .await
        .unwrap();
    assert_eq!(registry.view().sessions(), 2);
    drop(registry);
    writer.join().unwrap();
    assert!(path.is_dir());
    let backup = fs::read_to_string(folder.path().join(BACKUP)).unwrap();
    assert_eq!(backup, text);
    let lines = ledger::newest(&folder.path().join(ledger::FOLDER)).unwrap();
    assert_eq!(lines.len(), 1, "the ledger goes on");
}

#[test]
fn without_a_good_copy_records_are_read_one_by_one() {
    let folder = tempfile::tempdir().unwrap();
    let mut document = Document::default();
    for id in 1..=3 {
        document.put(ChannelId(id), &record("a")).unwrap();
    }
    let text = document.to_text().unwrap();
    let cut = &text.as_bytes()[..text.len() - 20];
    files::replace(&folder.path().join(FILE), cut).unwrap();
    files::replace(
        &folder.path().join(BACKUP),
        b"{\"9\": {\"session_id\": \"z\"}, ",
    )
    .unwrap();
    let loaded = load(folder.path()).unwrap();
    let ids: Vec<_> = loaded.document.records().map(|(id, _)| id.0).collect();
    assert_eq!(ids, [9, 1, 2]);
    assert_eq!(aside::kept(folder.path()).unwrap().len(), 2);
    assert!(matches!(
        loaded.trouble[..],
        [
            Trouble::Broken {
                used: Used::Salvaged(1),
                ..
            },
            Trouble::Broken {
                used: Used::Salvaged(3),
                ..
            }
        ]
    ));
}

#[test]
fn a_registry_that_vanished_is_empty_but_its_copy_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    files::replace(
        &folder.path().join(BACKUP),
        b"{\"9\": {\"session_id\": \"z\"}}",
    )
    .unwrap();
    let loaded = load(folder.path()).unwrap();
    assert_eq!(loaded.document, Document::default());
    assert!(matches!(
        loaded.trouble[..],
        [Trouble::Reset { kept: Ok(_), .. }]
    ));
    assert_eq!(aside::kept(folder.path()).unwrap().len(), 1);
}

#[test]
fn a_later_version_is_refused_in_the_file_and_in_its_copy() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(FILE);
    files::replace(&path, b"{\"version\": 3}").unwrap();
    assert!(matches!(load(folder.path()), Err(LoadError::Newer { .. })));
    assert_eq!(fs::read(&path).unwrap(), b"{\"version\": 3}");
    files::replace(&folder.path().join(BACKUP), b"{\"version\": \"3.0\"}").unwrap();
    files::replace(&path, b"{").unwrap();
    assert!(matches!(load(folder.path()), Err(LoadError::Newer { .. })));
}

#[tokio::test]
async fn a_file_that_only_the_disk_lacks_is_written_at_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let (registry, writer) = opened(folder.path());
    let path = folder.path().join(FILE);
    fs::create_dir(&path).unwrap();
    let line = Some(ledger::example());
    assert!(
        registry
            .save(ChannelId(1), record("a"), line)
            .await
            .is_err()
    );
    fs::remove_dir(&path).unwrap();
    drop(registry);
    writer.join().unwrap();
    assert_eq!(read(folder.path()).unwrap().sessions(), 1);
}
