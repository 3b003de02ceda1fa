//! The state of the running turn, and what it needs next.

use std::time::{Duration, Instant};

use super::{background::CrossedReport, recovery_state::ForkReason, stall_detector::StallDetector};
use crate::{
    channel::Origin,
    claude::turn::Turn as Fold,
    external::{Context, Speaker},
    limits::Reached,
};

const PREPARING_TIMEOUT: Duration = Duration::from_secs(5);

/// How long an interrupted turn may take before its process is ended.
const INTERRUPT_TIMEOUT: Duration = Duration::from_secs(5);

/// How often one message may move to another session or process.
const MOST_MOVES: u32 = 2;

pub(super) struct TurnMachine {
    pub(super) origin: Origin,
    pub(super) speaker: Speaker,
    /// Whether somebody pressed the retry button.
    pub(super) is_retry: bool,
    /// The person's message, or `None` for `/compact`.
    pub(super) text: Option<String>,
    pub(super) context: Box<Context>,
    /// The id in the ledger, and of the message in the session.
    pub(super) id: String,
    /// Whether the message was sent to the CLI under this id.
    pub(super) is_sent: bool,
    pub(super) began: Instant,
    /// The time limit.
    pub(super) deadline: Instant,
    /// Since when it stands still, because somebody has to decide about a tool call.
    pub(super) paused_at: Option<Instant>,
    /// Who pressed the card's Stop button, or interrupted.
    pub(super) stopped_by: Option<String>,
    /// Whether the person has been told that starts must wait.
    pub(super) backoff_told: bool,
    pub(super) moves: u32,
    /// What has been done about the loss of its session.
    pub(super) loss: Loss,
    pub(super) compaction: Compaction,
    /// The session that was left for the message, and why.
    pub(super) left: Option<(String, ForkReason)>,
    /// The id under which the session has the message from an attempt that failed. It is withdrawn first.
    pub(super) withdrawn: Option<String>,
    /// Why it is to be cancelled once the CLI takes it up.
    pub(super) withdrawal: Option<CancelReason>,
    /// When its message was deleted, if it goes on for others.
    pub(super) deleted_at: Option<Instant>,
    pub(super) phase: TurnPhase,
}

/// Whether the conversation, too long for the message, is summarized first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Compaction {
    #[default]
    None,
    Running,
    Done,
}

/// How far a session that the CLI has lost is rebuilt in a turn.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Loss {
    /// It is not lost, or the person has not been told.
    #[default]
    Untold,
    Told,
    /// A transcript was written too. If the session is lost again, the CLI does not take it.
    Transcript,
}

pub(super) enum TurnPhase {
    /// Being saved to disk.
    Recording,
    /// Waiting for the conversation that the CLI has lost.
    Rebuilding {
        until: Instant,
        /// Whether the channel's messages are there.
        is_fetched: bool,
    },
    /// Waiting for a process, and for what the message came without.
    LookingUp {
        until: Instant,
    },
    /// Waiting for a process and for attachments.
    Waiting {
        is_fetching: bool,
    },
    /// Changing the session before the message is asked: its model, or its end.
    Preparing {
        until: Instant,
    },
    CheckingLimit,
    Asked(Box<Asked>),
}

/// The part of a turn that exists while the CLI works on it.
pub(super) struct Asked {
    /// When the message was sent to the CLI.
    pub(super) at: Instant,
    /// When the first text arrived.
    pub(super) first_text: Option<Instant>,
    pub(super) fold: Fold,
    /// Whether what the CLI says is about the message. Otherwise a report comes first, or may come first.
    pub(super) is_own: bool,
    pub(super) stalls: StallDetector,
    pub(super) crossed: Option<CrossedReport>,
    pub(super) cancellation: Option<Cancellation>,
    /// When the person was last told about a retry of the API.
    pub(super) retry_told: Option<Instant>,
}

pub(super) struct Cancellation {
    pub(super) reason: CancelReason,
    /// When the interrupt is overdue; `None` once the process is being ended.
    pub(super) until: Option<Instant>,
}

/// Why a turn is cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CancelReason {
    /// By this `!stop`.
    Stopped(Origin),
    /// By another message.
    Interrupted,
    TimedOut,
    Stalled,
    LoginExpired,
    /// It has used up a budget.
    OverBudget(Reached),
    /// Its message was deleted.
    Deleted,
    ChannelGone,
}

