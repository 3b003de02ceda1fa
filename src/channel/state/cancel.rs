//! Cancelling a turn: by `!stop`, the time limit, a stalled CLI, an expired login, or because its message is gone.

use super::{
    Now, State,
    messages::{self, approvals::Verdict, queue},
    turn::{CancelReason, TurnMachine, TurnPhase, TurnTransition},
};
use crate::{
    channel::Origin,
    claude::{
        protocol::{Control, PermissionRequest},
        turn::Ending,
    },
    money::Usd,
};

pub(super) const INTERRUPT: &str = "switchboard-interrupt";

impl State {
    pub(super) fn stop_requested(&mut self, origin: Origin, now: Now) {
        self.claim_ahead(origin, None, now);
        self.stop(Some(origin), None, now);
    }

    /// Stops everything, for a `!stop` or for a press of the card's button `by` somebody.
    pub(super) fn stop(&mut self, origin: Option<Origin>, by: Option<&str>, now: Now) {
        let stops_report = self.background.can_interrupt();
        if !self.is_asked() {
            // Only what is interrupted withdraws its requests.
            let is_waiting =
                |request: &PermissionRequest| !stops_report || request.agent_id.is_some();
            self.close_approvals(&Verdict::Stopped, is_waiting, now);
        }
        let tasks = self.stop_background(now);
        let has_dropped = self.turn.is_none() && self.drop_paused(now);
        let by_whom =
            |text: String| by.map_or(text.clone(), |name| messages::pressed_by(&text, name));
        let Some(turn) = &self.turn else {
            let text = match (tasks.is_empty(), stops_report) {
                (true, false) if has_dropped => queue::PAUSED_DROPPED.into(),
                (false, _) => by_whom(messages::tasks_stopped(&tasks)),
                (true, true) => messages::stopped(by, self.queue.len()),
                (true, false) if self.background.is_busy() => messages::ALREADY_STOPPING.into(),
                (true, false) => self.nothing_runs(),
            };
            self.say(origin, text);
            return;
        };
        let origin = origin.unwrap_or(turn.origin);
        let (is_cancelled, is_asked) = (
            turn.is_cancelled(),
            matches!(turn.phase, TurnPhase::Asked(_)),
        );
        if !tasks.is_empty() {
            self.say(None, by_whom(messages::tasks_stopped(&tasks)));
        }
        if is_cancelled {
            self.say(Some(origin), messages::ALREADY_STOPPING);
        } else if is_asked {
            self.cancel(CancelReason::Stopped(origin), now);
        } else {
            self.say(Some(origin), by_whom(messages::STOPPED_EARLY.into()));
            self.drop_turn(now);
        }
    }

    /// Interrupts the turn that the CLI works on.
    pub(super) fn cancel(&mut self, reason: CancelReason, now: Now) {
        self.approvals_stopped(now);
        if let Some(turn) = &mut self.turn {
            turn.cancel(reason, now.mono);
            if let Some(card) = &mut self.cards.live {
                card.progress.interrupt();
            }
            self.control(INTERRUPT, Control::Interrupt);
        }
    }

    /// Says why a turn of this cost was cancelled.
    pub(super) fn say_cancelled(&mut self, turn: &TurnMachine, reason: CancelReason, cost: Usd) {
        if turn.withdrawal.is_some() {
            // People know.
            return;
        }
        let has_button = turn.origin.message().is_some();
        let text = match reason {
            CancelReason::Stopped(stop) => {
                let by = turn.stopped_by.as_deref();
                return self.say(Some(stop), messages::stopped(by, self.waiting()));
            }
            CancelReason::Interrupted => {
                let by = turn.stopped_by.as_deref().unwrap_or_default();
                return self.say_quietly(Some(turn.origin), queue::interrupted_by(by));
            }
            CancelReason::TimedOut => {
                messages::timed_out(self.config.claude.turn_timeout, has_button)
            }
            CancelReason::Stalled => messages::unresponsive(self.config.claude.silence, has_button),
            CancelReason::OverBudget(reached) => {
                return self.say(Some(turn.origin), messages::over_budget(&reached, cost));
            }
            CancelReason::Deleted => return self.say(None, messages::DELETED),
            CancelReason::ChannelGone => return,
            CancelReason::LoginExpired => {
                messages::ending(&Ending::LoginExpired, self.model(), has_button)
                    .unwrap_or_default()
            }
        };
        self.fail(turn.origin, text);
    }

    pub(super) fn turn_tick(&mut self, now: Now) {
        let until = self.steering.as_ref().and_then(TurnMachine::lookups_until);
        if until.is_some_and(|until| now.mono >= until) {
            return self.lookups_overdue(now);
        }
        let Some(turn) = &mut self.turn else { return };
        match turn.tick(now.mono) {
            TurnTransition::None => {}
            TurnTransition::RebuildOverdue => self.rebuild_overdue(now),
            TurnTransition::LookupsOverdue => self.lookups_overdue(now),
            TurnTransition::CrossedReportIsResult => self.crossed_report_is_result(now),
            TurnTransition::Cancel(reason) => {
                if reason == CancelReason::Stalled {
                    tracing::warn!(channel = %self.channel, "the CLI has stalled");
                }
                self.cancel(reason, now);
            }
            TurnTransition::GiveUp => {
                let (limit, has_button) = (self.config.claude.turn_timeout, self.offers_retry());
                let text = messages::waited_too_long(limit, has_button);
                self.give_up(text, "timed_out", now);
            }
            TurnTransition::StopProcess => self.stop_process(),
            TurnTransition::RestartProcess => {
                tracing::warn!(channel = %self.channel, "the CLI did not change the session in time");
                self.stop_process();
            }
        }
    }
}
