//! The state of the channel's process. What a change means for the turn is decided in `processes` and `exits`.

use std::time::{Duration, Instant};

use super::restart_backoff::RestartBackoff;

/// How long a process may take to answer `initialize`.
const INITIALIZE_TIMEOUT: Duration = Duration::from_mins(1);

/// How long a process may take to report its cost total. With a claude.ai login it makes a request first.
const GET_USAGE_TIMEOUT: Duration = Duration::from_secs(5);

/// How often a failed start is repeated.
const RESTARTS: u32 = 3;

#[derive(Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are independent of one another"
)]
pub(super) struct ProcessMachine {
    phase: ProcessPhase,
    /// Failed starts in a row.
    failures: u32,
    /// The model of the last `set_model`.
    pub(super) model_requested: String,
    pub(super) backoff: RestartBackoff,
    /// Whether a crashed process is started again even if no message waits for it.
    pub(super) restarts: bool,
    /// Whether it was started ahead of a message that has not come yet.
    pub(super) is_prewarmed: bool,
    /// Whether the last one that was started so has failed, and no message has come since.
    pub(super) prewarm_failed: bool,
    /// Whether it has a rule that was revoked, or another permission mode, so that it takes no other turn.
    pub(super) is_outdated: bool,
    /// How many changes of the permission mode it has not answered yet.
    pub(super) modes_requested: u32,
    /// Whether the pool needs its place, or it lacks a rule that was granted.
    pub(super) is_recalled: bool,
}

#[derive(Debug, Default)]
enum ProcessPhase {
    #[default]
    Absent,
    /// Waiting for a place in the pool, or being started.
    Starting { model: String, is_resumed: bool },
    /// Running, but not ready for a message.
    Initializing {
        model: String,
        is_resumed: bool,
        step: InitStep,
        /// When the answer is overdue; `None` once that has been handled.
        deadline: Option<Instant>,
    },
    /// Ready or working. `idle_since` means something only while it does not work.
    Live { model: String, idle_since: Instant },
    /// Being ended on purpose.
    Stopping,
    /// Failed, and waiting for the next start.
    BackingOff { until: Instant },
}

/// The request whose answer an initializing process owes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum InitStep {
    Initialize,
    GetUsage,
}

/// A deadline that has passed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Overdue {
    /// The answer to `initialize`.
    Initialize,
    /// The cost total. The process is live without it.
    Usage,
    /// The next message.
    Idle,
    /// The end of a pause after a failure.
    Restart,
}

impl ProcessMachine {
    pub(super) fn start(&mut self, model: String, is_resumed: bool) {
        self.restarts = false;
        self.is_recalled = false;
        self.is_outdated = false;
        self.modes_requested = 0;
        self.is_prewarmed = false;
        self.phase = ProcessPhase::Starting { model, is_resumed };
    }

    /// `true` if `initialize` must be sent.
    pub(super) fn started(&mut self, now: Instant) -> bool {
        let ProcessPhase::Starting { model, is_resumed } = &mut self.phase else {
            return false;
        };
        self.phase = ProcessPhase::Initializing {
            model: std::mem::take(model),
            is_resumed: *is_resumed,
            step: InitStep::Initialize,
            deadline: Some(now + INITIALIZE_TIMEOUT),
        };
        true
    }

    /// `false` if no answer to `initialize` was due. Otherwise a new session is live, and a resumed one must be asked
    /// for its cost total.
    pub(super) fn initialized(&mut self, now: Instant) -> bool {
        let ProcessPhase::Initializing {
            is_resumed,
            step: step @ InitStep::Initialize,
            deadline,
            ..
        } = &mut self.phase
        else {
            return false;
        };
        if *is_resumed {
            *step = InitStep::GetUsage;
            *deadline = Some(now + GET_USAGE_TIMEOUT);
        } else {
            self.ready(now);
        }
        true
    }

    /// `false` if the answer came too late: it may include a part of the running turn.
    pub(super) fn usage_reported(&mut self, now: Instant) -> bool {
        let is_due = matches!(
            self.phase,
            ProcessPhase::Initializing {
                step: InitStep::GetUsage,
                ..
            }
        );
        if is_due {
            self.ready(now);
        }
        is_due
    }

    fn ready(&mut self, now: Instant) {
        if let ProcessPhase::Initializing { model, .. } = &mut self.phase {
            self.phase = ProcessPhase::Live {
                model: std::mem::take(model),
                idle_since: now,
            };
            self.failures = 0;
        }
    }

    /// A start failed. `true` if another one follows after a pause.
    pub(super) fn failed(&mut self, now: Instant) -> bool {
        self.failures += 1;
        self.backoff.failed(now);
        if self.failures <= RESTARTS {
            self.back_off(now);
            self.restarts = true;
            return true;
        }
        self.failures = 0;
        self.backoff.succeeded();
        self.restarts = false;
        false
    }

