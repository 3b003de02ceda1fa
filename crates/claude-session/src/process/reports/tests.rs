use std::time::Duration;

use tokio::time::timeout;

use super::*;

fn heard(bytes: usize) -> Heard {
    Heard {
        event: SessionEvent::ThinkingTokens { estimated: 0 },
        raw: vec![b'x'; bytes].into(),
    }
}

#[tokio::test(start_paused = true)]
async fn waiting_lines_are_bounded_in_bytes() {
    let (reporter, mut reports) = queue();
    let long = 4 * 1024 * 1024 - 1;
    for _ in 0..2 {
        reporter.heard(heard(long)).await.unwrap();
    }
    let third = timeout(Duration::from_secs(1), reporter.heard(heard(long)));
    assert!(third.await.is_err(), "there is no room");
    assert!(reports.recv().await.is_some());
    reporter.heard(heard(long)).await.unwrap();
}

#[tokio::test]
async fn nobody_waits_for_a_receiver_that_is_gone() {
    let (reporter, reports) = queue();
    let long = 8 * 1024 * 1024 - 1;
    reporter.heard(heard(long)).await.unwrap();
    let blocked = tokio::spawn(async move { reporter.heard(heard(long)).await });
    tokio::task::yield_now().await;
    drop(reports);
    assert_eq!(blocked.await.unwrap(), Err(Closed));
}
