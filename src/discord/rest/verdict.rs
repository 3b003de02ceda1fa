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
mod tests {
    use proptest::prelude::*;
    use reqwest::header::{HeaderName, HeaderValue};

    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let header = |(name, value): &(&'static str, &str)| {
            (
                HeaderName::from_static(name),
                HeaderValue::from_str(value).unwrap(),
            )
        };
        pairs.iter().map(header).collect()
    }

    const JSON: (&str, &str) = ("content-type", "application/json");

    #[track_caller]
    fn check(pairs: &[(&'static str, &str)], body: &str, wait: f64, scope: Scope) {
        assert_eq!(
            verdict(429, &headers(pairs), body.as_bytes()),
            Verdict::Limited {
                wait: Duration::from_secs_f64(wait),
                scope
            },
            "{pairs:?} {body}"
        );
    }

    #[test]
    fn a_limit_is_read_exactly() {
        let route =
            r#"{"message":"You are being rate limited.","retry_after":0.357,"global":false}"#;
        check(&[JSON, ("retry-after", "1")], route, 0.357, Scope::Route);
        check(&[JSON, ("retry-after", "1.25")], "{}", 1.25, Scope::Route);
        let shared = [JSON, ("x-ratelimit-scope", "shared")];
        check(&shared, route, 0.357, Scope::Shared);
        let global = r#"{"retry_after":64.5,"global":true}"#;
        check(&[JSON], global, 64.5, Scope::Global);
        check(
            &[("x-ratelimit-global", "true")],
            route,
            0.357,
            Scope::Global,
        );
        check(
            &[("x-ratelimit-scope", "global")],
            route,
            0.357,
            Scope::Global,
        );
        check(&[JSON], r#"{"retry_after":-1}"#, 5.0, Scope::Route);
        check(&[JSON], r#"{"retry_after":1e30}"#, 5.0, Scope::Route);
        check(&[JSON], r#"{"retry_after":1e9}"#, 86_400.0, Scope::Route);
    }

    #[test]
    fn the_proxys_page_cools_down_for_a_minute_at_least() {
        let page = "<!doctype html><title>Error 1015</title>";
        let html = ("content-type", "text/html; charset=UTF-8");
        check(&[html], page, 60.0, Scope::Banned);
        check(&[html, ("retry-after", "1")], page, 60.0, Scope::Banned);
        check(&[html, ("retry-after", "900")], page, 900.0, Scope::Banned);
        check(&[], "", 60.0, Scope::Banned);
        // Carried by Discord itself.
        let via = ("via", "1.1 google");
        check(&[html, via, ("retry-after", "2")], page, 2.0, Scope::Route);
    }

    #[test]
    fn what_is_held_against_the_bot() {
        #[track_caller]
        fn check(status: u16, body: &str, pairs: &[(&'static str, &str)], counts: bool) {
            let verdict = verdict(status, &headers(pairs), body.as_bytes());
            assert_eq!(is_invalid(status, &verdict), counts, "{status} {verdict:?}");
        }
        check(401, "{}", &[], true);
        check(403, r#"{"code":50001}"#, &[], true);
        check(429, "{}", &[], true);
        check(429, "<html>", &[], true);
        check(429, "{}", &[("x-ratelimit-scope", "shared")], false);
        for status in [200, 204, 400, 404, 500, 502] {
            check(status, "", &[], false);
        }
    }

    #[test]
    fn a_refusal_keeps_discords_words() {
        let body = br#"{"code":50013,"message":"Missing Permissions"}"#;
        let refused = Verdict::Refused {
            code: 50_013,
            message: "Missing Permissions".to_owned(),
        };
        assert_eq!(verdict(403, &HeaderMap::new(), body), refused);
    }

    proptest! {
        #[test]
        fn no_answer_is_too_strange(status: u16, after: String, body: Vec<u8>) {
            let mut headers = HeaderMap::new();
            if let Ok(after) = HeaderValue::from_str(&after) {
                headers.insert(RETRY_AFTER, after);
            }
            if let Verdict::Limited { wait, .. } = verdict(status, &headers, &body) {
                prop_assert!(wait <= LONGEST);
            }
        }
    }
}
