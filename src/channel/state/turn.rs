//! The machine of the running turn: how far it has come, and what must happen next.

use std::time::{Duration, Instant};

use super::{background::CrossedReport, stall_detector::StallDetector};
use crate::{
    channel::Origin,
    claude::turn::Turn as Fold,
    external::{Context, Speaker},
};

/// How long the CLI may take to change its model.
const SET_MODEL_TIMEOUT: Duration = Duration::from_secs(5);

/// How long an interrupted turn may take to end before its process is ended.
const INTERRUPT_TIMEOUT: Duration = Duration::from_secs(5);

/// How often one message may move to another session or process before that is an error.
const MOST_MOVES: u32 = 2;

/// The running turn.
pub(super) struct TurnMachine {
    pub(super) origin: Origin,
    pub(super) speaker: Speaker,
    /// Whether its message is run again because somebody pressed the retry button.
    pub(super) is_retry: bool,
    /// The person's words; `None` asks the CLI to compact the conversation.
    pub(super) text: Option<String>,
    /// What they go with.
    pub(super) context: Box<Context>,
    /// Its name in the ledger.
    pub(super) id: String,
    pub(super) began: Instant,
    /// When its time is over, whatever it does.
    deadline: Instant,
    /// Whether the person knows that starts have to wait.
    pub(super) backoff_told: bool,
    moves: u32,
    pub(super) phase: Phase,
}

/// How far the turn has come.
pub(super) enum Phase {
    /// It is being recorded on disk.
    Recording,
    /// It waits for a process that is ready, and for its attachments.
    Waiting { is_fetching: bool },
    /// It waits for the process to change its model.
    ChangingModel { until: Instant },
    /// It waits for the answer whether a limit is reached.
    CheckingLimit,
    /// The CLI works on it.
    Asked(Box<Asked>),
}

/// A turn that the CLI works on.
pub(super) struct Asked {
    /// When the CLI was given the message.
    pub(super) at: Instant,
    /// When its first words came.
    pub(super) first_text: Option<Instant>,
    pub(super) fold: Fold,
    pub(super) stalls: StallDetector,
    /// The result of a report that may be this message's too.
    pub(super) crossed: Option<CrossedReport>,
    pub(super) cancellation: Option<Cancellation>,
    /// When the person was told last that the API is being retried.
    pub(super) retry_told: Option<Instant>,
}

/// The turn is being cut short.
pub(super) struct Cancellation {
    pub(super) reason: CancelReason,
    /// When the interrupt is overdue; `None` once the process is being ended for it.
    pub(super) until: Option<Instant>,
}

/// Why a turn is cut short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CancelReason {
    /// Somebody said so, by this message or command.
    Stopped(Origin),
    TimedOut,
    Stalled,
    LoginExpired,
}

impl CancelReason {
    /// The turn's outcome in the ledger.
    pub(super) fn outcome(self) -> &'static str {
        match self {
            Self::Stopped(_) => "interrupted",
            Self::TimedOut => "timed_out",
            Self::Stalled => "unresponsive",
            Self::LoginExpired => "login_expired",
        }
    }
}

/// What a waiting turn needs next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Next {
    /// Nothing now: it does not wait, or what it waits for is on its way.
    Nothing,
    /// A process.
    Process,
    /// The process must change its model.
    ChangeModel,
    /// Everything is there: check its limit, then ask.
    CheckLimit,
}

/// What follows from the passing of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub(super) enum Transition {
    None,
    /// No other turn has begun: the report's result was that of the message as well.
    CrossedReportIsResult,
    /// Cut it short.
    Cancel(CancelReason),
    /// Its time is over before it was asked.
    GiveUp,
    /// It was interrupted and did not end: end the process.
    StopProcess,
    /// The model was not changed in time: end the process, so that the next starts with it.
    RestartProcess,
}

impl Asked {
    /// What was heard so far was not about this message.
    pub(super) fn start_over(&mut self) {
        self.fold = Fold::new();
        if self.cancellation.is_some() {
            self.fold.interrupting();
        }
    }
}

impl TurnMachine {
    pub(super) fn new(
        (origin, speaker): (Origin, Speaker),
        (text, context): (Option<String>, Box<Context>),
        id: String,
        is_retry: bool,
        (now, timeout): (Instant, Duration),
    ) -> Self {
        Self {
            origin,
            speaker,
            is_retry,
            text,
            context,
            id,
            began: now,
            deadline: now + timeout,
            backoff_told: false,
            moves: 0,
            phase: Phase::Recording,
        }
    }

