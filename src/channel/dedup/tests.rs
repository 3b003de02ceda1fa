//! What is passed on, and what is not.

use chrono::DateTime;

use super::*;
use crate::{
    chat::{Delivery, OpId, Place},
    external::{Role, Speaker},
    snowflake::UserId,
};

fn item(channel: u64, message: u64, source: Source) -> QueueItem {
    QueueItem {
        origin: Origin::Message(MessageId(message)),
        place: Place::channel(ChannelId(channel)),
        speaker: Speaker {
            id: UserId(1),
            name: "Ada".into(),
            role: Role::Member,
        },
        request: Request::Hint(String::new()),
        source,
        mode: None,
        thread: None,
    }
}

#[test]
fn an_id_is_admitted_once_and_the_oldest_is_forgotten() {
    let mut dedup = Dedup::new(std::iter::empty(), HashSet::new());
    assert!(dedup.admit_id(7) && !dedup.admit_id(7));
    let wanted = u64::try_from(REMEMBERED).unwrap();
    for id in 100..100 + wanted {
        assert!(dedup.admit_id(id));
    }
    assert!(dedup.admit_id(7));
    assert!(!dedup.admit_id(100 + wanted - 1));
    assert_eq!(dedup.order.len(), REMEMBERED);
}

#[test]
fn claims_from_before_the_start_hold_and_late_events_pass() {
    let mut record = Record::new("a".into(), "m".into(), DateTime::UNIX_EPOCH);
    record.begin(MessageId(10), DateTime::UNIX_EPOCH);
    record.claim_ahead(MessageId(13));
    let mut dedup = Dedup::new([(ChannelId(1), record)].into_iter(), [MessageId(20)].into());
    for message in [9, 10, 13] {
        assert!(
            !dedup.admit(&item(1, message, Source::Chat(Delivery::Backfill))),
            "{message}"
        );
    }
    assert!(dedup.admit(&item(2, 9, Source::Chat(Delivery::Live))));
    assert!(!dedup.admit(&item(2, 20, Source::Chat(Delivery::Backfill))));
    // Out of order.
    assert!(dedup.admit(&item(1, 12, Source::Chat(Delivery::Live))));
    assert!(dedup.admit(&item(1, 11, Source::Chat(Delivery::Live))));
    assert!(!dedup.admit(&item(1, 12, Source::Chat(Delivery::Backfill))));
    // A press runs a message that was claimed.
    assert!(dedup.admit_id(50) && !dedup.admit_id(50));
    let press = OpId::Press(50);
    assert!(dedup.admit(&item(1, 10, Source::Retry { press })));
}

#[test]
fn a_message_taken_by_its_thread_is_not_new_in_the_channel() {
    let mut thread = Record::new("a".into(), "m".into(), DateTime::UNIX_EPOCH);
    thread.begin(MessageId(40), DateTime::UNIX_EPOCH);
    let mut dedup = Dedup::new([(ChannelId(40), thread)].into_iter(), HashSet::new());
    assert!(!dedup.admit(&item(1, 40, Source::Chat(Delivery::Backfill))));
    assert!(dedup.admit(&item(1, 41, Source::Chat(Delivery::Backfill))));
}
