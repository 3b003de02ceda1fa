//! Why a turn failed. Pure.
//!
//! Fields decide. Only where the CLI names no kind of error, the text of the failure does: the API's or the CLI's own,
//! and only within one HTTP status. What Claude wrote is never looked at.

use super::ending::{Damage, Ending};
use crate::protocol::{RateLimit, TurnResult};

impl Ending {
    /// Classifies a result. `error` is the API failure that an `assistant` line named, `limit` the last report on the
    /// plan's limits, `spoke` says whether there was any text, `interrupting` whether the host has interrupted the turn.
    pub(super) fn classify(
        result: &TurnResult,
        error: Option<&str>,
        limit: Option<&RateLimit>,
        spoke: bool,
        interrupting: bool,
    ) -> Self {
        let reason = result.terminal_reason.as_deref().unwrap_or_default();
        if interrupting || matches!(reason, "aborted_streaming" | "aborted_tools") {
            return Self::Interrupted;
        }
        if !result.is_error && matches!(result.subtype.as_str(), "success" | "") {
            return if spoke { Self::Answered } else { Self::Silent };
        }
        match result.subtype.as_str() {
            "error_max_turns" => Self::TooManySteps,
            "error_max_budget_usd" => Self::BudgetSpent,
            _ => Failure::new(result, error, limit).ending(),
        }
    }
}

/// What the CLI reports about a failure.
pub(super) struct Failure<'a> {
    status: Option<u16>,
    /// `error` of the `assistant` line: `rate_limit`, `billing_error`, ...
    error: &'a str,
    /// The CLI's own code (2.1.332): `usage_limit_reached`, ...
    code: &'a str,
    /// The API's type of error (2.1.332): `rate_limit_error`, ...
    kind: &'a str,
    /// `terminal_reason`.
    reason: &'a str,
    /// The limit that refused the call.
    limit: Option<&'a RateLimit>,
    detail: String,
    /// The same in lower case.
    words: String,
}

impl<'a> Failure<'a> {
    pub(super) fn new(
        result: &'a TurnResult,
        error: Option<&'a str>,
        limit: Option<&'a RateLimit>,
    ) -> Self {
        let detail = match result.errors.as_slice() {
            [] => result.result.clone().unwrap_or_default(),
            errors => errors.join("\n"),
        };
        Self {
            status: result.api_error_status,
            error: error.unwrap_or_default(),
            code: result.api_error.as_deref().unwrap_or_default(),
            kind: result.api_error_type.as_deref().unwrap_or_default(),
            reason: result.terminal_reason.as_deref().unwrap_or_default(),
            limit: limit.filter(|limit| limit.status == "rejected"),
            words: detail.to_lowercase(),
            detail,
        }
    }

    pub(super) fn ending(self) -> Ending {
        self.named().unwrap_or_else(|| self.by_status())
    }

    /// The ending, if a field names the kind of failure.
    fn named(&self) -> Option<Ending> {
        Some(match (self.code, self.reason, self.error) {
            ("long_context_credits_required", ..) => Ending::LongContext,
            ("usage_limit_reached", ..) => self.usage_limit(),
            ("tool_history_mismatch", ..) => Ending::HistoryDamaged(Damage::Tools),
            ("media_removed", ..) | (_, "image_error", _) => Ending::HistoryDamaged(Damage::Media),
            (_, "prompt_too_long", _) => Ending::ConversationTooLong,
            (.., "billing_error") => Ending::Billing,
            (.., "authentication_failed" | "oauth_org_not_allowed") => Ending::LoginExpired,
            (.., "model_not_found") => Ending::ModelUnknown,
            (.., "overloaded" | "server_error") => self.down(),
            _ if self.kind == "billing_error" => Ending::Billing,
            _ if self.limit.is_some_and(|limit| limit.resets_at.is_some()) => self.usage_limit(),
            _ => return None,
        })
    }

    fn by_status(self) -> Ending {
        let has = |words: &[&str]| words.iter().all(|word| self.words.contains(word));
        match self.status {
            Some(400) if has(&["thinking", "cannot be modified"]) => {
                Ending::HistoryDamaged(Damage::Thinking)
            }
            Some(400)
                if has(&["tool_use", "tool_result"])
                    || has(&["tool use concurrency"])
                    || has(&["tool_use_id"]) =>
            {
                Ending::HistoryDamaged(Damage::Tools)
            }
            Some(400)
                if has(&["could not process image"])
                    || has(&["image", "could not be processed"]) =>
            {
                Ending::HistoryDamaged(Damage::Media)
            }
            Some(400) if has(&["prompt is too long"]) => Ending::ConversationTooLong,
            Some(400) if has(&["credit balance is too low"]) => Ending::Billing,
            Some(401 | 403) => Ending::LoginExpired,
            Some(402) => Ending::Billing,
            Some(404) if has(&["model"]) => Ending::ModelUnknown,
            Some(429) if has(&["long context"]) || has(&["1m context"]) => Ending::LongContext,
            Some(429) if has(&["resets "]) => self.usage_limit(),
            Some(429 | 500..) => self.down(),
            None if self.error == "rate_limit" => self.down(),
            None if has(&["no conversation found"])
                || has(&["no message found with message.uuid"]) =>
            {
                Ending::SessionMissing
            }
            None if has(&["please run /login"]) || has(&["invalid api key"]) => {
                Ending::LoginExpired
            }
            None if has(&["prompt is too long"]) => Ending::ConversationTooLong,
            None if has(&["connection error"])
                || has(&["unable to connect"])
                || has(&["connection refused"]) =>
            {
                self.down()
            }
            None if self.reason != "api_error" => Ending::Failed {
                detail: self.detail,
            },
            status => Ending::ApiRefused {
                status,
                detail: self.detail,
            },
        }
    }

    fn usage_limit(&self) -> Ending {
        Ending::UsageLimit {
            kind: self.limit.and_then(|limit| limit.kind.clone()),
            resets_at: self.limit.and_then(|limit| limit.resets_at),
            detail: self.detail.clone(),
        }
    }

    fn down(&self) -> Ending {
        Ending::ApiDown {
            status: self.status,
        }
    }
}

#[cfg(test)]
mod tests;
