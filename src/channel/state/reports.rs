//! Background tasks, and Claude's reports on them.

use super::{
    Effect, Now, State,
    answer_progress::AnswerProgress,
    background::{BackgroundTransition, Starter},
    cancel::INTERRUPT,
    delivery::Purpose,
    messages,
    turn::TurnMachine,
};
use crate::{
    claude::{
        protocol::{CommandLifecycle, Control, SessionEvent, Task, TaskEvent, TurnResult},
        turn::{Ending, Signal},
    },
    external::Speaker,
    limits::Reached,
};

/// The outcome of a report in the ledger, unless it fails.
pub(super) const BOOKED_AS: &str = "background";

const STOP_TASK: &str = "switchboard-stop-task";

impl State {
    pub(super) fn task_heard(&mut self, event: &TaskEvent, now: Now) {
        if !self.process.is_live() {
            return;
        }
        if event.ended().is_some_and(|(_, by_itself)| by_itself)
            && let Some(asked) = self.asked_mut().filter(|asked| !asked.has_begun())
        {
            asked.is_own = false;
        }
        let turn = self.turn.as_ref();
        let asked = turn.and_then(TurnMachine::asked);
        let starter = match (turn.filter(|_| asked.is_some()), self.background_starter()) {
            (Some(turn), _) => Some(Starter {
                speaker: turn.speaker.clone(),
                message: turn.origin.message(),
            }),
            (None, Some(starter)) => Some(starter.clone()),
            (None, None) => self.last_speaker.clone().map(|speaker| Starter {
                speaker,
                message: None,
            }),
        };
        let turn_since = asked.map(|asked| asked.at);
        let time = (now.mono, self.config.claude.background);
        self.background
            .task_heard(event, starter.as_ref(), turn_since, time);
    }

    /// Handles a report on background tasks, or a failed start.
    pub(super) fn heard_between_turns(&mut self, event: &SessionEvent, now: Now) {
        match event {
            SessionEvent::Init(_) if self.process.is_live() => {
                self.report_began(now);
                self.card_heard(event, now);
            }
            SessionEvent::Result(result) if self.process.is_live() => {
                return self.result_between_turns(result, now);
            }
            _ => {}
        }
        self.answer_heard(event, now);
        for signal in self.background.fold.apply(event) {
            match signal {
                Signal::Text(text) => self.answer_finished(text, now),
                Signal::Ended(outcome) if outcome.ending == Ending::SessionMissing => {
                    self.replace_session(now);
                }
                Signal::Tool(_) => self.answer_goes_on(now),
                Signal::Retrying(retry) => self.report_retries(&retry, now),
                Signal::Ended(_) => {}
            }
        }
    }

    fn report_began(&mut self, now: Now) {
        let timeout = self.config.claude.turn_timeout;
        if self.background.report_began(now.mono, timeout) {
            self.answer = AnswerProgress::default();
            self.report_card_began(now);
            self.spending_ended();
        }
        let speaker = self.reports_for().cloned();
        self.effects
            .extend(speaker.map(Effect::CheckBackgroundLimit));
    }

    fn result_between_turns(&mut self, result: &TurnResult, now: Now) {
        let outcome = self.background.fold.outcome(result);
        let is_lost = outcome.ending == Ending::SessionMissing;
        let is_report = self.background.is_reporting() || result.origin.is_some();
        if let Some(text) = outcome.unsaid.clone() {
            self.answer_finished(text, now);
        }
        self.end_answer(outcome.ending.is_success(), now);
        if is_report && !is_lost {
            self.report_over(&outcome, now);
        } else {
            self.book_background(result, BOOKED_AS, now);
        }
        self.background.report_ended();
        self.answer = AnswerProgress::default();
        if is_lost {
            self.replace_session(now);
        }
        self.proceed(now);
    }

    /// Whom the report is for, also one that crosses a message, or who started what runs.
    pub(super) fn reports_for(&self) -> Option<&Speaker> {
        let starter = self.background_starter().map(|starter| &starter.speaker);
        starter.or(self.last_speaker.as_ref())
    }

    fn background_starter(&self) -> Option<&Starter> {
        let is_report = self.background.has_report() || self.is_asked();
        let running = self.background.last_starter().filter(|_| !is_report);
        let ended = self.background.ended.as_ref();
        running.or(ended.map(|ended| &ended.starter))
    }

