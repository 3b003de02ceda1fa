//! What the channel does about its process: starting, losing and ending it.

use super::{
    Effect, Now, StartFailure, State, messages,
    process::{ProcessEvent, Stopped, Transition, Was},
    turn::Phase,
};
use crate::{
    claude::{
        launch::Start,
        process::Exit,
        protocol::{Control, Response, SessionEvent, SessionRequest, TaskEvent, UsageReport},
    },
    ledger::cost::Meter,
};

/// The ids of the bot's requests to the CLI. Of each kind one is under way at most.
const INITIALIZE: &str = "switchboard-initialize";
const GET_USAGE: &str = "switchboard-get-usage";
pub(super) const SET_MODEL: &str = "switchboard-set-model";

impl State {
    /// Starts a process for the channel's session.
    fn start(&mut self) {
        let Some(record) = &self.record else { return };
        let is_resumed = record.is_resumable();
        let id = record.session_id.clone();
        let model = record.model.clone();
        self.meter = if is_resumed {
            Meter::resumed(record.state.cli_total_cost_usd, record.state.unit_cost_usd)
        } else {
            Meter::fresh(record.state.unit_cost_usd)
        };
        self.process.start(model.clone(), is_resumed);
        let start = if is_resumed {
            Start::Resume(id)
        } else {
            Start::Fresh(id)
        };
        self.effects.push(Effect::Start { start, model });
    }

    /// Starts a process as soon as the last failures allow.
    pub(super) fn start_or_back_off(&mut self, now: Now) {
        if !self.process.must_back_off(now.mono) {
            self.start();
        }
    }

    pub(super) fn started(&mut self, now: Now) {
        self.step(ProcessEvent::Started, now);
    }

    pub(super) fn start_failed(&mut self, failure: StartFailure, now: Now) {
        self.process.gone();
        match failure {
            StartFailure::CliMissing(text) => {
                self.process.forget_restart();
                self.give_up(messages::cli_missing(&text), "cli_missing", now);
            }
            StartFailure::Other(text) => self.failed(&text, now),
        }
    }

    /// Ends the process on purpose, whatever it does.
    pub(super) fn stop_process(&mut self) {
        if self.process.stop() == Stopped::End {
            self.background_lost();
            self.effects.push(Effect::Stop);
        }
    }

    pub(super) fn recalled(&mut self) {
        self.process.recall();
        if !self.is_busy() {
            self.stop_process();
        }
    }

    /// The process said something.
    pub(super) fn heard(&mut self, event: &SessionEvent, now: Now) {
        match event {
            SessionEvent::ControlResponse(response) => {
                let refusal = response.error.as_deref();
                match response.request_id.as_str() {
                    INITIALIZE => {
                        if let Some(error) = refusal {
                            tracing::warn!(channel = %self.channel, error, "the CLI refused to initialize");
                        }
                        self.step(ProcessEvent::Initialized, now);
                    }
                    GET_USAGE => {
                        let report: UsageReport = response.body.read();
                        self.usage_reported(report.session.total_cost_usd, now);
                    }
                    SET_MODEL => self.model_changed(refusal, now),
                    _ => {}
                }
            }
            SessionEvent::ControlRequest(request) => {
                let subtype = request.query.subtype();
                tracing::warn!(channel = %self.channel, subtype, "refused a control request");
                let error = format!("Unsupported control request subtype: {subtype}");
                self.send(SessionRequest::Respond {
                    request_id: request.request_id.clone(),
                    response: Response::Error(error),
                });
            }
            SessionEvent::Task(event)
                if matches!(event, TaskEvent::Started(_) | TaskEvent::Listed(_))
                    || event.ended().is_some() =>
            {
                self.task_heard(event, now);
            }
            event => self.turn_heard(event, now),
        }
    }

    fn usage_reported(&mut self, total_usd: Option<f64>, now: Now) {
        let transition = self.process.handle(ProcessEvent::UsageReported, now.mono);
        if transition == Transition::Ready {
            if let Some(total) = total_usd {
                self.meter.set_start(total);
            }
            self.proceed(now);
        }
    }

    /// The CLI has answered `set_model`.
    fn model_changed(&mut self, refusal: Option<&str>, now: Now) {
        let was_awaited = self
            .turn
            .as_mut()
            .is_some_and(super::turn::TurnMachine::model_changed);
        if !was_awaited || !self.process.is_live() {
            return;
        }
        if let Some(error) = refusal {
            // The other way is a start with the model as an argument.
            tracing::warn!(channel = %self.channel, error, "the CLI refused to change its model");
            self.stop_process();
        } else {
            let model = self.model().to_owned();
            self.process.model_changed(&model);
            self.proceed(now);
        }
    }

    pub(super) fn process_tick(&mut self, now: Now) {
        let event = ProcessEvent::Tick {
            is_idle: !self.is_busy(),
            idle_timeout: self.settings.idle,
        };
        self.step(event, now);
    }

