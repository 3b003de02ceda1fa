//! Messages that Claude answers together: in the mode `collect`, what waits becomes one turn.
//!
//! A turn takes them along one by one. When its message is about to be sent, the next one that waits takes its place, and is
//! recorded, looked up and checked like any other; one that is refused gives the place back. The last message is the
//! turn's: it gets the answer, and its author pays. What becomes of it becomes of those before it.

use super::{
    Now, State, Wait,
    messages::queue as texts,
    turn::{CancelReason, TurnMachine, TurnPhase},
};
use crate::{
    channel::{Origin, QueueItem, Request, Said, Source},
    config::QueueMode,
};

impl State {
    /// Has the next message that waits join the turn, which is about to be asked. `false` if none does.
    pub(super) fn collect(&mut self, now: Now) -> bool {
        let next = self.queue.front().filter(|next| can_join(next));
        if next.is_none() || !self.can_collect() {
            return false;
        }
        let Some(item) = self.queue.pop_front() else {
            return false;
        };
        self.place = Some(item.place.clone());
        self.last_author_name = Some(item.speaker.name.clone());
        self.claim(&item, now);
        let Request::Prompt { text, context } = item.request else {
            return false;
        };
        let next = self.new_turn(item.origin, item.speaker, Some(text), context, now);
        self.last_speaker = Some(next.speaker.clone());
        if let Some(turn) = self.turn.take() {
            self.turn = Some(TurnMachine {
                began: turn.began,
                moves: turn.moves,
                compaction: turn.compaction,
                backoff_told: turn.backoff_told,
                ..next
            });
            self.collected.push(turn);
        }
        self.mark_working(item.origin, now);
        self.save_for(Wait::Confirmed);
        true
    }

    fn can_collect(&self) -> bool {
        let can_take_along = |turn: &TurnMachine| {
            turn.text.is_some()
                && turn.origin.message().is_some()
                && !turn.is_retry
                && turn.left.is_none()
                // Each message may have as many pictures as a request can hold.
                && turn.context.media().next().is_none()
        };
        self.queue_mode() == QueueMode::Collect
            && self.steering.is_none()
            && self.collected.len() + 1 < self.config.limits.queue
            && self.missing_permission().is_none()
            && self.turn.as_ref().is_some_and(can_take_along)
    }

    /// The messages before the turn's own, as Claude gets them.
    pub(super) fn said_before(&self) -> Vec<Said> {
        let said = |turn: &TurnMachine| {
            Some(Said {
                speaker: turn.speaker.clone(),
                text: turn.text.clone()?,
                context: turn.context.clone(),
            })
        };
        self.collected.iter().filter_map(said).collect()
    }

    /// The turn's own message, which Claude does not have, is not run: the one before it takes its place. `false` if there
    /// is none.
    pub(super) fn leave_turn(&mut self, now: Now) -> bool {
        let Some(before) = self.collected.pop() else {
            return false;
        };
        let turn = self.turn.replace(TurnMachine {
            phase: TurnPhase::Waiting { is_fetching: false },
            ..before
        });
        if let Some(turn) = turn {
            self.finish(turn.origin);
        }
        self.proceed(now);
        true
    }

    /// Some of the running turn's messages were deleted. It goes on for the others.
    pub(super) fn turn_deleted(&mut self, is_deleted: impl Fn(Origin) -> bool, now: Now) {
        let gone: Vec<_> = self
            .collected
            .extract_if(.., |turn| is_deleted(turn.origin))
            .collect();
        for turn in gone {
            self.finish(turn.origin);
        }
        let Some(turn) = self.turn.as_mut().filter(|turn| !turn.is_cancelled()) else {
            return;
        };
        if is_deleted(turn.origin) {
            turn.deleted_at = Some(now.mono);
        }
        if turn.deleted_at.is_none() {
            return;
        }
        if turn.asked().is_none() {
            if !self.leave_turn(now) {
                self.drop_turn(now);
            }
        } else if self.config.discord.stop_deleted && self.collected.is_empty() {
            self.cancel(CancelReason::Deleted, now);
        }
    }

    /// The turn of this message is over, so those before it are as well.
    pub(super) fn settle_collected(&mut self, origin: Origin, now: Now) {
        let collected = std::mem::take(&mut self.collected);
        let Some(message) = origin.message().filter(|_| !collected.is_empty()) else {
            return;
        };
        let record = self.record.as_ref();
        let is_kept = record.is_some_and(|record| record.state.held.contains(&message));
        let is_open = record.is_some_and(|record| record.has_open_turn(message));
        if is_open {
            // They are answered when the answer is delivered.
            for turn in &collected {
                self.mark_done(turn.origin);
            }
            let messages = collected.iter().filter_map(|turn| turn.origin.message());
            self.deliveries.together(message, messages.collect());
            return;
        }
        for turn in collected {
            if is_kept {
                self.keep_turn(&turn, now);
            } else {
                self.fail(turn.origin, texts::FAILED_TOGETHER.into());
            }
            self.finish(turn.origin);
        }
    }
}

/// Whether the item is a message that may be answered together with others.
fn can_join(item: &QueueItem) -> bool {
    matches!(item.request, Request::Prompt { .. })
        && matches!(item.source, Source::Chat(_))
        && item.origin.message().is_some()
        && item.mode.is_none()
}
