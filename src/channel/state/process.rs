//! The process's side of the state machine.

use std::time::{Duration, Instant};

use super::{
    Effect, NotStarted, Now, State,
    turn::{Phase, Running, SET_MODEL, says_exists, says_missing},
};
use crate::{
    channel::words,
    claude::{
        launch::Start,
        process::Exit,
        protocol::{self, Event as Cli},
    },
    ledger::cost::Meter,
};

/// How long a process may take to say that it is ready.
const GREETING_PATIENCE: Duration = Duration::from_mins(1);

/// How long it may take to tell its cost total. With a claude.ai login it asks over the network first.
const USAGE_PATIENCE: Duration = Duration::from_secs(5);

/// How often a process that fails is started again for one message.
const RESTARTS: u32 = 3;

const INITIALIZE: &str = "switchboard-initialize";
const GET_USAGE: &str = "switchboard-get-usage";

/// The process, with what there is to know about it in each state.
#[derive(Debug)]
pub(super) enum Proc {
    /// There is none.
    Absent,
    /// It waits for a place in the pool, or is being started.
    Admitting { model: String, resumed: bool },
    /// It runs and has been greeted; it is not ready yet.
    Greeting {
        model: String,
        resumed: bool,
        step: Step,
        until: Option<Instant>,
    },
    /// It is ready, or works; idle since then, unless it works.
    Live { model: String, since: Instant },
    /// It is being ended on purpose.
    Ending,
    /// It failed and is started again after a pause.
    Resting { until: Instant },
}

/// What a process that is not ready yet has been asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Step {
    Initialize,
    GetUsage,
}

impl Proc {
    pub(super) fn deadline(&self, idle: Duration, is_working: bool) -> Option<Instant> {
        match self {
            Self::Greeting { until, .. } => *until,
            Self::Resting { until } => Some(*until),
            Self::Live { since, .. } if !is_working => Some(*since + idle),
            Self::Live { .. } | Self::Absent | Self::Admitting { .. } | Self::Ending => None,
        }
    }

    /// A turn has ended: a process that lives waits for the next from now on.
    pub(super) fn idles(&mut self, now: Instant) {
        if let Self::Live { since, .. } = self {
            *since = now;
        }
    }
}

impl State {
    /// Starts a process for the channel's session.
    pub(super) fn start(&mut self) {
        let Some(record) = &self.record else { return };
        let resumed = record.is_resumable();
        let id = record.session_id.clone();
        let model = record.model.clone();
        self.meter = if resumed {
            Meter::resumed(record.state.cli_total_cost_usd, record.state.unit_cost_usd)
        } else {
            Meter::fresh(record.state.unit_cost_usd)
        };
        self.revive = false;
        self.recalled = false;
        self.process = Proc::Admitting {
            model: model.clone(),
            resumed,
        };
        let start = if resumed {
            Start::Resume(id)
        } else {
            Start::Fresh(id)
        };
        self.effects.push(Effect::Start { start, model });
    }

    pub(super) fn started(&mut self, now: Now) {
        if let Proc::Admitting { model, resumed } = &self.process {
            self.process = Proc::Greeting {
                model: model.clone(),
                resumed: *resumed,
                step: Step::Initialize,
                until: Some(now.mono + GREETING_PATIENCE),
            };
            self.write(protocol::initialize(INITIALIZE));
        }
    }

    pub(super) fn start_failed(&mut self, reason: NotStarted, now: Now) {
        self.process = Proc::Absent;
        match reason {
            NotStarted::Missing(text) => {
                self.revive = false;
                self.give_up(words::cli_missing(&text), "cli_missing", now);
            }
            NotStarted::Failed(text) => self.failed(&text, now),
        }
    }

    /// Ends the process on purpose, whatever it does.
    pub(super) fn end_process(&mut self) {
        match self.process {
            Proc::Absent | Proc::Ending => {}
            Proc::Resting { .. } => self.process = Proc::Absent,
            Proc::Admitting { .. } | Proc::Greeting { .. } | Proc::Live { .. } => {
                self.background_lost();
                self.process = Proc::Ending;
                self.effects.push(Effect::End);
            }
        }
    }

