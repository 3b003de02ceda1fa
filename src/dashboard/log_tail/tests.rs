use tracing_subscriber::layer::SubscriberExt as _;

use super::*;
use crate::redact::Secret;

/// What is kept of what `log` logs.
fn kept(tail: &LogTail, log: impl Fn()) -> Vec<(&'static str, String)> {
    let subscriber = tracing_subscriber::registry().with(tail.clone());
    tracing::subscriber::with_default(subscriber, log);
    let lines = tail.lines();
    lines.iter().map(|it| (it.level, it.text.clone())).collect()
}

fn begun() -> LogTail {
    let tail = LogTail::default();
    let secrets = [Secret::new("a password", "correct-horse-battery")];
    tail.begin(Arc::new(Redactor::new(&secrets)));
    tail
}

#[test]
fn nothing_is_kept_without_a_dashboard() {
    let tail = LogTail::default();
    assert_eq!(kept(&tail, || tracing::error!("broken")), []);
    assert_eq!(tail.counts(), (0, 0));
}

#[test]
fn lines_are_kept_redacted_and_counted_by_level() {
    let tail = begun();
    let kept = kept(&tail, || {
        tracing::debug!("what somebody wrote");
        tracing::info!(channel = 7, "it is correct-horse-battery\u{1b}[31m");
        tracing::warn!("careful");
        tracing::error!(error = "x", "broken");
    });
    let expected = [
        ("INFO", "it is [redacted] channel=7"),
        ("WARN", "careful"),
        ("ERROR", "broken error=\"x\""),
    ];
    assert_eq!(kept, expected.map(|(level, text)| (level, text.to_owned())));
    assert_eq!(tail.counts(), (1, 1));
}

#[test]
fn many_and_long_lines_are_bounded() {
    let tail = begun();
    let long = "x".repeat(10 * LONGEST);
    let kept = kept(&tail, || {
        for _ in 0..2 * KEPT {
            tracing::info!("{long}");
        }
    });
    assert_eq!((kept.len(), kept[0].1.len()), (KEPT, LONGEST));
}
