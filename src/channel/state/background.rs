//! Claude's background tasks, and its reports on them: turns that the CLI begins without a message.
//!
//! Measured on CLI 2.1.197, 2.1.329 and 2.1.332: about 100 ms after a task has ended by itself, the CLI begins a report. A
//! message sent while a report runs a tool becomes part of it and gets no `result` of its own, so messages wait for the
//! report's end. One may still cross a report that begins at the same moment: that is a [`CrossedReport`].

use std::time::{Duration, Instant};

use crate::{
    claude::{
        protocol::{Task, TaskEvent, TurnResult},
        turn::Turn as Fold,
    },
    external::Speaker,
    snowflake::{MessageId, UserId},
};

/// How many tasks are tracked.
const MOST_TASKS: usize = 100;

/// How soon after a task's end its report begins.
const REPORT_BEGINS: Duration = Duration::from_secs(2);

/// How long a stopped task or an interrupted report may take to end.
const ENDING_TIMEOUT: Duration = Duration::from_secs(5);

/// How soon after a report the CLI begins the next turn, if the message was not part of the report.
const NEXT_TURN_BEGINS: Duration = Duration::from_secs(3);

#[derive(Debug, Default)]
pub(super) struct BackgroundMachine {
    tasks: Vec<RunningTask>,
    report: Option<RunningReport>,
    /// Since when the time limits stand still, because somebody has to decide about a tool call.
    paused_at: Option<Instant>,
    /// How many reports have begun.
    pub(super) reports: u64,
    /// The last task to end before the report.
    pub(super) ended: Option<EndedTask>,
    /// The last task to end during the report, about which another one may follow.
    ended_meanwhile: Option<EndedTask>,
    /// What the report has come to.
    pub(super) fold: Fold,
    /// Whether the report was interrupted because the login has expired.
    pub(super) login_expired: bool,
    /// When the channel was last told of a retry of the API.
    pub(super) retry_told: Option<Instant>,
}

/// Who had a task started, and by which message.
#[derive(Debug, Clone)]
pub(super) struct Starter {
    pub(super) speaker: Speaker,
    pub(super) message: Option<MessageId>,
}

#[derive(Debug, Clone)]
pub(super) struct EndedTask {
    pub(super) task: Task,
    pub(super) starter: Starter,
    since: Instant,
    pub(super) took: Duration,
    /// Whether its end is still to ping: it has outlived the turn that started it, and nobody stopped it.
    pings: bool,
}

#[derive(Debug)]
struct RunningTask {
    task: Task,
    starter: Option<Starter>,
    since: Instant,
    /// The time limit or, once it is stopping, when it counts as gone.
    until: Instant,
    is_stopping: bool,
}

#[derive(Debug, Clone, Copy)]
struct RunningReport {
    stage: Stage,
    since: Instant,
    until: Instant,
}

impl RunningReport {
    /// Whether it runs within its time limit.
    fn is_limited(self) -> bool {
        self.stage == Stage::Running
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// May begin at any moment.
    Expected,
    Running,
    Interrupted,
}

/// The result of a report that arrived after a message was sent. It is also the message's, unless another turn begins.
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

/// The result of a [`tick`](BackgroundMachine::tick).
#[derive(Debug, PartialEq, Eq)]
pub(super) enum BackgroundTransition {
    /// The tasks must be stopped.
    TasksTimedOut(Vec<Task>),
    /// The CLI did not report the end of a stopped task.
    TaskLost,
    /// The expected report did not begin, so messages need not wait.
    NoReport,
    /// The report must be interrupted.
    ReportTimedOut,
    /// The interrupt had no effect: end the process.
    ReportStuck,
}

impl BackgroundMachine {
    pub(super) fn is_busy(&self) -> bool {
        self.report.is_some() || !self.tasks.is_empty()
    }

    pub(super) fn has_tasks(&self) -> bool {
        !self.tasks.is_empty()
    }

    /// Whether a report runs or may begin, so that messages must wait.
    pub(super) fn has_report(&self) -> bool {
        self.report.is_some()
    }

