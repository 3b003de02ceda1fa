//! How a turn ended, as far as its `result` tells.

use crate::protocol::TurnResult;

/// How a turn ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// Claude answered, in signals or in [`super::Outcome::unsaid`].
    Answered,
    /// The turn succeeded without an answer.
    Silent,
    /// The turn was interrupted.
    Interrupted,
    /// The CLI has no such session (any more).
    SessionMissing,
    /// The login is missing, expired or refused (API status 401, 403).
    LoginExpired,
    /// The API does not know the model.
    ModelUnknown,
    /// The conversation no longer fits the model's context.
    ConversationTooLong,
    /// The plan's usage limit, or the API's rate limit.
    UsageLimit {
        /// The CLI's message, which says when the limit resets.
        detail: String,
    },
    /// The API is overloaded or broken (5xx, no connection), after all retries.
    ApiDown {
        /// HTTP status, if there was one.
        status: Option<u16>,
    },
    /// The API refused the request for another reason.
    ApiRefused {
        /// HTTP status, if there was one.
        status: Option<u16>,
        /// The CLI's message.
        detail: String,
    },
    /// The CLI's limit on calls in one turn (`--max-turns`).
    TooManySteps,
    /// The CLI's budget (`--max-budget-usd`) is spent.
    BudgetSpent,
    /// The CLI failed for another reason.
    Failed {
        /// Its message.
        detail: String,
    },
}

impl Ending {
    /// A short name for logs and records.
    #[must_use]
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
    #[must_use]
    pub fn is_error(&self) -> bool {
        !matches!(self, Self::Answered | Self::Silent | Self::Interrupted)
    }
}

impl Ending {
    /// Classifies a result.
    ///
    /// `error` is the kind of API failure that an `assistant` line named, `spoke` whether there was any text,
    /// `interrupting` whether the host has interrupted the turn.
    pub(super) fn classify(
        result: &TurnResult,
        error: Option<&str>,
        spoke: bool,
        interrupting: bool,
    ) -> Self {
        let reason = result.terminal_reason.as_deref().unwrap_or_default();
        let detail = detail(result);
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

/// The message of a result: its errors or, without any, its text.
fn detail(result: &TurnResult) -> String {
    if !result.errors.is_empty() {
        return result.errors.join("\n");
    }
    result.result.clone().unwrap_or_default()
}