impl CancelReason {
    /// The outcome in the ledger.
    pub(super) fn outcome(self) -> &'static str {
        match self {
            Self::Stopped(_) | Self::Interrupted | Self::Deleted | Self::ChannelGone => {
                "interrupted"
            }
            Self::TimedOut => "timed_out",
            Self::Stalled => "unresponsive",
            Self::LoginExpired => "login_expired",
            Self::OverBudget(_) => "over_budget",
        }
    }
}

/// What a waiting turn needs next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Next {
    /// Nothing: it does not wait, or what it waits for is pending.
    Nothing,
    Process,
    ChangeModel,
    /// Withdraw what an attempt that failed has left in the session.
    Withdraw(String),
    /// Check the cost limits, then ask.
    CheckLimit,
}

/// The result of a [`tick`](TurnMachine::tick).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TurnTransition {
    None,
    /// No other turn has begun, so the report's result was also that of the message.
    CrossedReportIsResult,
    Cancel(CancelReason),
    /// The lost conversation was not rebuilt in time.
    RebuildOverdue,
    /// What the message came without was not found in time.
    LookupsOverdue,
    /// The time limit passed before the message was sent to the CLI.
    GiveUp,
    /// The interrupt had no effect: end the process.
    StopProcess,
    /// The session was not changed in time: end the process. The next one starts with the model.
    RestartProcess,
}

impl Asked {
    /// Whether the CLI has begun a turn since.
    pub(super) fn has_begun(&self) -> bool {
        self.fold.session_id().is_some()
    }

    /// Forgets what was heard so far: it was not about this message.
    pub(super) fn start_over(&mut self) {
        self.fold = Fold::new();
        self.is_own = true;
        if self.cancellation.is_some() {
            self.fold.interrupting();
        }
    }
}

impl TurnMachine {
    pub(super) fn asked(&self) -> Option<&Asked> {
        match &self.phase {
            TurnPhase::Asked(asked) => Some(asked),
            _ => None,
        }
    }

    pub(super) fn asked_mut(&mut self) -> Option<&mut Asked> {
        match &mut self.phase {
            TurnPhase::Asked(asked) => Some(asked),
            _ => None,
        }
    }

    pub(super) fn cancellation(&self) -> Option<&Cancellation> {
        self.asked()?.cancellation.as_ref()
    }

    pub(super) fn cancel_reason(&self) -> Option<CancelReason> {
        Some(self.cancellation()?.reason)
    }

    pub(super) fn is_cancelled(&self) -> bool {
        self.cancellation().is_some()
    }

    /// Whether nobody has asked for a summary of the conversation.
    pub(super) fn compacts_by_itself(&self) -> bool {
        self.text.is_some() && self.compaction != Compaction::Running
    }

    /// Whether all was found that its message came without.
    pub(super) fn is_looked_up(&self) -> bool {
        let phase = &self.phase;
        !matches!(
            phase,
            TurnPhase::Recording | TurnPhase::Rebuilding { .. } | TurnPhase::LookingUp { .. }
        )
    }

    /// `false` if it was not being recorded.
    pub(super) fn recorded(&mut self) -> bool {
        self.waits_after(|phase| matches!(phase, TurnPhase::Recording))
    }

    fn waits_after(&mut self, is_over: impl Fn(&TurnPhase) -> bool) -> bool {
        let is_over = is_over(&self.phase);
        if is_over {
            self.phase = TurnPhase::Waiting { is_fetching: false };
        }
        is_over
    }

    /// What a turn with the model `wanted` needs next. `live_model` is that of the live process, if there is one.
    pub(super) fn next(&self, live_model: Option<&str>, wanted: &str) -> Next {
        match (&self.phase, live_model) {
            (TurnPhase::LookingUp { .. } | TurnPhase::Waiting { .. }, None) => Next::Process,
            (TurnPhase::Waiting { is_fetching: false }, Some(model)) => match &self.withdrawn {
                Some(line) => Next::Withdraw(line.clone()),
                None if model == wanted => Next::CheckLimit,
                None => Next::ChangeModel,
            },
            _ => Next::Nothing,
        }
    }

    pub(super) fn begin_preparing(&mut self, now: Instant) {
        let until = now + PREPARING_TIMEOUT;
        self.phase = TurnPhase::Preparing { until };
    }

