use super::*;

#[track_caller]
fn check(sent: u64, after: u64, missed: Option<u64>) {
    let shard = Shard::of_identify(&json!({})).unwrap();
    let mut session = Session::new(String::new(), Intents::GUILDS, shard, 0);
    for _ in 0..sent {
        session.number("TYPING_START", &Value::Null);
    }
    let replayed = session.after(after).map(|frames| frames.len() as u64);
    assert_eq!(replayed, missed, "{sent} sent, resumed after {after}");
}

#[test]
fn a_resume_replays_missed_events() {
    check(0, 0, Some(0));
    check(5, 5, Some(0));
    check(5, 2, Some(3));
    check(5, 0, Some(5));
    check(5, 6, None);
    check(10_001, 0, None);
    check(10_001, 1, Some(10_000));
}