    /// Ends the report and the tasks of the person it is for. Other people's tasks go on, unless the budget is theirs too.
    pub(super) fn background_over_budget(&mut self, reached: &Reached, now: Now) {
        let tasks = if reached.is_of_channel() {
            self.background.stop_tasks(now.mono)
        } else {
            let owner = self.reports_for().map(|speaker| speaker.id);
            self.background.stop_tasks_of(owner, now.mono)
        };
        let is_reporting = self.background.can_interrupt();
        if tasks.is_empty() && !is_reporting {
            return;
        }
        self.send_stop_tasks(&tasks);
        self.interrupt_report(now);
        self.say(
            None,
            messages::background_over_budget(reached, is_reporting, &tasks),
        );
    }

    /// Ends all tasks and the report. Returns the tasks.
    pub(super) fn stop_background(&mut self, now: Now) -> Vec<Task> {
        self.background.pinged();
        let tasks = self.background.stop_tasks(now.mono);
        self.send_stop_tasks(&tasks);
        self.interrupt_report(now);
        tasks
    }

    fn send_stop_tasks(&mut self, tasks: &[Task]) {
        for task in tasks {
            let task_id = task.id.clone();
            self.control(STOP_TASK, Control::StopTask { task_id });
        }
    }

    pub(super) fn interrupt_report(&mut self, now: Now) {
        if self.background.interrupt_report(now.mono) {
            if let Some(card) = self.cards.report() {
                card.progress.interrupt();
            }
            self.control(INTERRUPT, Control::Interrupt);
        }
    }

    /// Tells the channel which tasks end with the process.
    pub(super) fn background_lost(&mut self) {
        let tasks = self.background.process_ended();
        if !tasks.is_empty() {
            let text = messages::tasks_lost(&tasks);
            self.say_for(Purpose::TasksLost(tasks.len()), text);
            let descriptions = tasks.into_iter().map(|task| task.description);
            self.recovery.losses.extend(descriptions);
        }
    }

    /// Records running and lost tasks, so that the next start can tell the channel.
    pub(super) fn record_background(&mut self) {
        let Some(record) = &mut self.record else {
            return;
        };
        let running = self.background.unstopped();
        let running = running.map(|task| task.description.clone());
        let background: Vec<String> = self
            .recovery
            .losses
            .iter()
            .cloned()
            .chain(running)
            .collect();
        if record.state.background != background {
            record.state.background = background;
            self.is_dirty = true;
        }
    }

    pub(super) fn background_tick(&mut self, now: Now) {
        for transition in self.background.tick(now.mono) {
            match transition {
                BackgroundTransition::TaskLost => {
                    tracing::warn!(channel = %self.channel, "the CLI did not report the end of a stopped task");
                }
                BackgroundTransition::TasksTimedOut(tasks) => {
                    self.send_stop_tasks(&tasks);
                    let limit = self.config.claude.background;
                    self.say(None, messages::tasks_timed_out(&tasks, limit));
                }
                BackgroundTransition::NoReport => {
                    self.ping_for_task(now);
                    self.proceed(now);
                }
                BackgroundTransition::ReportTimedOut => {
                    let limit = self.config.claude.turn_timeout;
                    self.say(None, messages::report_timed_out(limit));
                    self.interrupt_report(now);
                }
                BackgroundTransition::ReportStuck => {
                    self.book_cut_report(Ending::Interrupted.name(), now);
                    self.stop_process();
                }
            }
        }
    }

    /// Whose turn begins, on CLIs that tell (2.1.206).
    pub(super) fn message_state_heard(&mut self, message: &CommandLifecycle) {
        let turn = self.turn.as_mut();
        let Some(turn) = turn.filter(|turn| turn.id == message.command_uuid) else {
            return;
        };
        match (message.state.as_str(), turn.asked_mut()) {
            ("queued", Some(asked)) => asked.is_own = false,
            ("started", Some(asked)) => asked.is_own = true,
            _ => {}
        }
    }

    /// Another turn begins, so the message was not part of the report that crossed it.
    pub(super) fn crossed_report_is_other(&mut self, now: Now) {
        let Some(asked) = self.asked_mut() else {
            return;
        };
        let Some(crossed) = asked.crossed.take() else {
            return;
        };
        let outcome = asked.fold.outcome(&crossed.result);
        asked.start_over();
        if let Some(text) = outcome.unsaid.clone() {
            self.answer_finished(text, now);
        }
        self.end_report(now);
        self.report_over(&outcome, now);
    }

    /// No other turn has begun, so the report's result was also that of the message.
    pub(super) fn crossed_report_is_result(&mut self, now: Now) {
        let Some(asked) = self.asked_mut() else {
            return;
        };
        let Some(crossed) = asked.crossed.take() else {
            return;
        };
        let outcome = asked.fold.outcome(&crossed.result);
        self.ended(&outcome, now);
        self.ping_for_task(now);
    }
}
