//! The machine of the channel's process: whether there is one, and what it is doing.
//!
//! It is told what happens and answers with a [`Transition`]; what that means for the turn is the channel's decision.

use std::time::{Duration, Instant};

use super::restart_backoff::RestartBackoff;

/// How long a process may take to answer `initialize`.
const INITIALIZE_TIMEOUT: Duration = Duration::from_mins(1);

/// How long it may take to report its cost total. With a claude.ai login it makes a request first.
const GET_USAGE_TIMEOUT: Duration = Duration::from_secs(5);

/// How often a process that fails is started again for one message.
const RESTARTS: u32 = 3;

/// The process.
#[derive(Debug, Default)]
pub(super) struct ProcessMachine {
    phase: Phase,
    /// Failed starts in a row.
    failures: u32,
    backoff: RestartBackoff,
    /// Whether it is to be started again though no message waits for it: it crashed.
    restarts: bool,
    /// Whether the pool wants its place back.
    is_recalled: bool,
}

#[derive(Debug, Default)]
enum Phase {
    /// There is none.
    #[default]
    Absent,
    /// It waits for a place in the pool, or is being started.
    Starting { model: String, is_resumed: bool },
    /// It runs, and has been asked something before it is given work.
    Initializing {
        model: String,
        is_resumed: bool,
        step: Step,
        /// When the answer is overdue; `None` once that has been dealt with.
        deadline: Option<Instant>,
    },
    /// It is ready, or works; idle since then, unless it works.
    Live { model: String, idle_since: Instant },
    /// It is being ended on purpose.
    Stopping,
    /// It failed, and is started again after a pause.
    BackingOff { until: Instant },
}

/// What a process that is not ready yet has been asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Initialize,
    GetUsage,
}

/// What happens to the process.
#[derive(Debug, Clone, Copy)]
pub(super) enum ProcessEvent {
    /// It has been started.
    Started,
    /// It answered `initialize`.
    Initialized,
    /// It reported its cost total.
    UsageReported,
    /// It could not be started, or ended before it was ready, or crashed while idle and was to be restarted.
    Failed,
    /// Time has passed. `is_idle` says that it has nothing to do, `idle_timeout` how long that may last.
    Tick {
        is_idle: bool,
        idle_timeout: Duration,
    },
}

/// What follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "a transition that is not obeyed leaves the process waiting"]
pub(super) enum Transition {
    None,
    /// Send it `initialize`.
    Initialize,
    /// It has come up; ask it for its cost total.
    AskUsage,
    /// It has come up, and is ready for work.
    Ready,
    /// It did not report its cost total in time, and is ready for work all the same.
    ReadyWithoutUsage,
    /// It did not answer in time and must be killed.
    Kill,
    /// It has been idle for too long.
    IdleTimeout,
    /// The pause after a failure is over.
    Retry,
    /// It failed, and is started again after a pause.
    WillRetry,
    /// It failed too often.
    GiveUp,
}

/// How [`ProcessMachine::stop`] ends it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(super) enum Stopped {
    /// There is nothing to end, or it is being ended already.
    Nothing,
    /// It must be ended; its exit follows.
    End,
}

/// What the process was when it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Was {
    /// It was being ended on purpose.
    Stopping,
    /// It was ready, or worked.
    Live,
    /// It was not ready yet.
    Other,
}

impl ProcessMachine {
    /// Starts one, where there is none.
    pub(super) fn start(&mut self, model: String, is_resumed: bool) {
        self.restarts = false;
        self.is_recalled = false;
        self.phase = Phase::Starting { model, is_resumed };
    }

    pub(super) fn handle(&mut self, event: ProcessEvent, now: Instant) -> Transition {
        match event {
            ProcessEvent::Started => self.started(now),
            ProcessEvent::Initialized => self.initialized(now),
            ProcessEvent::UsageReported => {
                if matches!(
                    self.phase,
                    Phase::Initializing {
                        step: Step::GetUsage,
                        ..
                    }
                ) {
                    self.ready(now);
                    Transition::Ready
                } else {
                    // A late answer may include a part of the turn that runs.
                    Transition::None
                }
            }
            ProcessEvent::Failed => self.failed(now),
            ProcessEvent::Tick {
                is_idle,
                idle_timeout,
            } => self.tick(is_idle, idle_timeout, now),
        }
    }

    fn started(&mut self, now: Instant) -> Transition {
        let Phase::Starting { model, is_resumed } = &mut self.phase else {
            return Transition::None;
        };
        self.phase = Phase::Initializing {
            model: std::mem::take(model),
            is_resumed: *is_resumed,
            step: Step::Initialize,
            deadline: Some(now + INITIALIZE_TIMEOUT),
        };
        Transition::Initialize
    }

    fn initialized(&mut self, now: Instant) -> Transition {
        match &mut self.phase {
            Phase::Initializing {
                is_resumed: true,
                step: step @ Step::Initialize,
                deadline,
                ..
            } => {
                *step = Step::GetUsage;
                *deadline = Some(now + GET_USAGE_TIMEOUT);
                Transition::AskUsage
            }
            Phase::Initializing {
                step: Step::Initialize,
                ..
            } => {
                self.ready(now);
                Transition::Ready
            }
            _ => Transition::None,
        }
    }

