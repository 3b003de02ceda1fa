//! What a record says about single messages: which are claimed, which turns are open, and which were cut off.
//!
//! A message is *claimed* before anything is done for it, so that it runs only once, however often it is delivered.

use chrono::{DateTime, Utc};

use super::{
    record::{Record, rfc3339},
    state::{CutOff, OpenTurn, push_bounded},
};
use crate::snowflake::{MessageId, UserId};

/// Maximum number of messages on record that were claimed out of order, or cut off. A queue holds fewer.
const REMEMBERED: usize = 100;

/// What a record says about messages that may be delivered again: much less than the record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claims {
    last: Option<MessageId>,
    behind: Vec<MessageId>,
    ahead: Vec<MessageId>,
    /// Those with an open turn, or one that was cut off.
    with_turns: Vec<MessageId>,
}

impl Claims {
    pub fn has_claimed(&self, message: MessageId) -> bool {
        has_claimed(self.last, &self.behind, &self.ahead, message)
    }

    /// Whether the message's own turn is open or was cut off, or it was claimed by itself.
    pub fn names(&self, message: MessageId) -> bool {
        self.with_turns.contains(&message)
            || self.ahead.contains(&message)
            || self.last == Some(message)
    }
}

fn has_claimed(
    last: Option<MessageId>,
    behind: &[MessageId],
    ahead: &[MessageId],
    message: MessageId,
) -> bool {
    (last >= Some(message) && !behind.contains(&message)) || ahead.contains(&message)
}

impl Record {
    pub fn claims(&self) -> Claims {
        let state = &self.state;
        let open = state.open_turns.iter().map(|open| open.message);
        let cut_off = state.cut_off.iter().map(|cut| cut.message);
        Claims {
            last: state.last_message_id,
            behind: state.waiting_behind.clone(),
            ahead: state.answered_ahead.clone(),
            with_turns: open.chain(cut_off).collect(),
        }
    }

    /// Claims a message whose turn starts now.
    pub fn begin(&mut self, message: MessageId, now: DateTime<Utc>) {
        if !self.has_claimed(message) {
            self.claim(message);
        }
        self.last_message_at = rfc3339(now);
    }

    /// Claims a message and all older ones.
    pub fn claim(&mut self, message: MessageId) {
        let state = &mut self.state;
        state.last_message_id = state.last_message_id.max(Some(message));
        let last = state.last_message_id;
        state.answered_ahead.retain(|ahead| Some(*ahead) > last);
    }

    /// Claims only this message; older ones may still wait. Returns whether it was new.
    pub fn claim_ahead(&mut self, message: MessageId) -> bool {
        let is_new = !self.has_claimed(message);
        if is_new {
            push_bounded(&mut self.state.answered_ahead, message, REMEMBERED);
        }
        is_new
    }

    /// Claims a message while those between `after` and it still have to be fetched.
    pub fn claim_past(&mut self, message: MessageId, after: MessageId) {
        self.state.last_message_id.get_or_insert(after);
        if self.state.answered_ahead.len() < REMEMBERED {
            self.claim_ahead(message);
        } else {
            // Losing a message is better than running one twice.
            self.claim(message);
        }
    }

    pub fn has_claimed(&self, message: MessageId) -> bool {
        let state = &self.state;
        let (behind, ahead) = (&state.waiting_behind, &state.answered_ahead);
        has_claimed(state.last_message_id, behind, ahead, message)
    }

    /// Sets which messages wait. Returns whether any of them is older than a claimed one.
    pub fn set_waiting(&mut self, waiting: impl Iterator<Item = MessageId>) -> bool {
        let state = &mut self.state;
        let last = state.last_message_id.max(state.own_message_id);
        state.waiting_behind = waiting.filter(|message| Some(*message) <= last).collect();
        !state.waiting_behind.is_empty()
    }

    /// The message up to which all are claimed. Backfill starts after it.
    pub fn claimed_up_to(&self) -> Option<MessageId> {
        let waiting = self.state.waiting_behind.iter().min();
        let before = waiting.map(|first| MessageId(first.0.saturating_sub(1)));
        before.or(self.state.last_message_id)
    }

    /// Notes a message of the bot's own, when all messages before it have been received and none of them waits. Returns
    /// whether it is new.
    pub fn note_own(&mut self, message: MessageId) -> bool {
        let own = &mut self.state.own_message_id;
        let is_new = *own < Some(message);
        *own = (*own).max(Some(message));
        is_new
    }

    /// The message up to which none can have been missed. A channel without newer ones has nothing to fetch.
    pub fn known_up_to(&self) -> Option<MessageId> {
        let claimed = self.claimed_up_to()?;
        let is_behind = !self.state.waiting_behind.is_empty();
        let own = self.state.own_message_id.filter(|_| !is_behind);
        own.max(Some(claimed))
    }

