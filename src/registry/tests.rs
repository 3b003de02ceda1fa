//! The file on disk: written, damaged, and read again.

use std::{
    fs,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use proptest::prelude::*;

use super::{
    document::{BACKUP, FILE},
    issue::Fallback,
    *,
};
use crate::{
    files,
    ledger::{self, Period, UsageTotals, cost::Meter},
    money::Usd,
    snowflake::ChannelId,
};

fn record(session: &str) -> Record {
    Record::new(session.into(), "sonnet".into(), Utc::now())
}

fn opened(folder: &Path) -> (Registry, thread::JoinHandle<()>) {
    let lock = Lock::take(folder).unwrap();
    open(folder, load(folder).unwrap(), lock).unwrap()
}

#[test]
fn a_turn_that_is_only_in_the_ledger_is_counted() {
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
    let line: ledger::TurnLine = serde_json::from_value(line).unwrap();
    ledger::append(&folder.path().join(ledger::FOLDER), &[line.into()]).unwrap();
    let loaded = load(folder.path()).unwrap();
    let record = loaded.document.get(channel).unwrap();
    assert_eq!((record.message_count, record.total_input_tokens), (1, 1));
    assert_eq!(loaded.issues.len(), 1);
}

#[tokio::test]
async fn acknowledged_updates_are_on_disk_and_private() {
    use std::os::unix::fs::PermissionsExt as _;
    let folder = tempfile::tempdir().unwrap();
    let (registry, writer) = opened(folder.path());
    let shared = &registry;
    let saves = (0..50).map(|id| async move {
        let record = record(&id.to_string());
        shared.save(ChannelId(id), &record, None).await
    });
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
        "the lock is released with the writer"
    );
}

/// Polls until the condition holds.
fn wait_until(holds: impl Fn() -> bool) {
    let end = Instant::now() + Duration::from_mins(1);
    while !holds() {
        assert!(Instant::now() < end);
        thread::yield_now();
    }
}

#[tokio::test]
async fn what_nobody_waits_for_is_written_with_the_next_save_or_later() {
    let folder = tempfile::tempdir().unwrap();
    let (registry, _writer) = opened(folder.path());
    let session = || {
        read(folder.path())
            .unwrap()
            .get(ChannelId(1))
            .map(|it| it.session_id)
    };
    let later = |session, entries, delay| {
        registry.save_later(ChannelId(1), &record(session), entries, delay);
        let view = registry.view().get(ChannelId(1)).unwrap();
        assert_eq!(view.session_id, session, "it is seen at once");
    };
    later("a", Vec::new(), Delay::Long);
    registry
        .save(ChannelId(2), &record("x"), None)
        .await
        .unwrap();
    assert_eq!(session().as_deref(), Some("a"));
    for (delay, next) in [(Delay::Short, "b"), (Delay::Long, "c")] {
        later(next, Vec::new(), delay);
        wait_until(|| session().as_deref() == Some(next));
    }
    // The ledger does not wait for the record, which cannot be written now.
    let path = folder.path().join(FILE);
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    later("d", vec![ledger::example().into()], Delay::Long);
    let usage = folder.path().join(ledger::FOLDER);
    wait_until(|| ledger::newest(&usage).unwrap().len() == 1);
}

#[tokio::test]
async fn a_failed_write_is_reported_and_repeated() {
    let folder = tempfile::tempdir().unwrap();
    let (registry, _writer) = opened(folder.path());
    let path = folder.path().join(FILE);
    fs::create_dir(&path).unwrap();
    assert!(
        registry
            .save(ChannelId(1), &record("a"), None)
            .await
            .is_err()
    );
    fs::remove_dir(&path).unwrap();
    registry
        .save(ChannelId(2), &record("b"), None)
        .await
        .unwrap();
    let found = Document::parse(&fs::read(&path).unwrap()).unwrap();
    assert_eq!(found.get(ChannelId(1)).unwrap().session_id, "a");
}

#[tokio::test]
async fn a_corrupt_file_is_quarantined_and_the_backup_used() {
    let folder = tempfile::tempdir().unwrap();
    let (registry, writer) = opened(folder.path());
    registry
        .save(ChannelId(1), &record("a"), None)
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
        assert_eq!(loaded.issues.len(), 1);
        assert_eq!(
            fs::read(&path).unwrap(),
            &whole[..cut],
            "never overwritten by loading"
        );
    }
    assert!(!quarantine::quarantined(folder.path()).unwrap().is_empty());
}

#[tokio::test]
async fn nobody_waits_for_the_backup() {
    let folder = tempfile::tempdir().unwrap();
    let (registry, writer) = opened(folder.path());
    let (path, backup) = (folder.path().join(FILE), folder.path().join(BACKUP));
    // A folder in its place makes writing it fail.
    fs::create_dir(&backup).unwrap();
    registry
        .save(ChannelId(1), &record("a"), None)
        .await
        .unwrap();
    fs::remove_dir(&backup).unwrap();
    registry
        .save(ChannelId(2), &record("b"), None)
        .await
        .unwrap();
    drop(registry);
    writer.join().unwrap();
    assert_eq!(fs::read(&backup).unwrap(), fs::read(&path).unwrap());
}

#[tokio::test]
async fn a_view_stays_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let (registry, _writer) = opened(folder.path());
    registry
        .save(ChannelId(1), &record("a"), None)
        .await
        .unwrap();
    let view = registry.view();
    registry
        .save(ChannelId(1), &record("b"), None)
        .await
        .unwrap();
    assert_eq!(view.get(ChannelId(1)).unwrap().session_id, "a");
    assert_eq!(registry.view().get(ChannelId(1)).unwrap().session_id, "b");
}

