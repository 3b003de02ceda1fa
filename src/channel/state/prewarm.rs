//! A process that is started ahead of a message, because somebody is typing it. Nobody waits for such a process, so
//! nobody is told when it fails: the message starts another one.

use std::time::Duration;

use super::{Effect, Now, State};

/// How long it waits for the message after the last sign of typing.
const WAITS: Duration = Duration::from_mins(1);

impl State {
    pub(super) fn typing_seen(&mut self, now: Now) {
        if self.process.is_prewarmed {
            return self.process.mark_idle(now.mono);
        }
        let is_needless = self.turn.is_some()
            || !self.queue.is_empty()
            || self.shutting_down
            || self.process.prewarm_failed
            || self.missing_permission().is_some()
            || self.begins_with_channel()
            || self.is_lost()
            || self.is_held(now);
        let may_start = self.process.is_absent() && self.process.backoff.until(now.mono).is_none();
        if is_needless || !may_start {
            return;
        }
        // A new record is saved with the first message.
        self.record_mut(now);
        if let Some((start, model)) = self.prepare_start() {
            self.process.is_prewarmed = true;
            self.effects.push(Effect::Prewarm { start, model });
        }
    }

    pub(super) fn no_room(&mut self) {
        if self.process.is_prewarmed {
            self.process.gone();
        }
    }

    /// Whether the process that has failed was started ahead of a message that has not come. No other is, until one comes.
    pub(super) fn failed_unneeded(&mut self) -> bool {
        let is_unneeded = self.process.is_prewarmed && self.turn.is_none();
        self.process.prewarm_failed |= is_unneeded;
        is_unneeded
    }

    /// After how long without a turn the process is ended.
    pub(super) fn idle_timeout(&self) -> Duration {
        let idle = self.config.claude.idle;
        if self.process.is_prewarmed {
            idle.min(WAITS)
        } else {
            idle
        }
    }

    /// Whether the process was started ahead of a message that has not come yet.
    pub(crate) fn is_prewarmed(&self) -> bool {
        self.process.is_prewarmed
    }
}