    /// The CLI has changed the session, or refused to. `false` if the turn did not wait for that.
    pub(super) fn prepared(&mut self) -> bool {
        self.waits_after(|phase| matches!(phase, TurnPhase::Preparing { .. }))
    }

    pub(super) fn ask(&mut self, now: Instant, silence: Duration) {
        self.phase = TurnPhase::Asked(Box::new(Asked {
            at: now,
            first_text: None,
            fold: Fold::new(),
            is_own: true,
            stalls: StallDetector::new(now, silence),
            crossed: None,
            cancellation: None,
            retry_told: None,
        }));
    }

    /// Moves the message to another session or process; `false` if it has moved too often.
    pub(super) fn try_move(&mut self) -> bool {
        let may_move = self.moves < MOST_MOVES;
        if may_move {
            self.moves += 1;
            self.phase = TurnPhase::Waiting { is_fetching: false };
        }
        may_move
    }

    pub(super) fn cancel(&mut self, reason: CancelReason, now: Instant) {
        if let Some(asked) = self.asked_mut() {
            asked.fold.interrupting();
            asked.cancellation = Some(Cancellation {
                reason,
                until: Some(now + INTERRUPT_TIMEOUT),
            });
        }
    }

    pub(super) fn pause(&mut self, now: Instant) {
        self.paused_at.get_or_insert(now);
    }

    pub(super) fn resume(&mut self, now: Instant) {
        if let Some(since) = self.paused_at.take() {
            self.deadline += now.saturating_duration_since(since);
            if let Some(asked) = self.asked_mut() {
                asked.stalls.woken(now);
            }
        }
    }

    pub(super) fn tick(&mut self, now: Instant) -> TurnTransition {
        let is_due = |until: Instant| now >= until;
        let is_paused = self.paused_at.is_some();
        let is_over = !is_paused && is_due(self.deadline);
        let TurnPhase::Asked(asked) = &mut self.phase else {
            return match self.phase {
                _ if is_over => TurnTransition::GiveUp,
                TurnPhase::Rebuilding { until, .. } if is_due(until) => {
                    TurnTransition::RebuildOverdue
                }
                TurnPhase::LookingUp { until } if is_due(until) => TurnTransition::LookupsOverdue,
                TurnPhase::Preparing { until } if is_due(until) => {
                    self.withdrawn = None;
                    self.phase = TurnPhase::Waiting { is_fetching: false };
                    TurnTransition::RestartProcess
                }
                _ => TurnTransition::None,
            };
        };
        if asked
            .crossed
            .as_ref()
            .is_some_and(|crossed| is_due(crossed.until))
        {
            return TurnTransition::CrossedReportIsResult;
        }
        match &mut asked.cancellation {
            Some(cancellation) if cancellation.until.is_some_and(is_due) => {
                cancellation.until = None;
                TurnTransition::StopProcess
            }
            None if is_over => TurnTransition::Cancel(CancelReason::TimedOut),
            None if !is_paused && asked.stalls.deadline().is_some_and(is_due) => {
                TurnTransition::Cancel(CancelReason::Stalled)
            }
            Some(_) | None => TurnTransition::None,
        }
    }

    /// When its lookups are overdue.
    pub(super) fn lookups_until(&self) -> Option<Instant> {
        match self.phase {
            TurnPhase::LookingUp { until } => Some(until),
            _ => None,
        }
    }

    /// When [`tick`](Self::tick) is due.
    pub(super) fn deadline(&self) -> Option<Instant> {
        let limit = Some(self.deadline).filter(|_| self.paused_at.is_none());
        let TurnPhase::Asked(asked) = &self.phase else {
            return match self.phase {
                TurnPhase::Rebuilding { until, .. }
                | TurnPhase::LookingUp { until }
                | TurnPhase::Preparing { until } => {
                    Some(limit.map_or(until, |limit| limit.min(until)))
                }
                _ => limit,
            };
        };
        let crossed = asked.crossed.as_ref().map(|crossed| crossed.until);
        let end = match &asked.cancellation {
            Some(cancellation) => [cancellation.until, None],
            None => [limit, limit.and(asked.stalls.deadline())],
        };
        [crossed, end[0], end[1]].into_iter().flatten().min()
    }
}
