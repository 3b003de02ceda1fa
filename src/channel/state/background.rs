//! The machine of what a process does beside the turns that people ask for: tasks in the background, and the turns in
//! which Claude reports on them.
//!
//! Measured on CLI 2.1.197 and 2.1.329: when a task has ended by itself, the CLI runs a turn of its own some 100 ms
//! later. A message that is sent while such a turn runs a tool is folded into it and gets no `result` of its own, so
//! messages wait for its end. One may cross it on the way all the same: that is a [`CrossedReport`].

use std::time::{Duration, Instant};

use crate::{
    claude::protocol::{Task, TaskEvent, TurnResult},
    external::Speaker,
};

/// How many tasks are kept track of.
const MOST_TASKS: usize = 100;

/// How soon after a task's end the turn that reports on it begins.
const REPORT_BEGINS: Duration = Duration::from_secs(2);

/// How long a task or a report that was told to end may take.
const ENDING_TIMEOUT: Duration = Duration::from_secs(5);

/// How soon after a report the CLI begins with the next message, if that was not folded into the report.
const NEXT_TURN_BEGINS: Duration = Duration::from_secs(3);

/// What the process does of its own accord.
#[derive(Debug, Default)]
pub(super) struct BackgroundMachine {
    tasks: Vec<RunningTask>,
    report: Option<Report>,
    /// Who started the task that was the last to end before a report.
    reports_for: Option<Speaker>,
}

/// A task that runs.
#[derive(Debug)]
struct RunningTask {
    task: Task,
    /// Who had Claude start it.
    starter: Option<Speaker>,
    /// When it is told to end; once it was told, when it counts as gone.
    until: Instant,
    is_stopping: bool,
}

/// A turn of the CLI's own.
#[derive(Debug, Clone, Copy)]
enum Report {
    /// One may begin at any moment.
    Expected { until: Instant },
    /// One runs.
    Running { until: Instant },
    /// It has been interrupted.
    Interrupted { until: Instant },
}

/// The result of a report that came while a message was under way: it is both's, unless another turn begins.
#[derive(Debug)]
pub(super) struct CrossedReport {
    pub(super) result: Box<TurnResult>,
    pub(super) until: Instant,
}

impl CrossedReport {
    pub(super) fn new(result: TurnResult, now: Instant) -> Self {
        Self {
            result: Box::new(result),
            until: now + NEXT_TURN_BEGINS,
        }
    }
}

/// What follows from the passing of time.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub(super) enum Transition {
    /// These tasks have run for too long and must be told to end.
    TasksTimedOut(Vec<Task>),
    /// The CLI did not say that a task it was told to end has ended.
    TaskLost,
    /// No report has come: messages need not wait for it any more.
    NoReport,
    /// A report has run for too long and must be interrupted.
    ReportTimedOut,
    /// An interrupted report did not end: the process must be ended.
    ReportStuck,
}

impl BackgroundMachine {
    /// Whether the process must stay for anything.
    pub(super) fn is_busy(&self) -> bool {
        self.report.is_some() || !self.tasks.is_empty()
    }

    /// Whether a report runs or may begin: a message would get in its way.
    pub(super) fn has_report(&self) -> bool {
        self.report.is_some()
    }

    /// Whether a report runs that is not interrupted yet.
    pub(super) fn can_interrupt(&self) -> bool {
        matches!(self.report, Some(Report::Running { .. }))
    }

    /// Who the report that runs, or is to be booked, is for; `None` where nobody is known to have started anything.
    pub(super) fn reports_for(&self) -> Option<&Speaker> {
        self.reports_for.as_ref()
    }

