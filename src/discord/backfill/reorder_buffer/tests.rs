use proptest::prelude::*;

use super::*;

const HERE: ChannelId = ChannelId(1);

/// The ids of what is given back in the end, and whether each came live.
fn released(
    holding: &mut ReorderBuffer<&'static str>,
    hold: HoldId,
    found: &[(u64, &'static str)],
) -> Option<Vec<(u64, &'static str, bool)>> {
    let found = found.iter().map(|(id, text)| (MessageId(*id), *text));
    let released = holding
        .finish_fetch(HERE, hold, found.collect())?
        .into_iter();
    let released = released.map(|released| (released.id.0, released.message, released.is_live));
    Some(released.collect())
}

#[test]
fn only_a_channel_that_is_caught_up_waits() {
    let mut holding = ReorderBuffer::default();
    assert_eq!(holding.take(HERE, MessageId(5), "a"), Some("a"));
    let (hold, after) = holding.begin_fetch(HERE, MessageId(5));
    assert_eq!(after, MessageId(5));
    assert_eq!(holding.take(HERE, MessageId(9), "c"), None);
    assert_eq!(holding.take(ChannelId(2), MessageId(8), "x"), Some("x"));
    assert_eq!(
        released(&mut holding, hold, &[(7, "b"), (9, "c")]),
        Some(vec![(7, "b", false), (9, "c", true)])
    );
    assert_eq!(holding.take(HERE, MessageId(10), "d"), Some("d"));
    let heard: HashMap<_, _> = holding.newest_delivered().collect();
    assert_eq!(heard[&HERE], MessageId(10));
}

#[test]
fn only_the_newest_hold_of_a_channel_can_be_ended() {
    let mut holding = ReorderBuffer::default();
    let looked_up = holding.hold(HERE);
    let (first, _) = holding.begin_fetch(HERE, MessageId(5));
    assert_eq!(holding.take(HERE, MessageId(7), "b"), None);
    let (second, after) = holding.begin_fetch(HERE, MessageId(6));
    assert_eq!(after, MessageId(5), "the first has not been answered");
    for old in [looked_up, first] {
        assert_eq!(holding.release(HERE, old), []);
        assert_eq!(holding.held(HERE, old).count(), 0);
        assert_eq!(released(&mut holding, old, &[(6, "a")]), None);
    }
    assert_eq!(holding.take(HERE, MessageId(8), "c"), None);
    assert_eq!(
        released(&mut holding, second, &[(6, "a")]),
        Some(vec![(6, "a", false), (7, "b", true), (8, "c", true)])
    );
    assert!(!holding.holds(HERE));
}

#[test]
fn messages_that_did_not_wait_are_left_out() {
    let mut holding = ReorderBuffer::default();
    let (first, _) = holding.begin_fetch(HERE, MessageId(5));
    assert_eq!(holding.take(HERE, MessageId(8), "live"), None);
    assert_eq!(holding.release(HERE, first), [(MessageId(8), "live")]);
    assert_eq!(holding.fetched_after(HERE), Some(MessageId(5)));
    assert_eq!(holding.take(HERE, MessageId(9), "more"), Some("more"));
    // A new session asks again from where the first asking began.
    let (second, after) = holding.begin_fetch(HERE, MessageId(9));
    assert_eq!(after, MessageId(5));
    assert_eq!(holding.take(HERE, MessageId(11), "last"), None);
    let found = [(7, "missed"), (8, "live"), (9, "more"), (10, "gap")];
    assert_eq!(
        released(&mut holding, second, &found),
        Some(vec![
            (7, "missed", false),
            (10, "gap", false),
            (11, "last", true)
        ])
    );
    assert_eq!(holding.fetched_after(HERE), None);
}

proptest! {
    /// Whatever is heard while a channel is caught up comes out once, in order, after what was found.
    #[test]
    fn nothing_is_lost_or_doubled(
        found in prop::collection::btree_set(0_u64..40, 0..20),
        live in prop::collection::vec(0_u64..60, 0..40),
    ) {
        let mut holding = ReorderBuffer::default();
        let (hold, _) = holding.begin_fetch(HERE, MessageId(0));
        for id in &live {
            prop_assert_eq!(holding.take(HERE, MessageId(*id), *id), None);
        }
        let found_list = found.iter().map(|id| (MessageId(*id), *id)).collect();
        let released = holding.finish_fetch(HERE, hold, found_list).unwrap();
        let released: Vec<u64> = released.into_iter().map(|released| released.message).collect();
        let mut expected: Vec<u64> = found.into_iter().chain(live).collect();
        expected.sort_unstable();
        expected.dedup();
        prop_assert_eq!(released, expected);
    }
}

#[test]
fn a_deleted_message_is_neither_release_nor_found() {
    let channel = ChannelId(1);
    let mut buffer = ReorderBuffer::default();
    let (hold, _) = buffer.begin_fetch(channel, MessageId(1));
    for id in [3, 4] {
        assert_eq!(buffer.take(channel, MessageId(id), id), None);
    }
    for id in [2, 3] {
        buffer.forget(channel, MessageId(id));
    }
    let found = [2, 3, 4, 5].map(|id| (MessageId(id), id)).to_vec();
    let released = buffer.finish_fetch(channel, hold, found).unwrap();
    let ids: Vec<_> = released.iter().map(|released| released.id.0).collect();
    assert_eq!(ids, [4, 5]);
}

#[test]
fn a_held_message_can_be_edited() {
    let mut holding = ReorderBuffer::default();
    let hold = holding.hold(HERE);
    assert_eq!(holding.take(HERE, MessageId(7), "old"), None);
    assert_eq!(holding.held_mut(HERE, MessageId(8)), None);
    *holding.held_mut(HERE, MessageId(7)).unwrap() = "new";
    assert_eq!(holding.release(HERE, hold), [(MessageId(7), "new")]);
    assert_eq!(holding.held_mut(HERE, MessageId(7)), None);
}

#[test]
fn an_own_message_is_delivered_unless_something_before_it_is_missing() {
    let mut holding = ReorderBuffer::<&str>::default();
    assert!(holding.mark_own_delivered(HERE, MessageId(5)));
    let newest = |holding: &ReorderBuffer<_>| holding.newest_delivered().next().map(|(_, id)| id.0);
    assert_eq!(newest(&holding), Some(5));
    let (hold, _) = holding.begin_fetch(HERE, MessageId(5));
    assert!(!holding.mark_own_delivered(HERE, MessageId(7)));
    assert_eq!(holding.release(HERE, hold), []);
    assert!(
        !holding.mark_own_delivered(HERE, MessageId(8)),
        "still being fetched"
    );
    assert_eq!(released(&mut holding, hold, &[]), Some(Vec::new()));
    holding.mark_incomplete(HERE);
    assert!(!holding.mark_own_delivered(HERE, MessageId(9)));
    assert_eq!(newest(&holding), Some(5));
    let (hold, _) = holding.begin_fetch(HERE, MessageId(5));
    assert_eq!(released(&mut holding, hold, &[]), Some(Vec::new()));
    assert!(holding.mark_own_delivered(HERE, MessageId(10)));
    assert_eq!(newest(&holding), Some(10));
}
