//! Each message once: what has been passed on by this process, and what was dealt with before it started.
//!
//! Pure. Discord delivers events again when a connection is resumed, and what is asked for after an outage overlaps
//! with what was heard.

use std::collections::{HashMap, HashSet, VecDeque};

use super::item::{Item, Origin, Via, Wish};
use crate::{
    registry::Record,
    snowflake::{ChannelId, MessageId},
};

/// How many ids of messages and interactions are remembered.
const REMEMBERED: usize = 10_000;

/// What is claimed.
#[derive(Debug)]
pub(super) struct Claims {
    /// The records as they were when the process started: what they claim was dealt with before. What they come to
    /// claim later does not count, because events may be delivered out of order.
    before: HashMap<ChannelId, Record>,
    /// What the ledger has was answered, also where no record is left that says so.
    booked: HashSet<MessageId>,
    ids: HashSet<u64>,
    order: VecDeque<u64>,
}

impl Claims {
    /// Nothing but what the records and the ledger claim.
    #[must_use]
    pub(super) fn new(
        records: impl Iterator<Item = (ChannelId, Record)>,
        booked: HashSet<MessageId>,
    ) -> Self {
        Self {
            before: records.collect(),
            booked,
            ids: HashSet::new(),
            order: VecDeque::new(),
        }
    }

    /// Claims what is to be passed on; `false` where it has been claimed before.
    pub(super) fn take(&mut self, channel: ChannelId, item: &Item) -> bool {
        // It is about more messages than the one that it answers.
        if matches!(item.wish, Wish::GivenUp(_)) {
            return true;
        }
        let id = match (item.via, &item.origin) {
            // The message itself was claimed when it was run first.
            (Via::Again { press, .. }, _) => press,
            (Via::Gateway | Via::Ahead { .. } | Via::CatchUp, Origin::Message(message)) => {
                if self.was_claimed(channel, *message) {
                    return false;
                }
                message.0
            }
            (Via::Gateway | Via::Ahead { .. } | Via::CatchUp, Origin::Interaction(interaction)) => {
                interaction.id
            }
        };
        self.is_new(id)
    }

    fn was_claimed(&self, channel: ChannelId, message: MessageId) -> bool {
        let record = self.before.get(&channel);
        self.booked.contains(&message) || record.is_some_and(|record| record.has_claimed(message))
    }

    fn is_new(&mut self, id: u64) -> bool {
        if !self.ids.insert(id) {
            return false;
        }
        self.order.push_back(id);
        if self.order.len() > REMEMBERED
            && let Some(oldest) = self.order.pop_front()
        {
            self.ids.remove(&oldest);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::*;
    use crate::{
        channel::item::Wish,
        external::{Role, Speaker},
        snowflake::UserId,
    };

    fn item(message: u64, via: Via) -> Item {
        Item {
            origin: Origin::Message(MessageId(message)),
            speaker: Speaker {
                id: UserId(1),
                name: "Ada".into(),
                role: Role::Member,
            },
            wish: Wish::Hint(String::new()),
            via,
        }
    }

    #[test]
    fn what_comes_twice_is_known_and_the_oldest_is_forgotten() {
        let mut claims = Claims::new(std::iter::empty(), HashSet::new());
        assert!(claims.is_new(7) && !claims.is_new(7));
        let wanted = u64::try_from(REMEMBERED).unwrap();
        for id in 100..100 + wanted {
            assert!(claims.is_new(id));
        }
        assert!(claims.is_new(7));
        assert!(!claims.is_new(100 + wanted - 1));
        assert_eq!(claims.order.len(), REMEMBERED);
    }

    #[test]
    fn what_was_dealt_with_before_the_start_stays_so_and_a_late_event_is_not_lost() {
        let mut record = Record::new("a".into(), "m".into(), DateTime::UNIX_EPOCH);
        record.begin(MessageId(10), DateTime::UNIX_EPOCH);
        record.claim_ahead(MessageId(13));
        let channel = ChannelId(1);
        let mut claims = Claims::new([(channel, record)].into_iter(), [MessageId(20)].into());
        for message in [9, 10, 13] {
            assert!(
                !claims.take(channel, &item(message, Via::CatchUp)),
                "{message}"
            );
        }
        assert!(claims.take(ChannelId(2), &item(9, Via::Gateway)));
        assert!(!claims.take(ChannelId(2), &item(20, Via::CatchUp)));
        // Out of order.
        assert!(claims.take(channel, &item(12, Via::Gateway)));
        assert!(claims.take(channel, &item(11, Via::Gateway)));
        assert!(!claims.take(channel, &item(12, Via::CatchUp)));
        // A press runs a message that was claimed, each press once.
        let again = Via::Again {
            press: 50,
            notice: MessageId(40),
        };
        assert!(claims.take(channel, &item(10, again)));
        assert!(!claims.take(channel, &item(10, again)));
    }
}