    /// When a [`tick`](Self::tick) is due.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let report = self.report.map(|report| match report {
            Report::Expected { until }
            | Report::Running { until }
            | Report::Interrupted { until } => until,
        });
        let tasks = self.tasks.iter().map(|running| running.until);
        tasks.chain(report).min()
    }

    /// The CLI told something of its tasks. What it starts now is `starter`'s; a task may run for `timeout`.
    /// `is_turn_running` says whether it works on a person's message.
    pub(super) fn task_heard(
        &mut self,
        event: &TaskEvent,
        starter: Option<&Speaker>,
        is_turn_running: bool,
        (now, timeout): (Instant, Duration),
    ) {
        match event {
            TaskEvent::Started(task) => self.add(task, starter, now + timeout),
            TaskEvent::Listed(tasks) => {
                let is_listed =
                    |running: &RunningTask| tasks.iter().any(|task| task.id == running.task.id);
                self.tasks.retain(is_listed);
                for task in tasks {
                    self.add(task, starter, now + timeout);
                }
            }
            other => {
                let Some((id, by_itself)) = other.ended() else {
                    return;
                };
                let ended = self.tasks.extract_if(.., |running| running.task.id == id);
                let starter = ended.last().and_then(|running| running.starter);
                if self.report.is_none() && starter.is_some() {
                    self.reports_for = starter;
                }
                if by_itself && !is_turn_running && self.report.is_none() {
                    let until = now + REPORT_BEGINS;
                    self.report = Some(Report::Expected { until });
                }
            }
        }
    }

    fn add(&mut self, task: &Task, starter: Option<&Speaker>, until: Instant) {
        let is_known = self.tasks.iter().any(|known| known.task.id == task.id);
        if !is_known && self.tasks.len() < MOST_TASKS {
            self.tasks.push(RunningTask {
                task: task.clone(),
                starter: starter.cloned(),
                until,
                is_stopping: false,
            });
        }
    }

    /// A turn of the CLI's own has begun. It may run for `timeout`.
    pub(super) fn report_began(&mut self, now: Instant, timeout: Duration) {
        let until = now + timeout;
        self.report = Some(Report::Running { until });
    }

    /// It has ended.
    pub(super) fn report_ended(&mut self) {
        self.report = None;
    }

    /// The report that runs is interrupted. Gives whether there is one.
    pub(super) fn interrupt_report(&mut self, now: Instant) -> bool {
        let can = self.can_interrupt();
        if can {
            let until = now + ENDING_TIMEOUT;
            self.report = Some(Report::Interrupted { until });
        }
        can
    }

    /// Has all tasks end that were not told to yet; which those are.
    pub(super) fn stop_tasks(&mut self, now: Instant) -> Vec<Task> {
        self.stop_where(now, |_| true)
    }

    /// The same for those that the person started whose report runs, or `default` where nobody is known.
    pub(super) fn stop_tasks_of_report(
        &mut self,
        default: Option<&Speaker>,
        now: Instant,
    ) -> Vec<Task> {
        let owner = self.reports_for.as_ref().or(default);
        let owner = owner.map(|speaker| speaker.id);
        self.stop_where(now, |running| {
            running.starter.as_ref().map(|speaker| speaker.id) == owner
        })
    }

    fn stop_where(&mut self, now: Instant, which: impl Fn(&RunningTask) -> bool) -> Vec<Task> {
        let mut stopped = Vec::new();
        let tasks = self.tasks.iter_mut();
        for running in tasks.filter(|running| !running.is_stopping && which(running)) {
            running.is_stopping = true;
            running.until = now + ENDING_TIMEOUT;
            stopped.push(running.task.clone());
        }
        stopped
    }

    /// The tasks that nobody told to end.
    pub(super) fn unstopped(&self) -> impl Iterator<Item = &Task> {
        let unstopped = self.tasks.iter().filter(|running| !running.is_stopping);
        unstopped.map(|running| &running.task)
    }

    /// The process ends, and everything with it. Gives the tasks that nobody told to end.
    pub(super) fn process_ended(&mut self) -> Vec<Task> {
        let lost = self.unstopped().cloned().collect();
        *self = Self::default();
        lost
    }

    pub(super) fn tick(&mut self, now: Instant) -> Vec<Transition> {
        let is_due = |until: Instant| now >= until;
        let mut transitions = Vec::new();
        let before = self.tasks.len();
        self.tasks
            .retain(|running| !(running.is_stopping && is_due(running.until)));
        if self.tasks.len() < before {
            transitions.push(Transition::TaskLost);
        }
        let overdue = self.stop_where(now, |running| is_due(running.until));
        if !overdue.is_empty() {
            transitions.push(Transition::TasksTimedOut(overdue));
        }
        match self.report {
            Some(Report::Expected { until }) if is_due(until) => {
                self.report = None;
                transitions.push(Transition::NoReport);
            }
            Some(Report::Running { until }) if is_due(until) => {
                transitions.push(Transition::ReportTimedOut);
            }
            Some(Report::Interrupted { until }) if is_due(until) => {
                transitions.push(Transition::ReportStuck);
            }
            _ => {}
        }
        transitions
    }
}
