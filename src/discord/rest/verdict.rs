//! What an answer of Discord's means. Pure.

use std::time::Duration;

use reqwest::header::{CONTENT_TYPE, HeaderMap, RETRY_AFTER};
use serde::Deserialize;

/// The longest wait that is believed.
const LONGEST: Duration = Duration::from_hours(24);

/// The wait where a limit does not name one that can be read.
const UNTOLD: Duration = Duration::from_secs(5);

/// The least wait after the proxy before Discord has said no: it bans an address, and asking again prolongs it.
const BANNED: Duration = Duration::from_mins(1);

/// The most characters of Discord's words that are kept.
const WORDS: usize = 200;

/// What an answer means.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Verdict {
    /// It is done.
    Done,
    /// Not before this has passed.
    Limited { wait: Duration, scope: Scope },
    /// It may work later.
    Again,
    /// It never will.
    Refused {
        /// Discord's own code (its developer docs, "JSON error codes"); 0 where there is none.
        code: u64,
        message: String,
    },
}

/// Whom a limit stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// Calls to the same route and id.
    Route,
    /// The same, but others have used it up: it is not held against the bot.
    Shared,
    /// Every call.
    Global,
    /// Every call: it was the proxy before Discord that spoke.
    Banned,
}

impl Scope {
    pub(super) fn stops_all(self) -> bool {
        matches!(self, Self::Global | Self::Banned)
    }
}

/// Discord's words in a refusal or a limit.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Words {
    code: u64,
    message: String,
    retry_after: Option<f64>,
    global: bool,
}

/// What an answer means, by its status, headers and body.
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

/// Whether Discord counts it as an invalid request (its developer docs, "Invalid request limit").
pub(super) fn is_invalid(status: u16, verdict: &Verdict) -> bool {
    match verdict {
        Verdict::Limited { scope, .. } => *scope != Scope::Shared,
        _ => matches!(status, 401 | 403),
    }
}

fn limited(headers: &HeaderMap, body: &[u8]) -> Verdict {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let header = headers
        .get(RETRY_AFTER)
        .and_then(|value| value.to_str().ok());
    let header = header.and_then(seconds);
    // Discord answers in JSON; a page is from the proxy before it.
    let Ok(words) = serde_json::from_slice::<Words>(body) else {
        let is_json = headers
            .get(CONTENT_TYPE)
            .and_then(|kind| kind.to_str().ok())
            .is_some_and(|kind| kind.starts_with("application/json"));
        // Discord's own answers name who carried them.
        if is_json || text("via").is_some() {
            return Verdict::Limited {
                wait: header.unwrap_or(UNTOLD),
                scope: scope(text("x-ratelimit-scope"), text("x-ratelimit-global")),
            };
        }
        return Verdict::Limited {
            wait: header.unwrap_or(BANNED).max(BANNED),
            scope: Scope::Banned,
        };
    };
    let scope = if words.global {
        Scope::Global
    } else {
        scope(text("x-ratelimit-scope"), text("x-ratelimit-global"))
    };
    // The body has the fraction, the header whole seconds.
    let wait = words.retry_after.and_then(duration).or(header);
    Verdict::Limited {
        wait: wait.unwrap_or(UNTOLD),
        scope,
    }
}

fn scope(scope: Option<&str>, global: Option<&str>) -> Scope {
    match scope {
        Some("global") => Scope::Global,
        Some("shared") => Scope::Shared,
        _ if global.is_some_and(|global| global.eq_ignore_ascii_case("true")) => Scope::Global,
        _ => Scope::Route,
    }
}

/// Seconds as a header gives them, with or without a fraction.
pub(super) fn seconds(text: &str) -> Option<Duration> {
    duration(text.trim().parse().ok()?)
}

fn duration(seconds: f64) -> Option<Duration> {
    let duration = Duration::try_from_secs_f64(seconds).ok()?;
    Some(duration.min(LONGEST))
}

#[cfg(test)]
mod tests;
