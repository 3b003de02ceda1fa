//! Starting and ending the process, and what it says about itself.

use super::{
    Effect, Now, StartFailure, State,
    commands::EFFORT,
    context_usage::CONTEXT_USAGE,
    messages,
    mode::SET_MODE,
    process::Overdue,
    side_questions::{ASKED, COUNTED},
    turn::TurnMachine,
};
use crate::{
    claude::{
        launch::Start,
        pool::Recall,
        protocol::{Control, Initialized, SessionEvent, TaskEvent, UsageReport},
    },
    config::HOST_SERVER,
    ledger::cost::Meter,
    registry::state::Fork,
};

// Ids of control requests. At most one of each kind is pending.
const INITIALIZE: &str = "switchboard-initialize";
const GET_USAGE: &str = "switchboard-get-usage";
pub(super) const SET_MODEL: &str = "switchboard-set-model";
pub(super) const WITHDRAW: &str = "switchboard-withdraw";

impl State {
    pub(super) fn start(&mut self) {
        if let Some((start, model)) = self.prepare_start() {
            self.effects.push(Effect::Start { start, model });
        }
    }

    /// How the process is started, which follows.
    pub(super) fn prepare_start(&mut self) -> Option<(Start, String)> {
        let record = self.record.as_ref()?;
        let (id, model) = (record.session_id.clone(), record.model.clone());
        let fork = record.state.fork.clone();
        let is_resumed = record.is_resumable() || fork.is_some();
        let (total, unit_cost) = (record.state.cli_total_cost_usd, record.state.unit_cost_usd);
        let (meter, start) = match fork {
            Some(Fork { from, at }) => {
                let (new_id, at) = (id, Some(at));
                (
                    Meter::resumed(total, unit_cost),
                    Start::Fork { from, new_id, at },
                )
            }
            None if is_resumed => (Meter::resumed(total, unit_cost), Start::Resume(id)),
            None => (Meter::fresh(unit_cost), Start::Fresh(id)),
        };
        self.meter = meter;
        self.process.start(model.clone(), is_resumed);
        Some((start, model))
    }

    /// Starts a process, after a pause if recent failures require one.
    pub(super) fn start_or_back_off(&mut self, now: Now) {
        if !self.process.must_back_off(now.mono) {
            self.start();
        }
    }

    pub(super) fn started(&mut self, now: Now) {
        if self.process.started(now.mono) {
            self.control(INITIALIZE, Control::initialize().serving([HOST_SERVER]));
        }
    }

    pub(super) fn start_failed(&mut self, failure: StartFailure, now: Now) {
        let is_unneeded = self.failed_unneeded();
        self.process.gone();
        self.side_questions_cut(false);
        if is_unneeded {
            tracing::warn!(channel = %self.channel, ?failure, "the CLI was not started ahead of a message");
            return;
        }
        match failure {
            StartFailure::CliMissing(text) => {
                self.process.restarts = false;
                let text = messages::cli_missing(&text, self.offers_retry());
                self.give_up(text, "cli_missing", now);
            }
            StartFailure::TooOld(why) => {
                self.process.restarts = false;
                let text = messages::cli_too_old(&why, self.offers_retry());
                self.give_up(text, "cli_too_old", now);
            }
            StartFailure::Other(text) => self.failed(&text, now),
        }
    }

    /// Ends the process, or gives up the wait for one.
    pub(super) fn stop_process(&mut self) {
        if self.process.stop() {
            self.background_lost();
            self.effects.push(Effect::Stop);
        }
    }

    pub(super) fn recalled(&mut self, why: Recall) {
        let why = match why {
            Recall::Slot => "another channel needs its place",
            Recall::Memory => "the machine is short of memory",
        };
        tracing::info!(channel = %self.channel, why, "the idle process makes room");
        self.end_when_idle();
    }

    /// Ends the process before its next turn.
    pub(super) fn end_when_idle(&mut self) {
        self.process.is_recalled = true;
        if !self.is_busy() {
            self.stop_process();
        }
    }

