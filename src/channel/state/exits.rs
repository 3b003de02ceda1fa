//! The end of the process, and what it means for the turn.

use super::{
    Now, State, messages,
    turn::{TurnMachine, TurnPhase},
};
use crate::{claude::process::Exit, external::Meanwhile};

impl State {
    pub(super) fn exited(&mut self, exit: &Exit, now: Now) {
        let (was_stopping, was_live) = (self.process.is_stopping(), self.process.is_live());
        let is_unneeded = !was_stopping && self.failed_unneeded();
        self.process.gone();
        self.side_questions_cut(was_stopping);
        self.book_cut_report("crashed", now);
        self.background_lost();
        self.host_calls.process_ended();
        self.finish_context_post(None);
        self.close_stop_offers();
        self.ask_on_the_side(now);
        if !was_stopping {
            let (channel, code, signal) = (self.channel, exit.code, exit.signal);
            tracing::warn!(%channel, code, signal, "the CLI exited unexpectedly");
            // It may quote a person's words, so it is not logged at the default level.
            tracing::debug!(%channel, stderr = exit.stderr, "the CLI's stderr");
        }
        let Some(turn) = &mut self.turn else {
            if !was_stopping && !was_live && !is_unneeded && !self.shutting_down {
                self.exited_without_turn(exit, now);
            }
            return;
        };
        match turn.phase {
            TurnPhase::Asked(_) => return self.exited_in_turn(exit, was_stopping, now),
            TurnPhase::Recording => return,
            TurnPhase::Preparing { .. } | TurnPhase::CheckingLimit => {
                turn.phase = TurnPhase::Waiting { is_fetching: false };
            }
            TurnPhase::Rebuilding { .. }
            | TurnPhase::LookingUp { .. }
            | TurnPhase::Waiting { .. } => {}
        }
        if was_stopping {
            self.proceed(now);
        } else {
            self.repair_or_fail(exit, now);
        }
    }

    fn exited_without_turn(&mut self, exit: &Exit, now: Now) {
        if is_session_in_use(exit) && self.resume_instead() {
            self.start();
        } else {
            self.failed(&exit.stderr, now);
        }
    }

    fn exited_in_turn(&mut self, exit: &Exit, was_stopping: bool, now: Now) {
        if is_session_missing(exit) && self.replace_session(now) {
            self.proceed(now);
        } else if self.was_not_started() {
            if was_stopping {
                self.proceed(now);
            } else {
                self.repair_or_fail(exit, now);
            }
        } else {
            let is_cancelled = self.turn.as_ref().is_some_and(TurnMachine::is_cancelled);
            if !is_cancelled && !self.shutting_down {
                self.process.crashed(now.mono);
            }
            self.turn_lost(exit, now);
        }
    }

    /// Whether the process ended before it began with the message, so that the message may move to another process.
    fn was_not_started(&mut self) -> bool {
        let Some(turn) = self.turn.as_mut().filter(|_| !self.shutting_down) else {
            return false;
        };
        let is_untouched = turn
            .asked()
            .is_some_and(|asked| asked.cancellation.is_none() && asked.fold.session_id().is_none());
        is_untouched && turn.try_move()
    }

    /// The process ended before it took up the message.
    fn repair_or_fail(&mut self, exit: &Exit, now: Now) {
        let is_mended = (is_session_missing(exit) && self.replace_session(now))
            || (is_session_in_use(exit) && self.resume_instead());
        if is_mended {
            self.proceed(now);
        } else {
            self.failed(&exit.stderr, now);
        }
    }

    /// Resumes a session that already exists, because the first turn was cut off. `false` if that was known.
    fn resume_instead(&mut self) -> bool {
        let record = self.record.as_mut();
        let Some(record) = record.filter(|record| !record.is_resumable()) else {
            return false;
        };
        record.state.resumable = Some(true);
        // It has begun with the conversation.
        record.state.is_lost = false;
        if let Some(turn) = &mut self.turn
            && std::mem::take(&mut turn.context.is_rebuilt)
        {
            turn.context.meanwhile = Meanwhile::default();
        }
        true
    }

    pub(super) fn failed(&mut self, reason: &str, now: Now) {
        if is_config_broken(reason) {
            tracing::error!(channel = %self.channel, "the CLI's settings file `.claude.json` is damaged");
            self.process.restarts = false;
            if self.turn.is_some() {
                let text = messages::config_broken(self.offers_retry());
                self.give_up(text, "not_started", now);
            }
            return;
        }
        if self.process.failed(now.mono) {
            tracing::warn!(channel = %self.channel, "the CLI did not start; trying again");
            self.tell_backing_off(now);
            return;
        }
        tracing::error!(channel = %self.channel, "the CLI does not start");
        if self.turn.is_some() {
            let text = messages::not_started(reason, self.offers_retry());
            self.give_up(text, "not_started", now);
        } else {
            self.say(None, messages::NOT_RESTARTED);
        }
    }

    /// Posts, once per turn, that the message waits because too many processes have failed.
    pub(super) fn tell_backing_off(&mut self, now: Now) {
        let Some(turn) = self.turn.as_mut().filter(|turn| !turn.backoff_told) else {
            return;
        };
        if let Some(wait) = self.process.cooldown(now.mono) {
            turn.backoff_told = true;
            let origin = turn.origin;
            self.say_quietly(Some(origin), messages::backing_off(wait));
        }
    }
}

fn is_session_missing(exit: &Exit) -> bool {
    exit.stderr.contains("No conversation found")
        || exit.stderr.contains("No message found with message.uuid")
}

fn is_config_broken(stderr: &str) -> bool {
    stderr.contains("Configuration error in ") && stderr.contains(".claude.json")
}

fn is_session_in_use(exit: &Exit) -> bool {
    exit.stderr.contains("already in use")
}