    fn step(&mut self, event: ProcessEvent, now: Now) {
        match self.process.handle(event, now.mono) {
            Transition::None | Transition::WillRetry | Transition::GiveUp => {}
            Transition::Initialize => self.control(INITIALIZE, Control::initialize()),
            Transition::AskUsage => {
                self.effects.push(Effect::Ready);
                self.control(GET_USAGE, Control::GetUsage);
            }
            Transition::Ready => {
                self.effects.push(Effect::Ready);
                self.proceed(now);
            }
            Transition::ReadyWithoutUsage => {
                tracing::debug!(channel = %self.channel, "the CLI did not report its cost total");
                self.proceed(now);
            }
            Transition::Kill => {
                tracing::warn!(channel = %self.channel, "the CLI did not get ready in time");
                self.effects.push(Effect::Kill);
            }
            Transition::IdleTimeout => self.stop_process(),
            Transition::Retry => {
                if self.turn.is_some() {
                    self.proceed(now);
                } else if self.process.restarts() {
                    self.start_or_back_off(now);
                }
            }
        }
    }

    pub(super) fn exited(&mut self, exit: &Exit, now: Now) {
        let was = self.process.gone();
        self.background_lost();
        if was != Was::Stopping {
            let Exit {
                code,
                signal,
                stderr,
            } = exit;
            tracing::warn!(channel = %self.channel, code, signal, "the CLI ended by itself");
            // It may repeat the line that it could not read, and with it a person's words.
            tracing::debug!(channel = %self.channel, stderr, "what it wrote to stderr");
        }
        let Some(turn) = &mut self.turn else {
            return self.exited_without_turn(exit, was, now);
        };
        match turn.phase {
            Phase::Asked(_) => return self.exited_in_turn(exit, now),
            Phase::Recording => return,
            Phase::ChangingModel { .. } | Phase::CheckingLimit => {
                turn.phase = Phase::Waiting { is_fetching: false };
            }
            Phase::Waiting { .. } => {}
        }
        if was == Was::Stopping {
            self.proceed(now);
        } else {
            self.mend_or_fail(exit, now);
        }
    }

    fn exited_without_turn(&mut self, exit: &Exit, was: Was, now: Now) {
        if was != Was::Other || self.shutting_down {
            return;
        }
        if is_session_in_use(exit) && self.resume_instead() {
            self.start();
        } else {
            self.failed(&exit.stderr, now);
        }
    }

    fn exited_in_turn(&mut self, exit: &Exit, now: Now) {
        if is_session_missing(exit) && self.replace_session(now) {
            self.proceed(now);
        } else if self.was_never_begun() {
            self.mend_or_fail(exit, now);
        } else {
            let is_cancelled = self
                .turn
                .as_ref()
                .is_some_and(super::turn::TurnMachine::is_cancelled);
            if !is_cancelled && !self.shutting_down {
                self.process.crashed(now.mono);
            }
            self.turn_lost(exit, now);
        }
    }

    /// The process ended before the message was given to it.
    fn mend_or_fail(&mut self, exit: &Exit, now: Now) {
        let is_mended = (is_session_missing(exit) && self.replace_session(now))
            || (is_session_in_use(exit) && self.resume_instead());
        if is_mended {
            self.proceed(now);
        } else {
            self.failed(&exit.stderr, now);
        }
    }

    /// The session is there already: the bot, or the CLI, went down in its first turn. `false` if that was known.
    fn resume_instead(&mut self) -> bool {
        let record = self.record.as_mut().filter(|record| !record.is_resumable());
        record
            .map(|record| record.state.resumable = Some(true))
            .is_some()
    }

    /// A start failed: another follows after a pause, up to a limit.
    fn failed(&mut self, reason: &str, now: Now) {
        match self.process.handle(ProcessEvent::Failed, now.mono) {
            Transition::WillRetry => {
                tracing::warn!(channel = %self.channel, "the CLI did not start; trying again");
                self.tell_backing_off(now);
            }
            _ => {
                tracing::error!(channel = %self.channel, "the CLI does not start");
                if self.turn.is_some() {
                    self.give_up(messages::not_started(reason), "not_started", now);
                } else {
                    self.say(None, messages::not_restarted());
                }
            }
        }
    }

    /// Says once that a message waits because too many processes have failed.
    pub(super) fn tell_backing_off(&mut self, now: Now) {
        let Some(turn) = self.turn.as_mut().filter(|turn| !turn.backoff_told) else {
            return;
        };
        if let Some(wait) = self.process.long_wait(now.mono) {
            turn.backoff_told = true;
            let origin = turn.origin;
            self.say(Some(origin), messages::backing_off(wait));
        }
    }
}

/// Whether a failed start says that the session does not exist.
fn is_session_missing(exit: &Exit) -> bool {
    exit.stderr.contains("No conversation found")
}

/// Whether a failed start says that the session exists already.
fn is_session_in_use(exit: &Exit) -> bool {
    exit.stderr.contains("already in use")
}
