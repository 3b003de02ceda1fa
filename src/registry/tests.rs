//! The file on disk: written, broken, and read again.

use std::{fs, path::Path, thread};

use chrono::Utc;

use super::{
    load::{FILE, LoadError},
    *,
};
use crate::{files, ledger, snowflake::ChannelId};

fn record(session: &str) -> Record {
    Record::new(session.into(), "sonnet".into(), Utc::now())
}

fn opened(folder: &Path) -> (Registry, thread::JoinHandle<()>) {
    let lock = Lock::take(folder).unwrap();
    open(folder, load(folder).unwrap().document, lock).unwrap()
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
fn missing_and_empty_are_empty_and_unreadable_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(load(folder.path()).unwrap().document, Document::default());
    files::replace(&folder.path().join(FILE), b"").unwrap();
    assert_eq!(load(folder.path()).unwrap().document, Document::default());
    fs::remove_file(folder.path().join(FILE)).unwrap();
    fs::create_dir(folder.path().join(FILE)).unwrap();
    assert!(matches!(load(folder.path()), Err(LoadError::Read { .. })));
}
