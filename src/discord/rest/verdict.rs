//! What an answer from Discord means. Pure.

use std::time::Duration;

use reqwest::header::{HeaderMap, RETRY_AFTER};
use serde::Deserialize;

/// A longer wait than this is cut.
const LONGEST: Duration = Duration::from_hours(24);

/// The wait if the answer names none that can be read.
const UNTOLD: Duration = Duration::from_secs(5);

/// The shortest wait after a refusal by the proxy in front of Discord: it bans an address, and every further request
/// prolongs the ban.
const BANNED: Duration = Duration::from_mins(1);

/// How many characters of Discord's message are kept.
const WORDS: usize = 200;

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Verdict {
    Done,
    /// Nothing in `scope` may be sent until `wait` has passed.
    Limited {
        wait: Duration,
        scope: LimitScope,
    },
    /// The call may succeed later.
    Again,
    /// The call can never succeed.
    Refused {
        /// Discord's own code (its developer docs, "JSON error codes"); 0 where there is none.
        code: u64,
        message: String,
    },
}

/// Which calls a limit stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LimitScope {
    /// Those to the same route and id.
    Route,
    /// The same, but others have used the limit up, so it does not count as an invalid request.
    Shared,
    Global,
    /// All: the proxy in front of Discord has banned the address.
    Banned,
}

/// The body of a refusal or a limit.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Words {
    code: u64,
    message: String,
    retry_after: Option<f64>,
    global: bool,
}

pub(super) fn verdict(status: u16, headers: &HeaderMap, body: &[u8]) -> Verdict {
    match status {
        200..=299 => Verdict::Done,
        429 => limited(headers, body),
        500..=599 => Verdict::Again,
        _ => {
            let words: Words = serde_json::from_slice(body).unwrap_or_default();
            Verdict::Refused {
                code: words.code,
                message: words.message.chars().take(WORDS).collect(),
            }
        }
    }
}

/// Whether Discord counts the call as an invalid request (its developer docs, "Invalid request limit").
pub(super) fn is_invalid(status: u16, verdict: &Verdict) -> bool {
    match verdict {
        Verdict::Limited { scope, .. } => *scope != LimitScope::Shared,
        _ => matches!(status, 401 | 403),
    }
}

fn limited(headers: &HeaderMap, body: &[u8]) -> Verdict {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let header = text(RETRY_AFTER.as_str()).and_then(seconds);
    let words = serde_json::from_slice::<Words>(body).ok();
    let is_json = text("content-type").is_some_and(|kind| kind.starts_with("application/json"));
    // Discord answers in JSON, and its answers name who carried them. Anything else is the proxy's own page.
    if words.is_none() && !is_json && text("via").is_none() {
        return Verdict::Limited {
            wait: header.unwrap_or(BANNED).max(BANNED),
            scope: LimitScope::Banned,
        };
    }
    let words = words.unwrap_or_default();
    let is_global = text("x-ratelimit-global").is_some_and(|it| it.eq_ignore_ascii_case("true"));
    // The body has the fraction, the header whole seconds.
    let wait = words.retry_after.and_then(duration).or(header);
    Verdict::Limited {
        wait: wait.unwrap_or(UNTOLD),
        scope: match text("x-ratelimit-scope") {
            _ if words.global => LimitScope::Global,
            Some("global") => LimitScope::Global,
            Some("shared") => LimitScope::Shared,
            _ if is_global => LimitScope::Global,
            _ => LimitScope::Route,
        },
    }
}

/// Reads seconds in a header, with or without a fraction.
pub(super) fn seconds(text: &str) -> Option<Duration> {
    duration(text.trim().parse().ok()?)
}

fn duration(seconds: f64) -> Option<Duration> {
    let duration = Duration::try_from_secs_f64(seconds).ok()?;
    Some(duration.min(LONGEST))
}

#[cfg(test)]
mod tests;