    /// Whether a report runs that has not been interrupted.
    pub(super) fn can_interrupt(&self) -> bool {
        let stage = self.report.map(|report| report.stage);
        stage == Some(Stage::Running)
    }

    pub(super) fn is_reporting(&self) -> bool {
        let stage = self.report.map(|report| report.stage);
        stage.is_some_and(|stage| stage != Stage::Expected)
    }

    /// When [`tick`](Self::tick) is due.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let is_paused = self.paused_at.is_some();
        let report = self
            .report
            .filter(|report| !(is_paused && report.is_limited()));
        let tasks = self
            .tasks
            .iter()
            .filter(|task| !is_paused || task.is_stopping);
        let tasks = tasks.map(|running| running.until);
        tasks.chain(report.map(|report| report.until)).min()
    }

    pub(super) fn pause(&mut self, now: Instant) {
        self.paused_at.get_or_insert(now);
    }

    pub(super) fn resume(&mut self, now: Instant) {
        let Some(since) = self.paused_at.take() else {
            return;
        };
        let paused = now.saturating_duration_since(since);
        for task in self.tasks.iter_mut().filter(|task| !task.is_stopping) {
            task.until += paused;
        }
        if let Some(report) = self.report.as_mut().filter(|report| report.is_limited()) {
            report.until += paused;
        }
    }

    /// New tasks belong to `starter` and may run for `timeout`. `turn_since` says since when the CLI works on a message.
    pub(super) fn task_heard(
        &mut self,
        event: &TaskEvent,
        starter: Option<&Starter>,
        turn_since: Option<Instant>,
        (now, timeout): (Instant, Duration),
    ) {
        match event {
            TaskEvent::Started(task) => self.add(task, starter, (now, timeout)),
            TaskEvent::Listed(tasks) => {
                let is_gone = |running: &mut RunningTask| {
                    !tasks.iter().any(|task| task.id == running.task.id)
                };
                let gone: Vec<_> = self.tasks.extract_if(.., is_gone).collect();
                for task in gone {
                    self.task_ended(task, turn_since, now);
                }
                for task in tasks {
                    self.add(task, starter, (now, timeout));
                }
            }
            other => {
                let Some((id, by_itself)) = other.ended() else {
                    return;
                };
                let ended = self.tasks.extract_if(.., |running| running.task.id == id);
                if let Some(ended) = ended.last() {
                    self.task_ended(ended, turn_since, now);
                }
                if by_itself && turn_since.is_none() && self.report.is_none() {
                    self.set_report(Stage::Expected, (now, now + REPORT_BEGINS));
                }
            }
        }
    }

    fn task_ended(&mut self, ended: RunningTask, turn_since: Option<Instant>, now: Instant) {
        let Some(starter) = ended.starter else {
            return;
        };
        let report = self.report.filter(|_| self.is_reporting());
        let began = turn_since.or(report.map(|report| report.since));
        let ended = EndedTask {
            task: ended.task,
            starter,
            since: ended.since,
            took: now - ended.since,
            pings: !ended.is_stopping && began.is_none_or(|began| ended.since < began),
        };
        let is_older = |known: &EndedTask| ended.since < known.since;
        if report.is_some() {
            self.ended_meanwhile = Some(ended);
        } else if self.report.is_none() || self.ended.as_ref().is_none_or(is_older) {
            self.ended = Some(ended);
        }
    }

    /// The task whose end is to ping, if it and the report on it have taken longer than `threshold`.
    pub(super) fn pinging(&self, now: Instant, threshold: Duration) -> Option<&EndedTask> {
        let ended = self.ended.as_ref().filter(|ended| ended.pings)?;
        (now - ended.since > threshold).then_some(ended)
    }

    /// The end of the task has pinged, or need not.
    pub(super) fn pinged(&mut self) {
        if let Some(ended) = &mut self.ended {
            ended.pings = false;
        }
    }

