//! What a process does beside the turns that people ask for: tasks in the background, and the turns in which Claude
//! reports of them.
//!
//! Measured on CLI 2.1.197 and 2.1.329: when a task has ended by itself, the CLI runs a turn of its own some 100 ms
//! later. A message that is written while such a turn runs a tool is taken into it and gets no `result` of its own,
//! so messages wait for its end. One may cross it on the way all the same: that is [`Folded`].

use std::time::{Duration, Instant};

use super::{Effect, Now, State, cut::INTERRUPT, process::Proc};
use crate::{
    channel::{item::Mark, words},
    claude::{
        protocol::{self, Event as Cli, Task, TaskEvent, TurnResult},
        turn::Signal,
    },
    external::Speaker,
};

/// The most tasks that are kept in view.
const MOST_TASKS: usize = 100;

/// How soon after a task's end the turn that reports of it begins.
const REPORT_BEGINS: Duration = Duration::from_secs(2);

/// How long a task or a report that was told to end may take.
const ENDING_PATIENCE: Duration = Duration::from_secs(5);

/// How soon after a report the CLI takes up the next message, if that was not taken into the report.
pub(super) const NEXT_BEGINS: Duration = Duration::from_secs(3);

/// The id of our requests to stop a task.
const STOP_TASK: &str = "switchboard-stop-task";

/// The process's own business.
#[derive(Debug, Default)]
pub(super) struct Background {
    tasks: Vec<Running>,
    report: Option<Report>,
    /// Who has had the task begun that was the last to end before a report.
    reports_for: Option<Speaker>,
}

/// A task that runs.
#[derive(Debug)]
struct Running {
    task: Task,
    /// Who has had it begun.
    starter: Option<Speaker>,
    /// When it is told to end; or, once it was, when it counts as gone.
    until: Instant,
    is_told: bool,
}

/// A turn of the CLI's own.
#[derive(Debug, Clone, Copy)]
enum Report {
    /// One may begin at any moment.
    Expected { until: Instant },
    /// One runs.
    Runs { until: Instant },
    /// It has been interrupted.
    Cut { until: Instant },
}

/// The result of a report that came while a message was under way: of both, unless another turn begins.
#[derive(Debug)]
pub(super) struct Folded {
    pub(super) result: Box<TurnResult>,
    pub(super) until: Instant,
}

impl Background {
    /// Whether there is anything that the process must live for.
    pub(super) fn is_busy(&self) -> bool {
        self.report.is_some() || !self.tasks.is_empty()
    }

    /// Whether a message would get in the way of a report.
    pub(super) fn reports(&self) -> bool {
        self.report.is_some()
    }

    pub(super) fn deadline(&self) -> Option<Instant> {
        let report = self.report.map(|report| match report {
            Report::Expected { until } | Report::Runs { until } | Report::Cut { until } => until,
        });
        let tasks = self.tasks.iter().map(|running| running.until);
        tasks.chain(report).min()
    }

    fn add(&mut self, task: &Task, starter: Option<&Speaker>, until: Instant) {
        let is_known = self.tasks.iter().any(|known| known.task.id == task.id);
        if !is_known && self.tasks.len() < MOST_TASKS {
            self.tasks.push(Running {
                task: task.clone(),
                starter: starter.cloned(),
                until,
                is_told: false,
            });
        }
    }

    /// The tasks that were not told to end.
    fn untold(&self) -> Vec<Task> {
        let untold = self.tasks.iter().filter(|running| !running.is_told);
        untold.map(|running| running.task.clone()).collect()
    }
}

impl State {
    /// What is told of tasks, whether or not a turn runs.
    pub(super) fn task_heard(&mut self, event: &TaskEvent, now: Now) {
        if !matches!(self.process, Proc::Live { .. }) {
            return;
        }
        let until = now.mono + self.settings.background;
        let starter = match &self.running {
            Some(running) if running.is_asked() => Some(running.speaker.clone()),
            _ => self.reports_for().cloned(),
        };
        let starter = starter.as_ref();
        match event {
            TaskEvent::Started(task) => self.background.add(task, starter, until),
            TaskEvent::Listed(tasks) => {
                let listed =
                    |running: &Running| tasks.iter().any(|task| task.id == running.task.id);
                self.background.tasks.retain(listed);
                for task in tasks {
                    self.background.add(task, starter, until);
                }
            }
            TaskEvent::Ended { id, by_itself } => {
                let background = &mut self.background;
                let mut ended = background
                    .tasks
                    .extract_if(.., |running| running.task.id == *id);
                let starter = ended.next().and_then(|running| running.starter);
                drop(ended);
                if background.report.is_none() && starter.is_some() {
                    background.reports_for = starter;
                }
                if *by_itself && !self.is_asked() && self.background.report.is_none() {
                    let until = now.mono + REPORT_BEGINS;
                    self.background.report = Some(Report::Expected { until });
                }
            }
        }
    }

    /// The CLI said something of its own accord.
    pub(super) fn report_heard(&mut self, event: &Cli, now: Now) {
        if !matches!(self.process, Proc::Live { .. }) {
            return;
        }
        match event {
            Cli::Init(_) => {
                let until = now.mono + self.settings.turn_timeout;
                self.background.report = Some(Report::Runs { until });
                let goes_on = self.reports_for().cloned().map(Effect::GoesOn);
                self.effects.extend(goes_on);
            }
            Cli::Result(result) => {
                self.background.report = None;
                self.book_background(result, now);
                self.proceed(now);
            }
            _ => {}
        }
    }

    /// Whose the report is that runs, or is to be booked.
    pub(super) fn reports_for(&self) -> Option<&Speaker> {
        let last = self.last_speaker.as_ref();
        self.background.reports_for.as_ref().or(last)
    }

