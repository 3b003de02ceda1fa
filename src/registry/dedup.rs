//! What a channel's record says of single messages: which are dealt with, whose turn is open, and which were cut off.

use chrono::{DateTime, Utc};

use super::{
    record::{Record, rfc3339},
    state::{CutOff, OpenTurn, push_bounded},
};
use crate::snowflake::{MessageId, UserId};

/// How many messages are kept that were answered ahead of others, or cut off. More than a queue holds.
const REMEMBERED: usize = 100;

impl Record {
    /// A message is taken up: whatever delivers it again, it is not run again.
    pub fn begin(&mut self, message: MessageId, now: DateTime<Utc>) {
        if !self.has_claimed(message) {
            self.claim(message);
        }
        self.last_message_at = rfc3339(now);
    }

    /// A message is dealt with, and so are all before it.
    pub fn claim(&mut self, message: MessageId) {
        self.state.last_message_id = self.state.last_message_id.max(Some(message));
        let last = self.state.last_message_id;
        self.state
            .answered_ahead
            .retain(|ahead| Some(*ahead) > last);
    }

    /// A message is dealt with, though others before it still wait. Gives whether that was not known yet.
    pub fn claim_ahead(&mut self, message: MessageId) -> bool {
        let is_new = !self.has_claimed(message);
        if is_new {
            push_bounded(&mut self.state.answered_ahead, message, REMEMBERED);
        }
        is_new
    }

    /// A message is dealt with, and all up to `after`; what was said between them is not known yet, and is still to be
    /// asked for.
    pub fn claim_past(&mut self, message: MessageId, after: MessageId) {
        self.state.last_message_id.get_or_insert(after);
        if self.state.answered_ahead.len() < REMEMBERED {
            self.claim_ahead(message);
        } else {
            // Better that one is lost than that one is run twice.
            self.claim(message);
        }
    }

    /// Whether a message has been dealt with.
    #[must_use]
    pub fn has_claimed(&self, message: MessageId) -> bool {
        let is_behind = self.state.last_message_id >= Some(message);
        (is_behind && !self.state.waiting_behind.contains(&message))
            || self.state.answered_ahead.contains(&message)
    }

    /// These wait to be taken up. Gives whether any of them is behind one that was taken up before it.
    pub fn wait(&mut self, waiting: impl Iterator<Item = MessageId>) -> bool {
        let last = self.state.last_message_id;
        self.state.waiting_behind = waiting.filter(|message| Some(*message) <= last).collect();
        !self.state.waiting_behind.is_empty()
    }

    /// The message after which Discord is to be asked for what is not dealt with.
    #[must_use]
    pub fn dealt_with_up_to(&self) -> Option<MessageId> {
        let waiting = self.state.waiting_behind.iter().min();
        let before = waiting.map(|first| MessageId(first.0.saturating_sub(1)));
        before.or(self.state.last_message_id)
    }

    /// A message's turn begins. It counts as cut off if the bot ends before its answer is delivered.
    pub fn open_turn(&mut self, message: MessageId, author: UserId) {
        let before = self.state.cut_off.iter().find(|cut| cut.message == message);
        let cuts = before.map_or(0, |cut| cut.cuts);
        self.state.cut_off.retain(|cut| cut.message != message);
        self.state.open_turns.retain(|open| open.message != message);
        self.state.open_turns.push(OpenTurn {
            message,
            author,
            booked: false,
            cuts,
        });
    }

    /// A message's turn is booked; its answer is on its way.
    pub fn booked_turn(&mut self, message: MessageId) {
        for open in &mut self.state.open_turns {
            open.booked |= open.message == message;
        }
    }

    /// A message's answer is delivered. Gives whether that was not known yet.
    pub fn close_turn(&mut self, message: MessageId) -> bool {
        let before = self.state.open_turns.len();
        self.state.open_turns.retain(|open| open.message != message);
        before != self.state.open_turns.len()
    }

    /// The bot goes down in a message's turn, or has gone down in it. Gives how often it has been cut off by now;
    /// `None` where no such turn is open.
    pub fn cut_turn(&mut self, message: MessageId) -> Option<u32> {
        let mut open = self.state.open_turns.iter();
        let place = open.position(|open| open.message == message)?;
        let OpenTurn {
            message,
            author,
            booked,
            cuts,
        } = self.state.open_turns.remove(place);
        let cuts = cuts.saturating_add(1);
        let cut = CutOff {
            message,
            author,
            booked,
            cuts,
            told: false,
        };
        push_bounded(&mut self.state.cut_off, cut, REMEMBERED);
        Some(cuts)
    }

    /// Whether something is left over from a bot that went down: an open turn, one that the channel has not been told
    /// of, or what ran in the background.
    #[must_use]
    pub fn is_unsettled(&self) -> bool {
        !self.state.open_turns.is_empty()
            || !self.state.background.is_empty()
            || self.state.cut_off.iter().any(|cut| !cut.told)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    #[test]
    fn what_was_answered_ahead_is_claimed_until_the_rest_has_caught_up() {
        let mut record = Record::new("a".into(), "m".into(), now());
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
    fn what_was_said_before_a_message_stays_to_be_asked_for() {
        let mut record = Record::new("a".into(), "m".into(), now());
        record.claim_past(MessageId(9), MessageId(5));
        assert_eq!(record.dealt_with_up_to(), Some(MessageId(5)));
        record.begin(MessageId(9), now());
        record.claim_past(MessageId(11), MessageId(6));
        assert_eq!(record.dealt_with_up_to(), Some(MessageId(5)));
        let claimed = (4..13).filter(|id| record.has_claimed(MessageId(*id)));
        assert_eq!(claimed.collect::<Vec<_>>(), [4, 5, 9, 11]);
        // None of very many is forgotten.
        let many = 20..200;
        for id in many.clone() {
            record.claim_past(MessageId(id), MessageId(5));
        }
        assert!(many.clone().all(|id| record.has_claimed(MessageId(id))));
    }

    #[test]
    fn a_turn_is_open_until_its_answer_is_delivered() {
        let mut record = Record::new("a".into(), "m".into(), now());
        record.open_turn(MessageId(5), UserId(1));
        record.open_turn(MessageId(6), UserId(2));
        record.booked_turn(MessageId(5));
        assert!(record.close_turn(MessageId(5)) && !record.close_turn(MessageId(5)));
        record.cut_turn(MessageId(6));
        record.cut_turn(MessageId(7));
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
        record.cut_turn(MessageId(6));
        assert_eq!(record.state.cut_off[0].cuts, 2, "told once more");
    }

    proptest! {
        #[test]
        fn the_last_message_never_goes_back(ids in prop::collection::vec(any::<u64>(), 1..20)) {
            let mut record = Record::new("a".into(), "m".into(), now());
            for id in &ids {
                record.begin(MessageId(*id), now());
            }
            prop_assert_eq!(record.state.last_message_id, ids.iter().max().map(|id| MessageId(*id)));
        }
    }
}
