use super::*;
use crate::process::reports::{Report, queue};

#[tokio::test(start_paused = true)]
async fn a_line_that_nobody_reads_times_out() {
    let (near, _far) = tokio::io::duplex(16);
    let (sender, lines) = mpsc::channel(1);
    let (_close, closed) = watch::channel(false);
    sender.send("longer than the pipe is".into()).await.unwrap();
    let begun = tokio::time::Instant::now();
    let written = write(near, lines, closed, Subject::default()).await;
    assert_eq!(written, Written::TooSlowly);
    assert_eq!(begun.elapsed(), WRITE_TIMEOUT);
}

#[tokio::test(start_paused = true)]
async fn a_write_ends_when_the_input_is_closed() {
    let (near, _far) = tokio::io::duplex(16);
    let (sender, lines) = mpsc::channel(1);
    let (close, closed) = watch::channel(false);
    sender.send("longer than the pipe is".into()).await.unwrap();
    let writing = tokio::spawn(write(near, lines, closed, Subject::default()));
    tokio::task::yield_now().await;
    close.send_replace(true);
    assert_eq!(writing.await.unwrap(), Written::All);
}

#[tokio::test]
async fn every_event_comes_with_its_line() {
    let output = b"banner\n{\"type\":\"keep_alive\"}\n\n{\"type\":\"new\"}";
    let (reporter, mut reports) = queue();
    read(&output[..], reporter, Subject::default(), 1).await;
    let mut raw = Vec::new();
    while let Some(Report::Heard(heard)) = reports.recv().await {
        raw.push(heard.raw);
    }
    assert_eq!(
        raw,
        [&b"{\"type\":\"keep_alive\"}"[..], b"{\"type\":\"new\"}"]
    );
}
