//! How a turn ends: with its result, with the process, or before it was run.

use super::{
    Now, State, TurnMachine, attachments, failures::last_words, messages, turn::CancelReason,
};
use crate::{
    channel::Origin,
    claude::{
        process::Exit,
        protocol::PermissionDenial,
        turn::{Ending, Outcome},
    },
};

impl State {
    pub(super) fn ended(&mut self, outcome: &Outcome, now: Now) {
        self.cli_version = outcome.version.clone().or(self.cli_version.take());
        self.process.backoff.succeeded();
        if outcome.ending == Ending::SessionMissing && self.replace_session(now) {
            return;
        }
        let is_cancelled = self.turn.as_ref().is_some_and(TurnMachine::is_cancelled);
        let is_cut = is_cancelled || outcome.ending == Ending::Interrupted;
        self.end_answer(!is_cut, now);
        let Some(outcome) = self.final_outcome(outcome, now) else {
            return;
        };
        let outcome = &*outcome;
        let Some(turn) = self.turn.take() else {
            return;
        };
        let reason = turn.cancel_reason();
        self.log_anomalies(&turn, outcome);
        self.note_checkpoint(&turn, outcome);
        if let (Some(record), Some(id)) = (&mut self.record, &outcome.session_id) {
            record.set_session_id(id);
        }
        self.note_unanswered(&turn, outcome);
        let name = reason.map_or(outcome.ending.name(), CancelReason::outcome);
        // The turn stays open in the record until its last post is delivered.
        let cost = self.book_result(&turn, outcome, name, now);
        match reason {
            Some(reason) => self.say_cancelled(&turn, reason, cost),
            None if self.say_made_way(&turn, outcome) => {}
            None if self.turn_failed(&turn, outcome, now) => {}
            None => {
                let has_answered = self.has_answered() || self.host_calls.have_shown(&turn.id);
                match last_words(&turn, outcome, self.model(), has_answered) {
                    Ok(Some(text)) => self.say_at_end(turn.origin, text),
                    Ok(None) => self.ping_at_end(&turn, now),
                    Err(text) if outcome.ending == Ending::Billing => {
                        self.say_at_end(turn.origin, text);
                        if let Some(message) = turn.origin.message() {
                            self.mark_failed(message);
                        }
                    }
                    Err(text) => self.fail(turn.origin, text),
                }
                if attachments::was_media_refused(&turn, outcome) {
                    self.say(None, messages::MEDIA_REFUSED);
                }
            }
        }
        if reason != Some(CancelReason::ChannelGone) {
            self.say_refused(outcome);
        }
        self.card_ended(now);
        let needs_process =
            outcome.ending.needs_process() || reason == Some(CancelReason::LoginExpired);
        if needs_process && !self.background.is_busy() {
            self.stop_process();
        }
        self.close(turn.origin, now);
    }

    /// Ends a turn about which everything has been posted, and goes on with the queue.
    fn close(&mut self, origin: Origin, now: Now) {
        self.card_ended(now);
        self.settle_collected(origin, now);
        self.finish(origin);
        self.typing(false);
        self.run_queue(now);
    }

    /// The tool calls that were denied without asking anybody.
    pub(super) fn undecided(&self, outcome: &Outcome) -> Vec<PermissionDenial> {
        let denials = outcome.result.permission_denials.iter();
        let undecided = denials.filter(|it| !self.approvals.was_denied(&it.tool_use_id));
        undecided.cloned().collect()
    }

    fn log_anomalies(&self, turn: &TurnMachine, outcome: &Outcome) {
        let denied = self.undecided(outcome);
        if !denied.is_empty() {
            let tools: Vec<_> = denied.iter().map(|it| it.tool_name.as_str()).collect();
            let tools = tools.join(", ");
            tracing::info!(channel = %self.channel, tools, "tools were denied: no allow rule matches");
        }
        let unknown = turn.asked().map_or(0, |asked| asked.fold.unknown());
        if unknown > 0 {
            tracing::debug!(channel = %self.channel, unknown, "messages of unknown type");
        }
    }

    /// Moves the channel, and a waiting message, to a new session because the CLI has lost the old one. `false` if the
    /// message has moved too often or was cancelled.
    pub(super) fn replace_session(&mut self, now: Now) -> bool {
        let id = (self.ids)();
        if let Some(turn) = &mut self.turn
            && (turn.is_cancelled() || !turn.try_move())
        {
            return false;
        }
        let origin = self.turn.as_ref().map(|turn| turn.origin);
        if let Some(kept) = self.rewound_from() {
            self.record_mut(now).set_session_id(&kept);
            self.say_quietly(origin, messages::NOT_REWOUND);
        } else {
            let rebuilds = self.config.discord.rebuild_sessions;
            let record = self.record_mut(now);
            record.replace_session(id);
            record.state.is_lost = rebuilds;
            if rebuilds {
                self.rebuild_or_look_up(now);
            } else {
                self.say_quietly(origin, messages::rebuilt::session_gone());
            }
        }
        self.save();
        self.stop_process();
        true
    }

    /// The process exited in the turn.
    pub(super) fn turn_lost(&mut self, exit: &Exit, now: Now) {
        self.end_answer(false, now);
        let Some(turn) = self.turn.take_if(|turn| turn.is_cancelled()) else {
            let turn = self.turn.as_ref();
            let asked = turn.and_then(TurnMachine::asked);
            let words = asked.and_then(|asked| asked.fold.last_words());
            let text = messages::crashed(exit, words.as_deref(), self.offers_retry());
            return self.give_up(text, "crashed", now);
        };
        if let Some(reason) = turn.cancel_reason() {
            let cost = self.cost_without_result(&turn).usd;
            self.say_cancelled(&turn, reason, cost);
            self.book_without_result(&turn, reason.outcome(), now);
        }
        self.close(turn.origin, now);
    }

    /// Whether a notice about the running turn, if it fails, has a button.
    pub(super) fn offers_retry(&self) -> bool {
        let turn = self.turn.as_ref();
        turn.is_some_and(|turn| turn.origin.message().is_some())
    }

    /// Ends a turn that cannot be run.
    pub(super) fn give_up(&mut self, text: String, outcome: &str, now: Now) {
        let Some(turn) = self.turn.take() else {
            return;
        };
        self.fail(turn.origin, text);
        self.book_without_result(&turn, outcome, now);
        self.close(turn.origin, now);
    }

    /// Ends the turn that is being prepared.
    pub(super) fn drop_prepared(&mut self, now: Now) {
        match self.steering.take() {
            Some(turn) => self.finish(turn.origin),
            None if self.leave_turn(now) => {}
            None => self.drop_turn(now),
        }
    }

    /// Ends a turn without a line in the ledger, because it was never run.
    pub(super) fn drop_turn(&mut self, now: Now) {
        if let Some(turn) = self.turn.take() {
            self.settle_collected(turn.origin, now);
            self.finish(turn.origin);
        }
        self.card_ended(now);
        self.process.restarts = false;
        self.typing(false);
        self.run_queue(now);
    }
}
