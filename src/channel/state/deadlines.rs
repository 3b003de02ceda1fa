//! What the channel waits for: its next deadline, and whether there is anything to do.

use std::time::Instant;

use super::{Now, State, turn::TurnMachine};

impl State {
    pub(super) fn tick(&mut self, now: Now) {
        self.turn_tick(now);
        self.background_tick(now);
        self.press_tick(now);
        self.hold_tick(now);
        self.host_calls_tick(now);
        self.approvals_tick(now);
        self.side_questions_tick(now);
        self.card_tick(now);
        self.process_tick(now);
    }

    /// When [`Event::Tick`](super::Event::Tick) is due.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        let turn = self.turn.as_ref().and_then(TurnMachine::deadline);
        let steering = self.steering.as_ref();
        let process = self.process.deadline(!self.is_busy(), self.idle_timeout());
        [
            turn,
            steering.and_then(TurnMachine::lookups_until),
            process,
            self.background.deadline(),
            self.hold.deadline(),
            self.recovery.deadline(),
            self.host_calls.deadline(),
            self.approvals.deadline(),
            self.cards.deadline(),
            self.reactions.deadline(),
            self.renames.due,
            self.side_questions.iter().map(|it| it.until).min(),
        ]
        .into_iter()
        .flatten()
        .min()
    }

    /// Whether the actor can be dropped without losing anything.
    pub(crate) fn is_idle(&self) -> bool {
        self.turn.is_none()
            && self.queue.is_empty()
            && self.process.is_absent()
            && self.side_questions.is_empty()
            && self.deliveries.is_empty()
            && self.reactions.deadline().is_none()
            && (self.shutting_down || self.renames.due.is_none())
            && self.recovery.is_idle(self.shutting_down)
    }

    /// Whether the process is needed for a turn, a report or a background task, or waits for a decision.
    pub(super) fn is_busy(&self) -> bool {
        self.turn.is_some()
            || self.background.is_busy()
            || !self.approvals.is_empty()
            || !self.side_questions.is_empty()
    }

    pub(crate) fn has_background_work(&self) -> bool {
        self.background.is_busy()
    }

    /// Whether the pool may recall the process.
    pub(crate) fn is_resting(&self) -> bool {
        self.process.is_live() && !self.is_busy()
    }
}