    pub(super) fn tick(
        &mut self,
        is_idle: bool,
        idle_timeout: Duration,
        now: Instant,
    ) -> Option<Overdue> {
        let is_due = |until: Instant| now >= until;
        match &mut self.phase {
            ProcessPhase::Initializing { step, deadline, .. } if deadline.is_some_and(is_due) => {
                *deadline = None;
                if *step == InitStep::Initialize {
                    return Some(Overdue::Initialize);
                }
                self.ready(now);
                Some(Overdue::Usage)
            }
            ProcessPhase::BackingOff { until } if is_due(*until) => {
                self.phase = ProcessPhase::Absent;
                Some(Overdue::Restart)
            }
            ProcessPhase::Live { idle_since, .. }
                if is_idle && is_due(*idle_since + idle_timeout) =>
            {
                Some(Overdue::Idle)
            }
            _ => None,
        }
    }

    /// A crash in a turn is the first failure; another start follows after a pause.
    pub(super) fn crashed(&mut self, now: Instant) {
        self.failures = 1;
        self.backoff.failed(now);
        self.restarts = true;
        self.back_off(now);
    }

    fn back_off(&mut self, now: Instant) {
        let until = self.backoff.until(now).unwrap_or(now);
        self.phase = ProcessPhase::BackingOff { until };
    }

    /// Begins to back off if recent failures require a pause before the next start.
    pub(super) fn must_back_off(&mut self, now: Instant) -> bool {
        match self.backoff.until(now) {
            Some(until) => {
                self.phase = ProcessPhase::BackingOff { until };
                true
            }
            None => false,
        }
    }

    /// How long the next start must wait, if there were too many failures within the window.
    pub(super) fn cooldown(&self, now: Instant) -> Option<Duration> {
        match &self.phase {
            ProcessPhase::BackingOff { until } if self.backoff.is_open(now) => {
                Some(until.saturating_duration_since(now))
            }
            _ => None,
        }
    }

    /// Ends the process or the wait for it. `true` if there is one to end, whose exit follows.
    pub(super) fn stop(&mut self) -> bool {
        match self.phase {
            ProcessPhase::Absent | ProcessPhase::Stopping => false,
            ProcessPhase::BackingOff { .. } => {
                self.phase = ProcessPhase::Absent;
                false
            }
            ProcessPhase::Starting { .. }
            | ProcessPhase::Initializing { .. }
            | ProcessPhase::Live { .. } => {
                self.phase = ProcessPhase::Stopping;
                true
            }
        }
    }

    pub(super) fn kill(&mut self) {
        self.phase = ProcessPhase::Stopping;
    }

    /// The process has ended, or could not be started.
    pub(super) fn gone(&mut self) {
        (self.is_prewarmed, self.is_outdated) = (false, false);
        self.phase = ProcessPhase::Absent;
    }

    /// What it was started with, if it runs, holds no longer.
    pub(super) fn outdate(&mut self) {
        let runs = matches!(
            self.phase,
            ProcessPhase::Initializing { .. } | ProcessPhase::Live { .. }
        );
        self.is_outdated = runs;
    }

    /// A message has come.
    pub(super) fn is_needed(&mut self) {
        (self.is_prewarmed, self.prewarm_failed) = (false, false);
    }

    pub(super) fn mark_idle(&mut self, now: Instant) {
        if let ProcessPhase::Live { idle_since, .. } = &mut self.phase {
            *idle_since = now;
        }
    }

    pub(super) fn is_absent(&self) -> bool {
        matches!(self.phase, ProcessPhase::Absent)
    }

    pub(super) fn is_live(&self) -> bool {
        matches!(self.phase, ProcessPhase::Live { .. })
    }

    pub(super) fn is_stopping(&self) -> bool {
        matches!(self.phase, ProcessPhase::Stopping)
    }

    /// The model of a live process.
    pub(super) fn model(&self) -> Option<&str> {
        match &self.phase {
            ProcessPhase::Live { model, .. } => Some(model),
            _ => None,
        }
    }

    pub(super) fn model_changed(&mut self) {
        if let ProcessPhase::Live { model, .. } = &mut self.phase {
            model.clone_from(&self.model_requested);
        }
    }

    /// When [`tick`](Self::tick) is due.
    pub(super) fn deadline(&self, is_idle: bool, idle_timeout: Duration) -> Option<Instant> {
        match &self.phase {
            ProcessPhase::Initializing { deadline, .. } => *deadline,
            ProcessPhase::BackingOff { until } => Some(*until),
            ProcessPhase::Live { idle_since, .. } if is_idle => Some(*idle_since + idle_timeout),
            ProcessPhase::Live { .. }
            | ProcessPhase::Absent
            | ProcessPhase::Starting { .. }
            | ProcessPhase::Stopping => None,
        }
    }
}