    pub(super) fn recall(&mut self) {
        self.recalled = true;
        if !self.is_busy() {
            self.end_process();
        }
    }

    /// The process said something.
    pub(super) fn heard(&mut self, event: &Cli, now: Now) {
        match event {
            Cli::ControlResponse(answer) => {
                let refused = answer.error.as_deref();
                match answer.request_id.as_str() {
                    INITIALIZE => self.greeted(refused, now),
                    GET_USAGE => self.told_usage(answer.session_cost_usd, now),
                    SET_MODEL => self.model_changed(refused, now),
                    _ => {}
                }
            }
            Cli::ControlRequest(request) => {
                tracing::warn!(channel = %self.channel, subtype = request.subtype, "refused a control request");
                let error = format!("Unsupported control request subtype: {}", request.subtype);
                self.write(protocol::control_error(&request.request_id, &error));
            }
            Cli::Task(event) => self.task_heard(event, now),
            event => self.turn_heard(event, now),
        }
    }

    fn greeted(&mut self, refused: Option<&str>, now: Now) {
        let Proc::Greeting {
            resumed,
            step,
            until,
            ..
        } = &mut self.process
        else {
            return;
        };
        if *step != Step::Initialize {
            return;
        }
        if let Some(error) = refused {
            tracing::warn!(channel = %self.channel, error, "the CLI refused to initialize");
        }
        self.effects.push(Effect::Ready);
        if *resumed {
            *step = Step::GetUsage;
            *until = Some(now.mono + USAGE_PATIENCE);
            self.write(protocol::get_usage(GET_USAGE));
        } else {
            self.ready(now);
        }
    }

    fn told_usage(&mut self, total_usd: Option<f64>, now: Now) {
        // An answer that comes later may hold a part of the turn that runs.
        if matches!(
            self.process,
            Proc::Greeting {
                step: Step::GetUsage,
                ..
            }
        ) {
            if let Some(total) = total_usd {
                self.meter.set_start(total);
            }
            self.ready(now);
        }
    }

    fn ready(&mut self, now: Now) {
        let Proc::Greeting { model, .. } = &self.process else {
            return;
        };
        self.process = Proc::Live {
            model: model.clone(),
            since: now.mono,
        };
        self.failures = 0;
        self.proceed(now);
    }

    pub(super) fn exited(&mut self, exit: &Exit, now: Now) {
        let was = std::mem::replace(&mut self.process, Proc::Absent);
        let planned = matches!(was, Proc::Ending);
        self.background_lost();
        if !planned {
            let Exit {
                code,
                signal,
                stderr,
            } = exit;
            tracing::warn!(channel = %self.channel, code, signal, "the CLI ended by itself");
            // It may repeat the line that it could not read, and with it a person's words.
            tracing::debug!(channel = %self.channel, stderr, "what it wrote to stderr");
        }
        let phase = self.running.as_ref().map(|running| running.phase);
        match phase {
            Some(Phase::Asked) if says_missing(exit) && self.session_missing(now) => {
                self.proceed(now);
            }
            Some(Phase::Asked) if self.was_never_begun() => self.start_ended(exit, now),
            Some(Phase::Asked) => {
                if !self.running.as_ref().is_some_and(Running::is_cut) && !self.going_down {
                    self.failures = 1;
                    self.breaker.failed(now.mono);
                    self.revive = true;
                    self.rest(now);
                }
                self.turn_lost(exit, now);
            }
            Some(Phase::Waiting | Phase::ChangingModel { .. }) => {
                if let Some(running) = &mut self.running {
                    running.phase = Phase::Waiting;
                }
                if planned {
                    self.proceed(now);
                } else {
                    self.start_ended(exit, now);
                }
            }
            Some(Phase::Recording) => {}
            None if planned || self.going_down || matches!(was, Proc::Live { .. }) => {}
            None if says_exists(exit) && self.resume_instead() => self.start(),
            None => self.failed(&exit.stderr, now),
        }
    }

