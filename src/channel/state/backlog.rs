//! Posts that wait for Discord. While many do, no more are made: messages wait in the queue.

use super::{Now, State, messages};
use crate::channel::{QueueItem, Source};

impl State {
    /// Whether an item can be taken up now.
    pub(super) fn is_free(&self) -> bool {
        self.turn.is_none() && !self.deliveries.are_many()
    }

    /// Refuses an item because the queue is full. Where posts wait, the person is told once they have been delivered.
    pub(super) fn refuse(&mut self, item: &QueueItem, now: Now) {
        let is_retry = matches!(item.source, Source::Retry { .. });
        // A retry keeps its button.
        if !is_retry {
            self.claim_ahead(item.origin, Some(item.speaker.id), now);
        }
        if self.deliveries.are_many() {
            self.deliveries.refused += 1;
        } else {
            let text = messages::queue_full(self.config.limits.queue, is_retry);
            self.say(Some(item.origin), text);
        }
        if !is_retry {
            self.finish(item.origin);
        }
    }

    /// Posts have been delivered: goes on with the queue.
    pub(super) fn backlog_shrank(&mut self, now: Now) {
        if !self.deliveries.are_many() {
            if let refused @ 1.. = std::mem::take(&mut self.deliveries.refused) {
                self.say(None, messages::refused_meanwhile(refused));
            }
            if self.turn.is_none() {
                self.run_queue(now);
            }
        }
    }
}