    fn ready(&mut self, now: Instant) {
        if let Phase::Initializing { model, .. } = &mut self.phase {
            self.phase = Phase::Live {
                model: std::mem::take(model),
                idle_since: now,
            };
            self.failures = 0;
        }
    }

    fn failed(&mut self, now: Instant) -> Transition {
        self.failures += 1;
        self.backoff.failed(now);
        if self.failures <= RESTARTS {
            self.back_off(now);
            self.restarts = true;
            return Transition::WillRetry;
        }
        self.failures = 0;
        self.backoff.succeeded();
        self.restarts = false;
        Transition::GiveUp
    }

    fn tick(&mut self, is_idle: bool, idle_timeout: Duration, now: Instant) -> Transition {
        let is_due = |until: Instant| now >= until;
        match &mut self.phase {
            Phase::Initializing { step, deadline, .. } if deadline.is_some_and(is_due) => {
                *deadline = None;
                if *step == Step::Initialize {
                    return Transition::Kill;
                }
                self.ready(now);
                Transition::ReadyWithoutUsage
            }
            Phase::BackingOff { until } if is_due(*until) => {
                self.phase = Phase::Absent;
                Transition::Retry
            }
            Phase::Live { idle_since, .. } if is_idle && is_due(*idle_since + idle_timeout) => {
                Transition::IdleTimeout
            }
            _ => Transition::None,
        }
    }

    /// It crashed in a turn: it is started again after a pause.
    pub(super) fn crashed(&mut self, now: Instant) {
        self.failures = 1;
        self.backoff.failed(now);
        self.restarts = true;
        self.back_off(now);
    }

    fn back_off(&mut self, now: Instant) {
        let until = self.backoff.until(now).unwrap_or(now);
        self.phase = Phase::BackingOff { until };
    }

    /// Whether a start must wait for the last failures; then it is backing off from now on.
    pub(super) fn must_back_off(&mut self, now: Instant) -> bool {
        match self.backoff.until(now) {
            Some(until) => {
                self.phase = Phase::BackingOff { until };
                true
            }
            None => false,
        }
    }

    /// How long the next start has to wait, if that is because very many have failed.
    pub(super) fn long_wait(&self, now: Instant) -> Option<Duration> {
        match &self.phase {
            Phase::BackingOff { until } if self.backoff.is_open(now) => {
                Some(until.saturating_duration_since(now))
            }
            _ => None,
        }
    }

    /// Ends it on purpose, whatever it does.
    pub(super) fn stop(&mut self) -> Stopped {
        match self.phase {
            Phase::Absent | Phase::Stopping => Stopped::Nothing,
            Phase::BackingOff { .. } => {
                self.phase = Phase::Absent;
                Stopped::Nothing
            }
            Phase::Starting { .. } | Phase::Initializing { .. } | Phase::Live { .. } => {
                self.phase = Phase::Stopping;
                Stopped::End
            }
        }
    }

    /// Ends it at once; `false` where there is none.
    pub(super) fn kill(&mut self) -> bool {
        let is_there = !matches!(self.phase, Phase::Absent);
        if is_there {
            self.phase = Phase::Stopping;
        }
        is_there
    }

    /// It has ended, or could not be started.
    pub(super) fn gone(&mut self) -> Was {
        match std::mem::take(&mut self.phase) {
            Phase::Stopping => Was::Stopping,
            Phase::Live { .. } => Was::Live,
            _ => Was::Other,
        }
    }

    /// The pool wants its place back.
    pub(super) fn recall(&mut self) {
        self.is_recalled = true;
    }

    pub(super) fn is_recalled(&self) -> bool {
        self.is_recalled
    }

    /// It has done its work: the next failure is the first again.
    pub(super) fn succeeded(&mut self) {
        self.backoff.succeeded();
    }

    /// It is idle from now on.
    pub(super) fn idles(&mut self, now: Instant) {
        if let Phase::Live { idle_since, .. } = &mut self.phase {
            *idle_since = now;
        }
    }

    /// It is not started again for its own sake.
    pub(super) fn forget_restart(&mut self) {
        self.restarts = false;
    }

    /// Whether it is to be started again though no message waits.
    pub(super) fn restarts(&self) -> bool {
        self.restarts
    }

    pub(super) fn is_absent(&self) -> bool {
        matches!(self.phase, Phase::Absent)
    }

    pub(super) fn is_live(&self) -> bool {
        matches!(self.phase, Phase::Live { .. })
    }

    pub(super) fn is_stopping(&self) -> bool {
        matches!(self.phase, Phase::Stopping)
    }

    /// The model that it runs with, once it is ready.
    pub(super) fn model(&self) -> Option<&str> {
        match &self.phase {
            Phase::Live { model, .. } => Some(model),
            _ => None,
        }
    }

    /// It has changed its model.
    pub(super) fn model_changed(&mut self, to: &str) {
        if let Phase::Live { model, .. } = &mut self.phase {
            to.clone_into(model);
        }
    }

    /// When a [`ProcessEvent::Tick`] is due.
    pub(super) fn deadline(&self, is_idle: bool, idle_timeout: Duration) -> Option<Instant> {
        match &self.phase {
            Phase::Initializing { deadline, .. } => *deadline,
            Phase::BackingOff { until } => Some(*until),
            Phase::Live { idle_since, .. } if is_idle => Some(*idle_since + idle_timeout),
            Phase::Live { .. } | Phase::Absent | Phase::Starting { .. } | Phase::Stopping => None,
        }
    }
}
