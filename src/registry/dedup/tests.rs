use proptest::prelude::*;

use super::*;

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

fn record() -> Record {
    Record::new("a".into(), "m".into(), now())
}

#[test]
fn a_message_claimed_ahead_stays_claimed_until_the_rest_catches_up() {
    let mut record = record();
    record.begin(MessageId(5), now());
    assert!(record.claim_ahead(MessageId(9)) && !record.claim_ahead(MessageId(9)));
    let claimed: Vec<u64> = (4..11)
        .filter(|id| record.has_claimed(MessageId(*id)))
        .collect();
    assert_eq!(claimed, [4, 5, 9]);
    record.begin(MessageId(8), now());
    assert_eq!(record.state.answered_ahead, [MessageId(9)]);
    record.begin(MessageId(10), now());
    assert!(record.state.answered_ahead.is_empty() && record.has_claimed(MessageId(9)));
}

#[test]
fn messages_before_one_claimed_past_are_still_to_be_fetched() {
    let mut record = record();
    record.claim_past(MessageId(9), MessageId(5));
    assert_eq!(record.claimed_up_to(), Some(MessageId(5)));
    record.begin(MessageId(9), now());
    record.claim_past(MessageId(11), MessageId(6));
    assert_eq!(record.claimed_up_to(), Some(MessageId(5)));
    let claimed = (4..13).filter(|id| record.has_claimed(MessageId(*id)));
    assert_eq!(claimed.collect::<Vec<_>>(), [4, 5, 9, 11]);
    // More than the list holds.
    let many = 20..200;
    for id in many.clone() {
        record.claim_past(MessageId(id), MessageId(5));
    }
    assert!(many.clone().all(|id| record.has_claimed(MessageId(id))));
}

#[test]
fn a_turn_is_open_until_its_answer_is_delivered() {
    let mut record = record();
    record.open_turn(MessageId(5), UserId(1));
    record.open_turn(MessageId(6), UserId(2));
    record.booked_turn(MessageId(5));
    assert!(record.close_turn(MessageId(5)) && !record.close_turn(MessageId(5)));
    record.mark_turn_cut_off(MessageId(6));
    record.mark_turn_cut_off(MessageId(7));
    let cut = CutOff {
        message: MessageId(6),
        author: UserId(2),
        booked: false,
        cuts: 1,
        told: false,
    };
    assert_eq!(
        (record.state.cut_off.as_slice(), record.is_unsettled()),
        (&[cut][..], true)
    );
    assert_eq!(record.cleared("b".into(), now()).state.cut_off, [cut]);
    record.open_turn(MessageId(6), UserId(2));
    assert!(record.state.cut_off.is_empty() && record.state.open_turns.len() == 1);
    record.mark_turn_cut_off(MessageId(6));
    assert_eq!(record.state.cut_off[0].cuts, 2, "reported once more");
}

proptest! {
    #[test]
    fn the_last_message_never_goes_back(ids in prop::collection::vec(any::<u64>(), 1..20)) {
        let mut record = record();
        for id in &ids {
            record.begin(MessageId(*id), now());
        }
        prop_assert_eq!(record.state.last_message_id, ids.iter().max().map(|id| MessageId(*id)));
    }
}

#[test]
fn holding_a_message_counts_on_its_cuts() {
    let (mut record, message) = (record(), MessageId(7));
    record.open_turn(message, UserId(2));
    assert_eq!(record.mark_turn_cut_off(message), Some(1));
    // It is run again, has to wait, and is run once more.
    record.open_turn(message, UserId(2));
    record.hold(message, UserId(2));
    record.open_turn(message, UserId(2));
    assert_eq!(record.mark_turn_cut_off(message), Some(3));
}

#[test]
fn an_own_message_counts_as_known_unless_one_waits() {
    let mut record = record();
    assert!(record.note_own(MessageId(9)));
    assert_eq!(record.known_up_to(), None, "nothing is claimed");
    record.begin(MessageId(5), now());
    assert_eq!(record.known_up_to(), Some(MessageId(9)));
    assert!(!record.note_own(MessageId(8)) && record.note_own(MessageId(12)));
    assert_eq!(record.known_up_to(), Some(MessageId(12)));
    assert_eq!(record.claimed_up_to(), Some(MessageId(5)));
    // Discord may deliver a message late.
    assert!(record.set_waiting([MessageId(11), MessageId(13)].into_iter()));
    assert_eq!(record.known_up_to(), Some(MessageId(10)));
    assert!(!record.has_claimed(MessageId(11)));
    record.begin(MessageId(11), now());
    assert!(!record.set_waiting([MessageId(13)].into_iter()));
    assert_eq!(record.known_up_to(), Some(MessageId(12)));
}
