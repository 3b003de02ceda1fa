//! What the channel does about background tasks, and about the turns in which Claude reports on them.

use super::{
    Effect, Now, State, background::Transition, cancel::INTERRUPT, messages, turn::TurnMachine,
};
use crate::{
    claude::{
        protocol::{Control, SessionEvent, Task, TaskEvent},
        turn::Signal,
    },
    external::Speaker,
};

/// The id of the bot's requests to stop a task.
const STOP_TASK: &str = "switchboard-stop-task";

impl State {
    /// The CLI told something of its tasks, whether or not a turn runs.
    pub(super) fn task_heard(&mut self, event: &TaskEvent, now: Now) {
        if !self.process.is_live() {
            return;
        }
        let is_turn_running = self.is_asked();
        let starter = match &self.turn {
            Some(turn) if is_turn_running => Some(turn.speaker.clone()),
            _ => self.reports_for().cloned(),
        };
        let time = (now.mono, self.settings.background);
        self.background
            .task_heard(event, starter.as_ref(), is_turn_running, time);
    }

    /// The CLI said something of its own accord.
    pub(super) fn report_heard(&mut self, event: &SessionEvent, now: Now) {
        if !self.process.is_live() {
            return;
        }
        match event {
            SessionEvent::Init(_) => {
                let timeout = self.settings.turn_timeout;
                self.background.report_began(now.mono, timeout);
                let speaker = self.reports_for().cloned();
                self.effects
                    .extend(speaker.map(Effect::CheckBackgroundLimit));
            }
            SessionEvent::Result(result) => {
                self.background.report_ended();
                self.book_background(result, now);
                self.proceed(now);
            }
            _ => {}
        }
    }

    /// Who the report that runs, or is to be booked, is for.
    pub(super) fn reports_for(&self) -> Option<&Speaker> {
        let last = self.last_speaker.as_ref();
        self.background.reports_for().or(last)
    }

    /// A limit of cost is reached: what was started for that person ends. What others started goes on.
    pub(super) fn background_limit_reached(&mut self, now: Now) {
        if !self.background.can_interrupt() {
            return;
        }
        let last = self.last_speaker.as_ref();
        let tasks = self.background.stop_tasks_of_report(last, now.mono);
        self.send_stop_tasks(&tasks);
        self.interrupt_report(now);
        self.say(None, messages::report_over_limit(&tasks));
    }

    /// Ends the tasks and the report that run because a person said so; which tasks those are.
    pub(super) fn stop_background(&mut self, now: Now) -> Vec<Task> {
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

    fn interrupt_report(&mut self, now: Now) {
        if self.background.interrupt_report(now.mono) {
            self.control(INTERRUPT, Control::Interrupt);
        }
    }

    /// The process ends, and everything that it did of its own accord. The channel is told of tasks that nobody ended.
    pub(super) fn background_lost(&mut self) {
        let tasks = self.background.process_ended();
        if !tasks.is_empty() {
            self.say_lost(tasks.len(), messages::tasks_lost(&tasks));
            self.recovery.lost(&tasks);
        }
    }

    /// Records what runs in the background and what was lost there, for the next start to tell if the bot cannot.
    pub(super) fn record_background(&mut self) {
        let Some(record) = &mut self.record else {
            return;
        };
        let running = self.background.unstopped();
        let running = running.map(|task| task.description.clone());
        let background: Vec<String> = self.recovery.losses().chain(running).collect();
        if record.state.background != background {
            record.state.background = background;
            self.is_dirty = true;
        }
    }

    pub(super) fn background_tick(&mut self, now: Now) {
        for transition in self.background.tick(now.mono) {
            match transition {
                Transition::TaskLost => {
                    tracing::warn!(channel = %self.channel, "the CLI did not say that a task has ended");
                }
                Transition::TasksTimedOut(tasks) => {
                    self.send_stop_tasks(&tasks);
                    let limit = self.settings.background;
                    self.say(None, messages::tasks_timed_out(&tasks, limit));
                }
                Transition::NoReport => self.proceed(now),
                Transition::ReportTimedOut => {
                    let limit = self.settings.turn_timeout;
                    self.say(None, messages::report_timed_out(limit));
                    self.interrupt_report(now);
                }
                Transition::ReportStuck => self.stop_process(),
            }
        }
    }

    /// Another turn begins, so the message was not folded into the report that crossed it.
    pub(super) fn crossed_report_is_other(&mut self, now: Now) {
        let Some(asked) = self.turn.as_mut().and_then(TurnMachine::asked_mut) else {
            return;
        };
        let Some(crossed) = asked.crossed.take() else {
            return;
        };
        asked.start_over();
        self.book_background(&crossed.result, now);
    }

    /// No other turn has begun: the result of the report was that of the message as well.
    pub(super) fn crossed_report_is_result(&mut self, now: Now) {
        let Some(asked) = self.turn.as_mut().and_then(TurnMachine::asked_mut) else {
            return;
        };
        let Some(mut crossed) = asked.crossed.take() else {
            return;
        };
        crossed.result.origin = None;
        for signal in asked.fold.apply(&SessionEvent::Result(crossed.result)) {
            if let Signal::Ended(outcome) = signal {
                return self.ended(&outcome, now);
            }
        }
    }
}