    /// A limit of cost is reached: what was begun for that person ends. Who began something else may go on with it.
    pub(super) fn overspent(&mut self, now: Now) {
        if !self.can_cut_report() {
            return;
        }
        let whose = self.reports_for().map(|speaker| speaker.id);
        let is_theirs = |running: &Running| {
            let starter = running.starter.as_ref();
            starter.map(|speaker| speaker.id) == whose
        };
        let tasks = self.tell_to_end(now, is_theirs);
        self.cut_report(now);
        self.say(None, words::report_overspent(&tasks));
    }

    /// Ends the tasks and the report that run, at a person's wish; which tasks those are.
    pub(super) fn stop_background(&mut self, now: Now) -> Vec<Task> {
        let tasks = self.tell_to_end(now, |_| true);
        self.cut_report(now);
        tasks
    }

    /// Whether a report runs that is not cut yet.
    pub(super) fn can_cut_report(&self) -> bool {
        matches!(self.background.report, Some(Report::Runs { .. }))
    }

    fn cut_report(&mut self, now: Now) {
        if self.can_cut_report() {
            let until = now.mono + ENDING_PATIENCE;
            self.background.report = Some(Report::Cut { until });
            self.write(protocol::interrupt(INTERRUPT));
        }
    }

    /// Tells tasks to end that were not told before; which those are.
    fn tell_to_end(&mut self, now: Now, which: impl Fn(&Running) -> bool) -> Vec<Task> {
        let Self {
            background,
            effects,
            ..
        } = self;
        let mut told = Vec::new();
        let tasks = background.tasks.iter_mut();
        for running in tasks.filter(|running| !running.is_told && which(running)) {
            running.is_told = true;
            running.until = now.mono + ENDING_PATIENCE;
            let line = protocol::stop_task(STOP_TASK, &running.task.id);
            effects.push(Effect::Write(line));
            told.push(running.task.clone());
        }
        told
    }

    /// The process ends, and with it all that it did of its own. The channel is told of tasks that nobody has ended.
    pub(super) fn background_lost(&mut self) {
        let tasks = std::mem::take(&mut self.background).untold();
        if !tasks.is_empty() {
            self.say(None, words::tasks_lost(&tasks));
            self.mark(Mark::LossTold(tasks.len()));
            self.lost
                .extend(tasks.into_iter().map(|task| task.description));
        }
    }

    /// Puts on record what runs in the background and what was lost there, for the next start to tell of if the bot
    /// cannot.
    pub(super) fn note_background(&mut self) {
        let Some(record) = &mut self.record else {
            return;
        };
        let running = self.background.untold().into_iter();
        let running = running.map(|task| task.description);
        let background: Vec<String> = self.lost.iter().cloned().chain(running).collect();
        if record.state.background != background {
            record.state.background = background;
            self.save(false);
        }
    }

    /// A bot that went down has left this over.
    pub(super) fn background_left_over(&mut self) {
        let as_task = |description: &String| Task {
            id: String::new(),
            description: description.clone(),
        };
        let tasks: Vec<_> = self.lost.iter().map(as_task).collect();
        if !tasks.is_empty() {
            self.say(None, words::tasks_lost_with_the_bot(&tasks));
            self.mark(Mark::LossTold(tasks.len()));
        }
    }

    /// The channel knows of the oldest losses.
    pub(super) fn loss_told(&mut self, count: usize) {
        self.lost.drain(..count.min(self.lost.len()));
    }

    pub(super) fn background_tick(&mut self, now: Now) {
        let due = |until: Instant| now.mono >= until;
        let gone = |running: &Running| running.is_told && due(running.until);
        if self.background.tasks.iter().any(gone) {
            tracing::warn!(channel = %self.channel, "the CLI did not say that a task has ended");
            self.background.tasks.retain(|running| !gone(running));
        }
        let overdue = self.tell_to_end(now, |running| due(running.until));
        if !overdue.is_empty() {
            self.say(
                None,
                words::tasks_too_long(&overdue, self.settings.background),
            );
        }
        match self.background.report {
            Some(Report::Expected { until }) if due(until) => {
                self.background.report = None;
                self.proceed(now);
            }
            Some(Report::Runs { until }) if due(until) => {
                self.say(None, words::report_too_long(self.settings.turn_timeout));
                self.cut_report(now);
            }
            Some(Report::Cut { until }) if due(until) => self.end_process(),
            _ => {}
        }
    }

    /// A result that is not of a person's turn came while a message was under way.
    pub(super) fn fold(&mut self, result: &TurnResult, now: Now) {
        if let Some(running) = &mut self.running {
            running.folded = Some(Folded {
                result: Box::new(result.clone()),
                until: now.mono + NEXT_BEGINS,
            });
        }
    }

    /// Another turn begins, so the message was not taken into the report.
    pub(super) fn unfold(&mut self, now: Now) {
        let folded = self.running.as_mut().and_then(|running| {
            let folded = running.folded.take()?;
            running.start_over();
            Some(folded)
        });
        if let Some(folded) = folded {
            self.book_background(&folded.result, now);
        }
    }

    /// No other turn has begun: the result of a report was that of the message as well.
    pub(super) fn fold_in(&mut self, now: Now) {
        let Some(running) = &mut self.running else {
            return;
        };
        let Some(Folded { mut result, .. }) = running.folded.take() else {
            return;
        };
        result.origin = None;
        for signal in running.fold.apply(&Cli::Result(result)) {
            if let Signal::Ended(outcome) = signal {
                return self.ended(&outcome, now);
            }
        }
    }
}
