//! The queue: what is taken in, what is taken up next, and what becomes of it when the bot shuts down.

use super::{Effect, Now, QUEUE_LIMIT, State, cancel::INTERRUPT, messages};
use crate::{
    channel::{Origin, QueueItem, Request, ShutdownStage, Source},
    claude::protocol::Control,
};

impl State {
    pub(super) fn requested(&mut self, item: QueueItem, now: Now) {
        if let Source::Retry { press } = item.source {
            self.retry_fetched(press);
        }
        if self.shutting_down {
            self.put_off(&item);
        } else if self.turn.is_none() {
            self.queue.push_back(item);
            self.take_up_next(now);
        } else if self.queue.len() < QUEUE_LIMIT || item.source == Source::Backfill {
            let is_in_order = is_in_order(&item);
            self.queue.push_back(item);
            if is_in_order && self.record_waiting() {
                self.is_dirty = true;
            }
        } else if let Source::Retry { .. } = item.source {
            // It stays on record as cut off, with its button.
            self.say(Some(item.origin), messages::queue_full(QUEUE_LIMIT));
        } else {
            self.claim_ahead(item.origin, Some(item.speaker.id), now);
            self.say(Some(item.origin), messages::queue_full(QUEUE_LIMIT));
            self.finish(item.origin);
        }
    }

    /// The bot shuts down before this is taken up. A message is left to the next start, which fetches it; a slash
    /// command or a press can't wait.
    fn put_off(&mut self, item: &QueueItem) {
        let is_fetched_later = self.settings.catches_up
            && item.origin.message().is_some()
            && !matches!(item.source, Source::Retry { .. });
        let text = if is_fetched_later {
            messages::put_off()
        } else {
            messages::shutting_down()
        };
        self.say(Some(item.origin), text);
    }

    /// Takes up what waits, until a turn runs.
    pub(super) fn take_up_next(&mut self, now: Now) {
        if !self.is_busy() && self.process.is_recalled() {
            // Others wait for the place; what waits here queues up behind them.
            self.stop_process();
        }
        while self.turn.is_none() {
            let Some(item) = self.queue.pop_front() else {
                break;
            };
            self.take_up(item, now);
        }
        let is_wanted = self.process.is_recalled() && !self.is_busy();
        if self.turn.is_none() && (is_wanted || self.shutting_down) {
            self.stop_process();
        }
    }

    fn take_up(&mut self, item: QueueItem, now: Now) {
        if let (Source::Retry { .. }, Request::Hint(hint)) = (item.source, &item.request) {
            // It stays on record as cut off, with its button.
            self.say(Some(item.origin), hint.clone());
            return;
        }
        self.place = Some(item.place.clone());
        self.last_author_name = Some(item.speaker.name.clone());
        if !self.claim(&item, now) {
            self.say(Some(item.origin), messages::already_retried());
            return;
        }
        let QueueItem {
            origin,
            speaker,
            request,
            ..
        } = item;
        match request {
            Request::Prompt { text, context } => {
                self.begin(origin, speaker, Some(text), context, now);
            }
            Request::Command(command) => {
                self.command(command, origin, speaker, now);
                if self.turn.is_none() {
                    self.finish(origin);
                }
            }
            Request::Hint(hint) => {
                self.say(Some(origin), hint);
                self.finish(origin);
            }
            Request::Skipped(count) => {
                self.say_about(origin, messages::skipped(count));
                self.finish(origin);
            }
        }
    }

    pub(super) fn shut_down(&mut self, stage: ShutdownStage, now: Now) {
        self.shutting_down = true;
        self.process.forget_restart();
        for item in std::mem::take(&mut self.queue) {
            self.put_off(&item);
        }
        if self.turn.is_none() {
            self.take_up_next(now);
        }
        match stage {
            ShutdownStage::Running | ShutdownStage::Drain => {}
            ShutdownStage::Interrupt => {
                // So that the CLI can write down how far it came.
                if self
                    .turn
                    .as_ref()
                    .is_some_and(|turn| turn.asked().is_some())
                {
                    self.control(INTERRUPT, Control::Interrupt);
                }
                self.cut_by_shutdown(now);
                self.stop_process();
            }
            ShutdownStage::Kill => {
                self.cut_by_shutdown(now);
                if !self.process.is_absent() {
                    self.background_lost();
                    self.effects.push(Effect::Kill);
                    self.process.kill();
                }
            }
        }
    }

    fn cut_by_shutdown(&mut self, now: Now) {
        let Some(turn) = self.turn.take() else {
            return;
        };
        let reason = turn.cancellation().map(|cancellation| cancellation.reason);
        match (reason, turn.origin) {
            (Some(reason), _) => self.say_cancelled(&turn, reason),
            (None, Origin::Message(message)) => {
                self.cut_off(message, messages::cut_by_shutdown());
            }
            (None, Origin::Interaction(_)) => {
                self.say(Some(turn.origin), messages::cut_by_shutdown());
            }
        }
        self.book_without_result(&turn, "cut_by_shutdown", now);
        if reason.is_some() {
            self.finish(turn.origin);
        }
        self.typing(false);
    }
}

/// Whether everything that was sent before the item is known by now, so that the queue tells which messages wait.
pub(super) fn is_in_order(item: &QueueItem) -> bool {
    matches!(item.source, Source::Live | Source::Backfill) && item.origin.message().is_some()
}
