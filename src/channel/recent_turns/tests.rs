use super::*;

#[test]
fn a_turn_is_recent_for_an_hour() {
    let (mut turns, now) = (RecentTurns::default(), Instant::now());
    let (here, ada, bob) = (ChannelId(1), UserId(2), UserId(3));
    turns.note(here, ada, now);
    assert!(turns.has(here, ada, now));
    assert!(!turns.has(here, bob, now) && !turns.has(ChannelId(9), ada, now));
    let later = now + LATELY;
    assert!(turns.has(here, ada, now + Duration::from_mins(59)));
    assert!(!turns.has(here, ada, later));
    turns.note(here, bob, later);
    assert_eq!(turns.0.len(), 1, "old ones are forgotten");
}
