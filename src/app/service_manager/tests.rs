use std::sync::atomic::AtomicUsize;

use super::*;

const LIMIT: Duration = Duration::from_mins(1);

#[tokio::test(start_paused = true)]
async fn no_report_goes_out_while_the_core_hangs() {
    let (pings, mut pinged) = mpsc::channel(1);
    let reports = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&reports);
    let reporter = tokio::spawn(keep_alive(LIMIT, pings, move || {
        counted.fetch_add(1, Ordering::Relaxed);
    }));
    for expected in 1..=4 {
        pinged.recv().await.unwrap();
        tokio::time::sleep(LIMIT / 4).await;
        assert_eq!(reports.load(Ordering::Relaxed), expected);
    }
    tokio::time::sleep(10 * LIMIT).await;
    assert_eq!(reports.load(Ordering::Relaxed), 4);
    pinged.recv().await.unwrap();
    tokio::time::sleep(LIMIT / 4).await;
    assert_eq!(reports.load(Ordering::Relaxed), 5);
    drop(pinged);
    reporter.await.unwrap();
}