    /// Whether the process ended before it took notice of the message: an idle CLI that died just then. The message
    /// waits for another process, as often as it may move.
    fn was_never_begun(&mut self) -> bool {
        let going_down = self.going_down;
        let Some(running) = self.running.as_mut().filter(|running| {
            !going_down && !running.is_cut() && running.fold.session_id().is_none()
        }) else {
            return false;
        };
        running.waits_again()
    }

    /// The session is there already: the bot, or the CLI, went down in its first turn. `false` where that was known.
    fn resume_instead(&mut self) -> bool {
        let record = self.record.as_mut().filter(|record| !record.is_resumable());
        record
            .map(|record| record.state.resumable = Some(true))
            .is_some()
    }

    /// The process ended before the message was given to it.
    fn start_ended(&mut self, exit: &Exit, now: Now) {
        let mended = (says_missing(exit) && self.session_missing(now))
            || (says_exists(exit) && self.resume_instead());
        if mended {
            self.proceed(now);
        } else {
            self.failed(&exit.stderr, now);
        }
    }

    /// The next start is after a pause.
    fn rest(&mut self, now: Now) {
        let until = self.breaker.until(now.mono).unwrap_or(now.mono);
        self.process = Proc::Resting { until };
    }

    /// Says once that a message waits because too many processes have failed.
    pub(super) fn note_rest(&mut self, now: Now) {
        let (Proc::Resting { until }, Some(running)) = (&self.process, &mut self.running) else {
            return;
        };
        if self.breaker.is_open(now.mono) && !running.rest_noted {
            running.rest_noted = true;
            let wait = until.saturating_duration_since(now.mono);
            let origin = running.origin.clone();
            self.say(Some(origin), words::resting(wait));
        }
    }

    /// Starts a process as soon as the last failures allow.
    pub(super) fn start_or_rest(&mut self, now: Now) {
        match self.breaker.until(now.mono) {
            Some(until) => self.process = Proc::Resting { until },
            None => self.start(),
        }
    }

    /// A start failed: another after a pause, up to a limit.
    fn failed(&mut self, reason: &str, now: Now) {
        self.failures += 1;
        self.breaker.failed(now.mono);
        if self.failures <= RESTARTS {
            tracing::warn!(channel = %self.channel, failures = self.failures, "the CLI did not come up; trying again");
            self.rest(now);
            self.note_rest(now);
            self.revive = true;
            return;
        }
        tracing::error!(channel = %self.channel, failures = self.failures, "the CLI does not come up");
        self.failures = 0;
        self.breaker.calm();
        self.revive = false;
        if self.running.is_some() {
            self.give_up(words::not_started(reason), "not_started", now);
        } else {
            self.say(None, words::not_restarted());
        }
    }

    pub(super) fn tick(&mut self, now: Now) {
        self.turn_tick(now);
        self.background_tick(now);
        let due = |until: Instant| now.mono >= until;
        match &mut self.process {
            Proc::Greeting { step, until, .. } if until.is_some_and(due) => {
                *until = None;
                if *step == Step::GetUsage {
                    tracing::debug!(channel = %self.channel, "the CLI did not tell its cost total");
                    self.ready(now);
                } else {
                    tracing::warn!(channel = %self.channel, "the CLI did not get ready in time");
                    self.effects.push(Effect::Kill);
                }
            }
            Proc::Resting { until } if due(*until) => {
                self.process = Proc::Absent;
                if self.running.is_some() {
                    self.proceed(now);
                } else if self.revive {
                    self.start_or_rest(now);
                }
            }
            Proc::Live { since, .. }
                if self.running.is_none()
                    && !self.background.is_busy()
                    && due(*since + self.settings.idle) =>
            {
                self.end_process();
            }
            _ => {}
        }
    }
}