#[test]
fn missing_or_empty_is_an_empty_registry_and_unreadable_stops_writing() {
    let folder = tempfile::tempdir().unwrap();
    assert_eq!(load(folder.path()).unwrap().document, Document::default());
    files::replace(&folder.path().join(FILE), b"").unwrap();
    assert_eq!(load(folder.path()).unwrap().document, Document::default());
    fs::remove_file(folder.path().join(FILE)).unwrap();
    fs::create_dir(folder.path().join(FILE)).unwrap();
    let loaded = load(folder.path()).unwrap();
    assert!(loaded.issues.iter().any(LoadIssue::stops_writing));
}

#[tokio::test]
async fn an_unreadable_file_is_left_alone_and_the_ledger_continues() {
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
        .save(ChannelId(2), &record("b"), Some(line.into()))
        .await
        .unwrap();
    assert_eq!(registry.view().sessions(), 2);
    drop(registry);
    writer.join().unwrap();
    assert!(path.is_dir());
    let backup = fs::read_to_string(folder.path().join(BACKUP)).unwrap();
    assert_eq!(backup, text);
    let lines = ledger::newest(&folder.path().join(ledger::FOLDER)).unwrap();
    assert_eq!(lines.len(), 1, "the ledger is still written");
}

#[test]
fn records_are_salvaged_without_a_good_backup() {
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
    assert_eq!(quarantine::quarantined(folder.path()).unwrap().len(), 2);
    assert!(matches!(
        loaded.issues[..],
        [
            LoadIssue::Corrupt {
                fallback: Fallback::Salvaged(1),
                ..
            },
            LoadIssue::Corrupt {
                fallback: Fallback::Salvaged(3),
                ..
            }
        ]
    ));
}

#[test]
fn the_backup_of_a_missing_file_is_quarantined() {
    let folder = tempfile::tempdir().unwrap();
    files::replace(
        &folder.path().join(BACKUP),
        b"{\"9\": {\"session_id\": \"z\"}}",
    )
    .unwrap();
    let loaded = load(folder.path()).unwrap();
    assert_eq!(loaded.document, Document::default());
    assert!(matches!(
        loaded.issues[..],
        [LoadIssue::Missing { copy: Ok(_), .. }]
    ));
    assert_eq!(quarantine::quarantined(folder.path()).unwrap().len(), 1);
}

#[test]
fn a_later_version_is_refused_in_the_file_and_the_backup() {
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
async fn unwritten_updates_are_written_at_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let (registry, writer) = opened(folder.path());
    let path = folder.path().join(FILE);
    fs::create_dir(&path).unwrap();
    let line = Some(ledger::example());
    assert!(
        registry
            .save(ChannelId(1), &record("a"), line.map(Into::into))
            .await
            .is_err()
    );
    fs::remove_dir(&path).unwrap();
    drop(registry);
    writer.join().unwrap();
    assert_eq!(read(folder.path()).unwrap().sessions(), 1);
}

/// The digits of a number in a JSON text, after the first occurrence of its key.
fn digits<'a>(text: &'a str, key: &str) -> &'a str {
    let (_, rest) = text.split_once(&format!("\"{key}\":")).unwrap();
    let rest = rest.trim_start();
    &rest[..rest.find([',', '\n', '}']).unwrap()]
}

proptest! {
    #[test]
    fn record_ledger_and_report_agree_to_the_last_digit(
        turns in prop::collection::vec((0..3_u64, 0.0..20.0_f64), 1..40),
    ) {
        let now = DateTime::UNIX_EPOCH;
        let mut document = Document::default();
        let mut report = UsageTotals::new(Period::All, now, crate::config::TimeZone::default());
        let mut meter = Meter::fresh(None);
        let (mut cli_total, mut booked) = (0.0, [Usd::ZERO; 3]);
        for (turn, (channel, cost)) in turns.into_iter().enumerate() {
            let id = ChannelId(channel);
            cli_total += cost;
            let result = crate::claude::protocol::TurnResult {
                total_cost_usd: Some(cli_total),
                ..Default::default()
            };
            let cost_usd = meter.result(&result, &result.usage, None, None).usd;
            let mut record = document.get(id).unwrap_or_else(|| record("s"));
            record.book(&record::Booking {
                turn_id: turn.to_string(),
                usage: result.usage,
                cost_usd,
                duration_ms: 1,
                context_tokens: None,
                cli_total_cost_usd: meter.total_usd(),
                unit_cost_usd: meter.unit_cost_usd(),
                is_error: false,
            });
            document.put(id, &record).unwrap();
            let line = ledger::TurnLine {
                turn: turn.to_string(),
                channel: id,
                cost_usd,
                ..ledger::example()
            };
            let text = serde_json::to_string(&line).unwrap();
            prop_assert_eq!(digits(&text, "cost_usd"), cost_usd.to_string());
            report.add(serde_json::from_str(&text).ok().as_ref());
            booked[usize::try_from(channel).unwrap()] += cost_usd;
        }
        let document = Document::parse(document.to_text().unwrap().as_bytes()).unwrap();
        for (id, record) in document.records() {
            let sum = booked[usize::try_from(id.0).unwrap()];
            prop_assert_eq!(record.total_cost_usd, sum);
            prop_assert_eq!(report.channel(id).cost_usd, sum);
            let text = serde_json::to_string(&record).unwrap();
            prop_assert_eq!(digits(&text, "total_cost_usd"), sum.to_string());
        }
        prop_assert_eq!(report.total.cost_usd, booked.into_iter().sum());
        prop_assert_eq!(report.author(ledger::example().author).cost_usd, report.total.cost_usd);
    }
}
