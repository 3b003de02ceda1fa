//! Cutting a turn short: `!stop`, the time limit, and a login that the API refuses.

use std::time::{Duration, Instant};

use super::{
    Effect, Now, State,
    turn::{Phase, Running},
};
use crate::{
    channel::{item::Origin, words},
    claude::{protocol, turn::Ending},
};

/// How long an interrupted turn may take to end before its process is ended.
const INTERRUPT_PATIENCE: Duration = Duration::from_secs(5);

/// The id of our requests to interrupt.
pub(super) const INTERRUPT: &str = "switchboard-interrupt";

/// The turn is being interrupted.
pub(super) struct Cut {
    pub(super) why: Why,
    /// When patience with the interrupt ends; `None` once the process is being ended for it.
    pub(super) until: Option<Instant>,
}

#[derive(Clone)]
pub(super) enum Why {
    Stopped(Origin),
    TimedOut,
    Silent,
    LoginExpired,
}

impl Why {
    /// As it is called in the ledger.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Stopped(_) => "interrupted",
            Self::TimedOut => "timed_out",
            Self::Silent => "unresponsive",
            Self::LoginExpired => "login_expired",
        }
    }
}

impl State {
    pub(super) fn stop_asked(&mut self, origin: &Origin, now: Now) {
        self.claim_ahead(origin, None, now);
        let reported = self.can_cut_report();
        let tasks = self.stop_background(now);
        let Some(running) = &mut self.running else {
            let text = match (tasks.is_empty(), reported) {
                (false, _) => words::tasks_stopped(&tasks),
                (true, true) => words::stopped(self.queue.len()),
                (true, false) if self.background.is_busy() => words::already_stopping(),
                (true, false) => words::nothing_runs(),
            };
            self.say(Some(origin.clone()), text);
            return;
        };
        if !tasks.is_empty() {
            self.effects.push(Effect::Say {
                to: None,
                text: words::tasks_stopped(&tasks),
            });
        }
        if running.cut.is_some() {
            self.say(Some(origin.clone()), words::already_stopping());
        } else if running.phase == Phase::Asked {
            self.interrupt(Why::Stopped(origin.clone()), now);
        } else {
            self.say(Some(origin.clone()), words::stopped_early());
            self.over(now);
        }
    }

    pub(super) fn interrupt(&mut self, why: Why, now: Now) {
        let Some(running) = &mut self.running else {
            return;
        };
        running.fold.interrupting();
        running.cut = Some(Cut {
            why,
            until: Some(now.mono + INTERRUPT_PATIENCE),
        });
        self.write(protocol::interrupt(INTERRUPT));
    }

    pub(super) fn say_cut(&mut self, running: &Running, why: Why) {
        match why {
            Why::Stopped(origin) => self.say(Some(origin), words::stopped(self.queue.len())),
            Why::TimedOut => {
                self.say(
                    Some(running.origin.clone()),
                    words::timed_out(self.settings.turn_timeout),
                );
            }
            Why::Silent => {
                self.say(
                    Some(running.origin.clone()),
                    words::unresponsive(self.settings.silence),
                );
            }
            Why::LoginExpired => {
                if let Some(text) = words::ending(&Ending::LoginExpired) {
                    self.say(Some(running.origin.clone()), text);
                }
            }
        }
    }

    pub(super) fn turn_tick(&mut self, now: Now) {
        let Some(running) = &mut self.running else {
            return;
        };
        let due = |until: Instant| now.mono >= until;
        if running
            .folded
            .as_ref()
            .is_some_and(|folded| due(folded.until))
        {
            return self.fold_in(now);
        }
        let is_silent = running.silent_from().is_some_and(due);
        match &mut running.cut {
            Some(cut) => {
                if cut.until.is_some_and(due) {
                    cut.until = None;
                    self.end_process();
                }
                return;
            }
            None if due(running.until) => {
                if running.phase == Phase::Asked {
                    self.interrupt(Why::TimedOut, now);
                } else {
                    let text = words::waited_in_vain(self.settings.turn_timeout);
                    self.give_up(text, "timed_out", now);
                }
                return;
            }
            None if is_silent => {
                tracing::warn!(channel = %self.channel, "the CLI is silent and runs no tool");
                return self.interrupt(Why::Silent, now);
            }
            None => {}
        }
        if let Phase::ChangingModel { until } = running.phase
            && due(until)
        {
            tracing::warn!(channel = %self.channel, "the CLI did not answer set_model in time");
            running.phase = Phase::Waiting;
            self.end_process();
        }
    }
}
