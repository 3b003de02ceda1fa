//! How a turn ended, judged by its `result`.

use crate::protocol::TurnResult;

/// How a turn ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// Claude answered, in signals or in [`Outcome::unsaid`](super::Outcome::unsaid).
    Answered,
    /// The turn succeeded without an answer.
    Silent,
    Interrupted,
    /// The CLI does not have the session.
    SessionMissing,
    /// The login is missing, expired or refused (API status 401 or 403).
    LoginExpired,
    /// The API does not know the model.
    ModelUnknown,
    /// The conversation no longer fits into the model's context.
    ConversationTooLong,
    /// The plan's usage limit or the API's rate limit was reached.
    UsageLimit {
        /// The CLI's message, which says when the limit resets.
        detail: String,
    },
    /// The API is overloaded, broken (5xx) or unreachable, after all retries.
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
            Self::ConversationTooLong => "conversation_too_long",
            Self::UsageLimit { .. } => "usage_limit",
            Self::ApiDown { .. } => "api_down",
            Self::ApiRefused { .. } => "api_refused",
            Self::TooManySteps => "too_many_steps",
            Self::BudgetSpent => "budget_spent",
            Self::Failed { .. } => "failed",
        }
    }

    /// Whether the turn failed.
    pub fn is_error(&self) -> bool {
        !matches!(self, Self::Answered | Self::Silent | Self::Interrupted)
    }

    /// Whether running the message again may get an answer.
    pub fn is_retryable(&self) -> bool {
        self.is_error() && !matches!(self, Self::TooManySteps | Self::BudgetSpent)
    }

    /// Classifies a result. `error` is the API failure that an `assistant` line named, `spoke` says whether there was any
    /// text, `interrupting` whether the host has interrupted the turn.
    pub(super) fn classify(
        result: &TurnResult,
        error: Option<&str>,
        spoke: bool,
        interrupting: bool,
    ) -> Self {
        let reason = result.terminal_reason.as_deref().unwrap_or_default();
        let detail = match result.errors.as_slice() {
            [] => result.result.clone().unwrap_or_default(),
            errors => errors.join("\n"),
        };
        let has = |needle: &str| detail.to_lowercase().contains(needle);
        if interrupting || matches!(reason, "aborted_streaming" | "aborted_tools") {
            return Self::Interrupted;
        }
        if !result.is_error && matches!(result.subtype.as_str(), "success" | "") {
            let spoke = spoke || !detail.trim().is_empty();
            return if spoke { Self::Answered } else { Self::Silent };
        }
        match result.subtype.as_str() {
            "error_max_turns" => return Self::TooManySteps,
            "error_max_budget_usd" => return Self::BudgetSpent,
            _ => {}
        }
        if has("no conversation found") {
            return Self::SessionMissing;
        }
        let status = result.api_error_status;
        let error = error.unwrap_or_default();
        if reason == "prompt_too_long" || has("prompt is too long") {
            return Self::ConversationTooLong;
        }
        if matches!(error, "authentication_failed" | "oauth_org_not_allowed")
            || matches!(status, Some(401 | 403))
            || has("please run /login")
            || has("invalid api key")
        {
            return Self::LoginExpired;
        }
        if error == "model_not_found" || (status == Some(404) && has("model")) {
            return Self::ModelUnknown;
        }
        if matches!(error, "rate_limit" | "billing_error") || status == Some(429) {
            return Self::UsageLimit { detail };
        }
        if matches!(error, "overloaded" | "server_error") || status.is_some_and(|code| code >= 500)
        {
            return Self::ApiDown { status };
        }
        if status.is_some() || reason == "api_error" {
            return Self::ApiRefused { status, detail };
        }
        if has("connection error") || has("unable to connect") || has("connection refused") {
            return Self::ApiDown { status };
        }
        Self::Failed { detail }
    }
}
