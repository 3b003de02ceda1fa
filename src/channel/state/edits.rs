//! Messages that are edited or deleted after they were taken, and the end of the channel.

use super::{
    Edit, Now, State, messages,
    turn::{CancelReason, TurnMachine},
};
use crate::{
    channel::{Origin, Request},
    snowflake::MessageId,
};

impl State {
    /// Updates the text of a waiting message. For one that has started, offers a button that runs it again.
    pub(super) fn edited(&mut self, edit: Edit) {
        let Edit {
            message, request, ..
        } = edit;
        let is_it = |origin: Origin| origin == Origin::Message(message);
        let mut waiting = self.queue.iter_mut().chain(&mut self.recovery.for_threads);
        if let Some(waiting) = waiting.find(|item| is_it(item.origin)) {
            return waiting.request.edit(request);
        }
        let Request::Prompt { text, context } = request else {
            return;
        };
        let is_asked = self.is_asked();
        let turns = self.turn.iter_mut().chain(&mut self.steering);
        let turns = turns.chain(self.collected.iter_mut().filter(|_| !is_asked));
        let mut turns = turns.filter(|turn| turn.asked().is_none());
        if let Some(turn) = turns.find(|turn| is_it(turn.origin)) {
            if let Some(waiting) = &mut turn.text {
                *waiting = text;
                turn.context.names = context.names;
            }
            return;
        }
        // A button that stands runs the newest text as well.
        let record = self.record.as_mut();
        if record.is_some_and(|record| record.may_repeat(message, edit.speaker.id)) {
            self.offer_repeat(message, messages::EDITED.into());
        }
    }

    /// Deleted messages do not run, and their turn is stopped, unless it may go on.
    pub(super) fn deleted(&mut self, deleted: &[MessageId], now: Now) {
        let is_deleted = |origin: Origin| {
            let message = origin.message();
            message.is_some_and(|message| deleted.contains(&message))
        };
        let waiting = self.queue.iter().chain(&self.recovery.for_threads);
        let withdrawn: Vec<_> = waiting.map(|item| item.origin).collect();
        let withdrawn = withdrawn.into_iter().filter(|origin| is_deleted(*origin));
        for origin in withdrawn.collect::<Vec<_>>() {
            tracing::info!(channel = %self.channel, ?origin, "a waiting message was deleted");
            self.queue.retain(|item| item.origin != origin);
            let for_threads = &mut self.recovery.for_threads;
            for_threads.retain(|item| item.origin != origin);
            if let (Some(record), Some(message)) = (&mut self.record, origin.message()) {
                record.release(message);
            }
            self.claim_ahead(origin, None, now);
            self.record_waiting();
            self.is_dirty = true;
        }
        let steers = |turn: &TurnMachine| is_deleted(turn.origin);
        drop(self.withdraw_steering(steers, CancelReason::Deleted));
        self.approvals_deleted(deleted, now);
        self.turn_deleted(is_deleted, now);
    }

    /// Nothing can be said here any more, so nothing runs, and the process ends.
    pub(super) fn channel_gone(&mut self, now: Now) {
        tracing::info!(channel = %self.channel, waiting = self.queue.len(), "the channel was deleted");
        self.queue.clear();
        drop(self.withdraw_steering(|_| true, CancelReason::ChannelGone));
        self.release_all();
        self.record_waiting();
        self.process.restarts = false;
        self.process.is_recalled = true;
        match self.turn.as_ref().map(TurnMachine::asked) {
            Some(None) => self.drop_turn(now),
            Some(Some(asked)) if asked.cancellation.is_none() => {
                self.cancel(CancelReason::ChannelGone, now);
            }
            Some(Some(_)) | None => {}
        }
        drop(self.stop_background(now));
        if !self.is_asked() {
            self.stop_process();
        }
    }
}
