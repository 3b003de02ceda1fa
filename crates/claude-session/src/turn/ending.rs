//! How a turn ended.

/// The outcomes of a turn, told apart where people or the host can do something else about them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// Claude answered, in signals or in [`Outcome::unsaid`](super::Outcome::unsaid).
    Answered,
    /// The turn succeeded without an answer.
    Silent,
    Interrupted,
    /// The CLI does not have the session, or not the message at which it should be forked.
    SessionMissing,
    /// The login is missing, expired or refused (API status 401 or 403).
    LoginExpired,
    /// The API does not know the model.
    ModelUnknown,
    /// The account may not use the model's long context.
    LongContext,
    /// The conversation no longer fits into the model's context.
    ConversationTooLong,
    /// The API does not accept the conversation's history any more. Repeating the message cannot help.
    HistoryDamaged(Damage),
    /// A usage limit of the plan was reached.
    UsageLimit {
        /// Which limit: `five_hour`, `seven_day`, ...
        kind: Option<String>,
        /// When it resets, in seconds since 1970.
        resets_at: Option<u64>,
        /// The CLI's message.
        detail: String,
    },
    /// The Anthropic account has no credit, or a problem with its billing.
    Billing,
    /// The API is busy (429), overloaded, broken (5xx) or unreachable.
    ApiDown {
        status: Option<u16>,
    },
    /// The API refused the request for another reason.
    ApiRefused {
        status: Option<u16>,
        detail: String,
    },
    /// The CLI's limit on calls in one turn (`--max-turns`) was reached.
    TooManySteps,
    /// The CLI's budget (`--max-budget-usd`) is spent.
    BudgetSpent,
    /// The CLI failed for another reason.
    Failed {
        detail: String,
    },
}

/// What the API does not accept in a conversation's history.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Damage {
    /// Blocks of thinking that are not as the model wrote them.
    Thinking,
    /// A picture or document that cannot be processed.
    Media,
    /// A tool's result without its call, or a call without its result.
    Tools,
}

impl Ending {
    /// A short name for logs and records.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Silent => "silent",
            Self::Interrupted => "interrupted",
            Self::SessionMissing => "session_missing",
            Self::LoginExpired => "login_expired",
            Self::ModelUnknown => "model_unknown",
            Self::LongContext => "long_context",
            Self::ConversationTooLong => "conversation_too_long",
            Self::HistoryDamaged(_) => "history_damaged",
            Self::UsageLimit { .. } => "usage_limit",
            Self::Billing => "billing",
            Self::ApiDown { .. } => "api_down",
            Self::ApiRefused { .. } => "api_refused",
            Self::TooManySteps => "too_many_steps",
            Self::BudgetSpent => "budget_spent",
            Self::Failed { .. } => "failed",
        }
    }

    /// Whether the turn failed.
    pub fn is_error(&self) -> bool {
        !self.is_success() && *self != Self::Interrupted
    }

    /// Whether only a new process can do better: one sees a login that was renewed meanwhile, and has a new budget.
    pub fn needs_process(&self) -> bool {
        matches!(self, Self::LoginExpired | Self::BudgetSpent)
    }

    /// Whether the turn ended as it should.
    pub fn is_success(&self) -> bool {
        matches!(self, Self::Answered | Self::Silent)
    }
}
