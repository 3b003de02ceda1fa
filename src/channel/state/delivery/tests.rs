use super::*;

const MESSAGE: MessageId = MessageId(7);

fn key(name: &str) -> PostKey {
    PostKey::new(name)
}

#[test]
fn a_turn_is_settled_by_its_last_post() {
    let mut deliveries = Deliveries::default();
    deliveries.sent(key("a"), Purpose::Turn(MESSAGE));
    deliveries.sent(key("b"), Purpose::Turn(MESSAGE));
    deliveries.sent(key("c"), Purpose::Turn(MessageId(8)));
    assert_eq!(deliveries.delivered(&key("a"), &[MessageId(1)], None), None);
    deliveries.booked(MESSAGE, "t".into());
    assert_eq!(deliveries.finish(MESSAGE), None);
    let refused = Some(PostFailure::Refused);
    let settled = deliveries.delivered(&key("b"), &[MessageId(2)], refused);
    assert_eq!(settled, Some(Purpose::Turn(MESSAGE)));
    let replies = vec![MessageId(1), MessageId(2)];
    assert_eq!(
        deliveries.take_replies(MESSAGE),
        Some(("t".into(), replies))
    );
    assert!(!deliveries.is_empty());
    assert_eq!(deliveries.finish(MESSAGE), Some(Purpose::Turn(MESSAGE)));
    assert_eq!(deliveries.take_replies(MESSAGE), None);
    assert_eq!(deliveries.delivered(&key("b"), &[], None), None, "unknown");
}

#[test]
fn posts_undelivered_at_shutdown_settle_nothing() {
    let mut deliveries = Deliveries::default();
    let held_back = Some(PostFailure::ShuttingDown);
    for (name, purpose) in [
        ("a", Purpose::Turn(MESSAGE)),
        ("b", Purpose::CutOffNotice(MESSAGE)),
        ("c", Purpose::TasksLost(2)),
    ] {
        deliveries.sent(key(name), purpose);
        assert_eq!(deliveries.delivered(&key(name), &[], held_back), None);
    }
    // A later post of the same turn does not settle it either.
    deliveries.sent(key("d"), Purpose::Turn(MESSAGE));
    assert_eq!(deliveries.finish(MESSAGE), None);
    assert_eq!(deliveries.delivered(&key("d"), &[], None), None);
    assert!(deliveries.is_empty());
}