    /// The part that exists while the CLI works on it.
    pub(super) fn asked(&self) -> Option<&Asked> {
        match &self.phase {
            Phase::Asked(asked) => Some(asked),
            _ => None,
        }
    }

    pub(super) fn asked_mut(&mut self) -> Option<&mut Asked> {
        match &mut self.phase {
            Phase::Asked(asked) => Some(asked),
            _ => None,
        }
    }

    pub(super) fn cancellation(&self) -> Option<&Cancellation> {
        self.asked()?.cancellation.as_ref()
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.cancellation().is_some()
    }

    /// It is on disk. Gives whether it was being recorded.
    pub(super) fn recorded(&mut self) -> bool {
        let was_recording = matches!(self.phase, Phase::Recording);
        if was_recording {
            self.phase = Phase::Waiting { is_fetching: false };
        }
        was_recording
    }

    /// What it needs next, where the live process has this model, if there is one, and the turn is to have `wanted`.
    pub(super) fn next(&self, live_model: Option<&str>, wanted: &str) -> Next {
        match (&self.phase, live_model) {
            (Phase::Waiting { .. }, None) => Next::Process,
            (Phase::Waiting { is_fetching: false }, Some(model)) if model == wanted => {
                Next::CheckLimit
            }
            (Phase::Waiting { is_fetching: false }, Some(_)) => Next::ChangeModel,
            _ => Next::Nothing,
        }
    }

    pub(super) fn changes_model(&mut self, now: Instant) {
        let until = now + SET_MODEL_TIMEOUT;
        self.phase = Phase::ChangingModel { until };
    }

    /// The process has changed its model, or will not. Gives whether that was waited for.
    pub(super) fn model_changed(&mut self) -> bool {
        let was_changing = matches!(self.phase, Phase::ChangingModel { .. });
        if was_changing {
            self.phase = Phase::Waiting { is_fetching: false };
        }
        was_changing
    }

    /// The CLI is given the message.
    pub(super) fn ask(&mut self, now: Instant, silence: Duration) {
        self.phase = Phase::Asked(Box::new(Asked {
            at: now,
            first_text: None,
            fold: Fold::new(),
            stalls: StallDetector::new(now, silence),
            crossed: None,
            cancellation: None,
            retry_told: None,
        }));
    }

    /// The message waits for another session or process; `false` where it has done so too often.
    pub(super) fn moves_on(&mut self) -> bool {
        let may_move = self.moves < MOST_MOVES;
        if may_move {
            self.moves += 1;
            self.phase = Phase::Waiting { is_fetching: false };
        }
        may_move
    }

    /// It is being cut short.
    pub(super) fn cancel(&mut self, reason: CancelReason, now: Instant) {
        if let Some(asked) = self.asked_mut() {
            asked.fold.interrupting();
            asked.cancellation = Some(Cancellation {
                reason,
                until: Some(now + INTERRUPT_TIMEOUT),
            });
        }
    }

    pub(super) fn tick(&mut self, now: Instant) -> Transition {
        let is_due = |until: Instant| now >= until;
        let is_over = is_due(self.deadline);
        let Phase::Asked(asked) = &mut self.phase else {
            return match self.phase {
                _ if is_over => Transition::GiveUp,
                Phase::ChangingModel { until } if is_due(until) => {
                    self.phase = Phase::Waiting { is_fetching: false };
                    Transition::RestartProcess
                }
                _ => Transition::None,
            };
        };
        if asked
            .crossed
            .as_ref()
            .is_some_and(|crossed| is_due(crossed.until))
        {
            return Transition::CrossedReportIsResult;
        }
        match &mut asked.cancellation {
            Some(cancellation) if cancellation.until.is_some_and(is_due) => {
                cancellation.until = None;
                Transition::StopProcess
            }
            None if is_over => Transition::Cancel(CancelReason::TimedOut),
            None if asked.stalls.deadline().is_some_and(is_due) => {
                Transition::Cancel(CancelReason::Stalled)
            }
            Some(_) | None => Transition::None,
        }
    }

    /// When a [`tick`](Self::tick) is due.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let Phase::Asked(asked) = &self.phase else {
            return match self.phase {
                Phase::ChangingModel { until } => Some(until.min(self.deadline)),
                _ => Some(self.deadline),
            };
        };
        let crossed = asked.crossed.as_ref().map(|crossed| crossed.until);
        let end = match &asked.cancellation {
            Some(cancellation) => [cancellation.until, None],
            None => [Some(self.deadline), asked.stalls.deadline()],
        };
        [crossed, end[0], end[1]].into_iter().flatten().min()
    }
}