    fn add(
        &mut self,
        task: &Task,
        starter: Option<&Starter>,
        (since, timeout): (Instant, Duration),
    ) {
        let is_known = self.tasks.iter().any(|known| known.task.id == task.id);
        if !is_known && self.tasks.len() < MOST_TASKS {
            self.tasks.push(RunningTask {
                task: task.clone(),
                starter: starter.cloned(),
                since,
                until: since + timeout,
                is_stopping: false,
            });
        }
    }

    /// `false` if it had begun before.
    pub(super) fn report_began(&mut self, now: Instant, timeout: Duration) -> bool {
        let is_new = !self.is_reporting();
        if is_new {
            self.reports += 1;
            self.fold = Fold::new();
        }
        self.set_report(Stage::Running, (now, now + timeout));
        is_new
    }

    fn set_report(&mut self, stage: Stage, (since, until): (Instant, Instant)) {
        self.report = Some(RunningReport {
            stage,
            since,
            until,
        });
    }

    pub(super) fn report_ended(&mut self) {
        self.report = None;
        self.fold = Fold::new();
        (self.login_expired, self.retry_told) = (false, None);
        if let Some(ended) = self.ended_meanwhile.take() {
            self.ended = Some(ended);
        }
    }

    /// `true` if an interrupt must be sent.
    pub(super) fn interrupt_report(&mut self, now: Instant) -> bool {
        let can = self.can_interrupt();
        if can {
            self.fold.interrupting();
            self.set_report(Stage::Interrupted, (now, now + ENDING_TIMEOUT));
        }
        can
    }

    /// Marks all tasks as stopping. Returns the ones that must be told.
    pub(super) fn stop_tasks(&mut self, now: Instant) -> Vec<Task> {
        self.stop_where(now, |_| true)
    }

    /// The same for the tasks that one person started.
    pub(super) fn stop_tasks_of(&mut self, owner: Option<UserId>, now: Instant) -> Vec<Task> {
        self.stop_where(now, |running| {
            running.starter.as_ref().map(|starter| starter.speaker.id) == owner
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

    pub(super) fn unstopped(&self) -> impl Iterator<Item = &Task> {
        self.running().map(|(task, _)| task)
    }

    /// The tasks that nobody stopped, and since when they run.
    pub(super) fn running(&self) -> impl Iterator<Item = (&Task, Instant)> {
        let running = self.tasks.iter().filter(|running| !running.is_stopping);
        running.map(|running| (&running.task, running.since))
    }

    /// Who had the last of the running tasks started.
    pub(super) fn last_starter(&self) -> Option<&Starter> {
        let mut latest = self.tasks.iter().rev();
        latest.find_map(|running| running.starter.as_ref())
    }

    /// Resets everything. Returns the tasks that nobody stopped.
    pub(super) fn process_ended(&mut self) -> Vec<Task> {
        let lost = self.unstopped().cloned().collect();
        *self = Self::default();
        lost
    }

    pub(super) fn tick(&mut self, now: Instant) -> Vec<BackgroundTransition> {
        let is_due = |until: Instant| now >= until;
        let mut transitions = Vec::new();
        let before = self.tasks.len();
        self.tasks
            .retain(|running| !(running.is_stopping && is_due(running.until)));
        if self.tasks.len() < before {
            transitions.push(BackgroundTransition::TaskLost);
        }
        let is_paused = self.paused_at.is_some();
        let overdue = self.stop_where(now, |running| !is_paused && is_due(running.until));
        if !overdue.is_empty() {
            transitions.push(BackgroundTransition::TasksTimedOut(overdue));
        }
        let report = self
            .report
            .filter(|report| !(is_paused && report.is_limited()));
        let overdue = report.filter(|report| is_due(report.until));
        transitions.extend(overdue.map(|report| match report.stage {
            Stage::Expected => {
                self.report = None;
                BackgroundTransition::NoReport
            }
            Stage::Running => BackgroundTransition::ReportTimedOut,
            Stage::Interrupted => BackgroundTransition::ReportStuck,
        }));
        transitions
    }
}