    pub(super) fn heard(&mut self, event: &SessionEvent, now: Now) {
        self.card_heard(event, now);
        match event {
            SessionEvent::ControlResponse(response) => {
                let refusal = response.error.as_deref();
                match response.request_id.as_str() {
                    INITIALIZE => {
                        if let Some(error) = refusal {
                            tracing::warn!(channel = %self.channel, error, "the CLI refused to initialize");
                        } else {
                            let Initialized { models, .. } = response.body.read();
                            if !models.is_empty() {
                                self.effects.push(Effect::ModelsListed(models));
                            }
                        }
                        self.initialized(now);
                    }
                    GET_USAGE => {
                        let report: UsageReport = response.body.read();
                        self.usage_reported(report.session.total_cost_usd, now);
                    }
                    SET_MODEL => self.model_changed(refusal, now),
                    SET_MODE => self.mode_changed(refusal),
                    WITHDRAW => self.withdrawn(&response.body, now),
                    EFFORT => {
                        if let Some(error) = refusal {
                            tracing::warn!(channel = %self.channel, error, "the CLI refused to change the effort");
                        }
                    }
                    CONTEXT_USAGE => self.context_counted(response, now),
                    id => {
                        if let Some(id) = id.strip_prefix(COUNTED) {
                            self.side_question_counted(id, &response.body, now);
                        } else if let Some(id) = id.strip_prefix(ASKED) {
                            self.side_question_answered(id, response);
                        }
                    }
                }
            }
            SessionEvent::ControlRequest(request) => self.control_requested(request, now),
            SessionEvent::ControlCancel { request_id } => {
                self.host_calls.cancelled(request_id);
                self.approval_cancelled(request_id, now);
            }
            SessionEvent::Task(event)
                if matches!(event, TaskEvent::Started(_) | TaskEvent::Listed(_))
                    || event.ended().is_some() =>
            {
                self.task_heard(event, now);
            }
            event => {
                if let SessionEvent::Status(status) = event {
                    self.mode_reported(status, now);
                }
                self.turn_heard(event, now);
                self.note_spending(event);
            }
        }
    }

    fn initialized(&mut self, now: Now) {
        if !self.process.initialized(now.mono) {
            return;
        }
        self.effects.push(Effect::Ready);
        if let Some(effort) = self.effort() {
            self.control(EFFORT, Control::effort(Some(effort)));
        }
        if self.process.is_live() {
            self.proceed(now);
        } else {
            self.control(GET_USAGE, Control::GetUsage);
        }
    }

    fn usage_reported(&mut self, total_usd: Option<f64>, now: Now) {
        if self.process.usage_reported(now.mono) {
            if let Some(total) = total_usd {
                self.meter.set_start(total);
            }
            self.proceed(now);
        }
    }

    /// Handles the answer to `set_model`.
    fn model_changed(&mut self, refusal: Option<&str>, now: Now) {
        let turn = self.prepared_turn();
        let was_awaited = turn.is_some_and(TurnMachine::prepared);
        if !self.process.is_live() {
            return;
        }
        if let Some(error) = refusal {
            // The next process starts with the model as an argument.
            tracing::warn!(channel = %self.channel, error, "the CLI refused to change its model");
            self.stop_process();
        } else {
            // A turn that was stopped meanwhile has changed the model anyway.
            self.process.model_changed();
            if was_awaited {
                self.proceed(now);
            }
        }
    }

    /// What the process does, for `!status`.
    pub(crate) fn activity(&self) -> &'static str {
        match (self.process.is_live(), &self.turn) {
            (true, Some(_)) => "working",
            (true, None) if self.is_busy() => "working in the background",
            (true, None) => "idle",
            (false, _) if self.process.is_stopping() => "stopping",
            (false, _) => "starting",
        }
    }

    pub(super) fn process_tick(&mut self, now: Now) {
        let is_idle = !self.is_busy();
        let idle_timeout = self.idle_timeout();
        match self.process.tick(is_idle, idle_timeout, now.mono) {
            Some(Overdue::Initialize) => {
                tracing::warn!(channel = %self.channel, "the CLI did not initialize in time");
                self.effects.push(Effect::Kill);
            }
            Some(Overdue::Usage) => {
                tracing::debug!(channel = %self.channel, "the CLI did not report its cost total");
                self.proceed(now);
            }
            Some(Overdue::Idle) => {
                let why = if self.process.is_prewarmed {
                    "nothing followed the typing"
                } else {
                    "it was idle for long enough"
                };
                tracing::info!(channel = %self.channel, why, "the process is ended");
                self.stop_process();
            }
            Some(Overdue::Restart) if self.turn.is_some() => self.proceed(now),
            Some(Overdue::Restart) if self.process.restarts => self.start_or_back_off(now),
            Some(Overdue::Restart) | None => {}
        }
    }
}