    /// Whether somebody waits here for what the bot does after a restart.
    pub fn is_waited_for(&self) -> bool {
        let mut posts = self.state.posts.iter();
        self.is_unsettled()
            || !self.state.waiting_behind.is_empty()
            || posts.any(|post| post.answers.is_some())
    }

    /// Opens a message's turn. It is cut off if the bot ends before the answer is delivered.
    pub fn open_turn(&mut self, message: MessageId, author: UserId) {
        let state = &mut self.state;
        let cut_off = state.cut_off.iter();
        let before = cut_off.map(|cut| (cut.message, cut.cuts));
        let open = state.open_turns.iter();
        let mut before = before.chain(open.map(|open| (open.message, open.cuts)));
        let cuts = before.find(|(of, _)| *of == message).map_or(0, |it| it.1);
        state.cut_off.retain(|cut| cut.message != message);
        state.open_turns.retain(|open| open.message != message);
        state.open_turns.push(OpenTurn {
            message,
            author,
            booked: false,
            cuts,
        });
    }

    /// Marks a message's turn as booked. Its answer may not be delivered yet.
    pub fn booked_turn(&mut self, message: MessageId) {
        for open in &mut self.state.open_turns {
            open.booked |= open.message == message;
        }
    }

    /// Closes a message's turn after its answer is delivered. Returns whether it was open.
    pub fn close_turn(&mut self, message: MessageId) -> bool {
        let open = &mut self.state.open_turns;
        let before = open.len();
        open.retain(|open| open.message != message);
        before != open.len()
    }

    /// Marks a message's open turn as cut off. Returns how often that has happened; `None` if its turn is not open.
    pub fn mark_turn_cut_off(&mut self, message: MessageId) -> Option<u32> {
        let mut open = self.state.open_turns.iter();
        let index = open.position(|open| open.message == message)?;
        let open = self.state.open_turns.remove(index);
        let cuts = open.cuts.saturating_add(1);
        let cut = CutOff {
            message,
            author: open.author,
            booked: open.booked,
            cuts,
            told: false,
        };
        push_bounded(&mut self.state.cut_off, cut, REMEMBERED);
        Some(cuts)
    }

    /// Lets the author of a message that has run, or runs, run it again. `false` if that was offered before.
    pub fn may_repeat(&mut self, message: MessageId, author: UserId) -> bool {
        let cut_off = &mut self.state.cut_off;
        let is_new = cut_off.iter().all(|cut| cut.message != message);
        if is_new {
            let repeat = CutOff {
                message,
                author,
                booked: true,
                cuts: 0,
                told: true,
            };
            push_bounded(cut_off, repeat, REMEMBERED);
        }
        is_new
    }

    pub fn has_open_turn(&self, message: MessageId) -> bool {
        let mut open = self.state.open_turns.iter();
        open.any(|open| open.message == message)
    }

    /// Notes that the channel was told that a message's turn was cut off. Returns whether that is new.
    pub fn told_cut_off(&mut self, message: MessageId) -> bool {
        let mut cut_off = self.state.cut_off.iter_mut();
        let cut = cut_off.find(|cut| cut.message == message);
        cut.is_some_and(|cut| !std::mem::replace(&mut cut.told, true))
    }

    /// Notes that a message waits until Claude can be asked again. A restart finds it here.
    pub fn hold(&mut self, message: MessageId, author: UserId) {
        self.claim_ahead(message);
        if !self.state.cut_off.iter().any(|cut| cut.message == message) {
            self.open_turn(message, author);
            self.mark_turn_cut_off(message);
        }
        self.told_cut_off(message);
        if !self.state.held.contains(&message) {
            push_bounded(&mut self.state.held, message, REMEMBERED);
            self.state.held.sort_unstable();
        }
    }

    /// The message does not wait any more.
    pub fn release(&mut self, message: MessageId) {
        self.state.held.retain(|held| *held != message);
    }

    /// Whether the channel has something to report after a restart: an open turn, a turn that was cut off, a background
    /// task, or a request for approval.
    pub fn is_unsettled(&self) -> bool {
        !self.state.open_turns.is_empty()
            || !self.state.background.is_empty()
            || !self.state.held.is_empty()
            || self.state.cut_off.iter().any(|cut| !cut.told)
            || self.state.approval_posts().next().is_some()
    }

    /// Whether something is to be done here after a restart without being asked for.
    pub fn needs_recovery(&self) -> bool {
        let state = &self.state;
        self.is_unsettled()
            || state.undo_posts().next().is_some()
            || state.side_posts().next().is_some()
    }
}

#[cfg(test)]
mod tests;
