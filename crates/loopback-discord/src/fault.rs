//! Faults: how calls to a route are made to go wrong.

use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, StatusCode, header::CONTENT_TYPE};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::{Snowflake, record::channel_in};

/// A method and a path after `/api/v10`: `POST /channels/*/messages`.
///
/// `*` stands for one segment, a last `**` for any number of them; without a method, or with `*`,
/// every method matches.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Route {
    method: Option<String>,
    segments: Vec<String>,
}

impl Route {
    pub(crate) fn new(text: &str) -> Self {
        let (method, path) = text.trim().split_once(' ').unwrap_or(("*", text.trim()));
        Self {
            method: (method != "*").then(|| method.to_owned()),
            segments: segments(path).map(str::to_owned).collect(),
        }
    }

    pub(crate) fn matches(&self, method: &str, path: &str) -> bool {
        if self.method.as_deref().is_some_and(|own| own != method) {
            return false;
        }
        let mut there = segments(path);
        for own in &self.segments {
            match (own.as_str(), there.next()) {
                ("**", _) => return true,
                ("*", Some(_)) => {}
                (own, Some(there)) if own == there => {}
                _ => return false,
            }
        }
        there.next().is_none()
    }
}

fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.trim().split('/').filter(|segment| !segment.is_empty())
}

/// Something that goes wrong with calls to a route.
///
/// A route is written as a method and a path after `/api/v10`: `POST /channels/*/messages`. `*`
/// stands for one segment, a last `**` for any number; without a method every method is meant.
/// A fault strikes once unless [`times`](Self::times) or [`always`](Self::always) says otherwise.
///
/// ```
/// # use std::time::Duration;
/// # use loopback_discord::Fault;
/// let fault = Fault::rate_limited("POST /channels/*/messages", Duration::from_millis(200)).times(3);
/// ```
#[derive(Clone, Debug)]
#[must_use = "a fault strikes once it is given to `Loopback::inject`"]
pub struct Fault {
    route: Route,
    channel: Option<Snowflake>,
    skip: usize,
    times: usize,
    /// How many calls pass between two that are struck.
    between: usize,
    effect: Effect,
}

/// What a fault does.
#[derive(Clone, Debug)]
pub(crate) enum Effect {
    /// The call is answered with this, and not performed.
    Answer(Answer),
    /// The connection is dropped, and the call not performed.
    Drop,
    /// The call is performed, and its answer lost with its connection.
    LoseAnswer,
    /// The call waits, then is performed.
    Delay(Duration),
    /// The call waits until this turns true, then is performed.
    Hold(watch::Receiver<bool>),
}

/// An answer in place of the real one.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
    pub(crate) body: String,
}

impl Fault {
    fn new(route: &str, effect: Effect) -> Self {
        Self {
            route: Route::new(route),
            channel: None,
            skip: 0,
            times: 1,
            between: 0,
            effect,
        }
    }

    /// The call is answered with a status and the body Discord gives with it (a number that is no
    /// HTTP status counts as 500).
    pub fn status(route: &str, status: u16) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let reason = status.canonical_reason().unwrap_or("Error");
        let body = json!({ "message": format!("{}: {reason}", status.as_u16()), "code": 0 });
        Self::answer(route, status, &body)
    }

    /// The call is answered with a status and this JSON body.
    pub fn json(route: &str, status: u16, body: &Value) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self::answer(route, status, body)
    }

    /// The call is answered 429 for the route's own limit, with all headers and fields that
    /// Discord gives (its developer docs, "Rate limits").
    pub fn rate_limited(route: &str, retry_after: Duration) -> Self {
        Self::too_many(route, retry_after, "user", false)
    }

    /// The call is answered 429 for a limit that others have used up.
    pub fn limited_by_others(route: &str, retry_after: Duration) -> Self {
        Self::too_many(route, retry_after, "shared", false)
    }

    /// The call is answered 429 for the bot's global limit.
    pub fn rate_limited_globally(route: &str, retry_after: Duration) -> Self {
        Self::too_many(route, retry_after, "global", true)
    }

    /// The call is answered 429 with a page of HTML, as the proxy before Discord does when an
    /// address has made too many invalid requests.
    pub fn banned(route: &str, retry_after: Duration) -> Self {
        let answer = Answer {
            status: StatusCode::TOO_MANY_REQUESTS,
            headers: vec![
                (
                    CONTENT_TYPE,
                    HeaderValue::from_static("text/html; charset=UTF-8"),
                ),
                (HeaderName::from_static("retry-after"), seconds(retry_after)),
            ],
            body:
                "<!doctype html><html><head><title>Access denied | discord.com used Cloudflare to \
                   restrict access</title></head><body><h1>Error 1015</h1><p>You are being rate \
                   limited</p></body></html>"
                    .to_owned(),
        };
        Self::new(route, Effect::Answer(answer))
    }

    /// The connection is dropped before the call is performed.
    pub fn dropped(route: &str) -> Self {
        Self::new(route, Effect::Drop)
    }

    /// The call is performed, but its connection dropped without an answer.
    pub fn lost_answer(route: &str) -> Self {
        Self::new(route, Effect::LoseAnswer)
    }

    /// The call is performed after a while.
    pub fn delayed(route: &str, by: Duration) -> Self {
        Self::new(route, Effect::Delay(by))
    }

    /// A fault that lets calls wait until the [`Hold`] is let go.
    pub(crate) fn held(route: &str) -> (Self, Hold) {
        let (release, held) = watch::channel(false);
        let fault = Self::new(route, Effect::Hold(held)).always();
        (fault, Hold { release })
    }

    /// Only calls that name this channel in their path are struck.
    pub fn channel(self, channel: Snowflake) -> Self {
        Self {
            channel: Some(channel),
            ..self
        }
    }

    /// Lets the first `calls` calls through.
    pub fn after(self, calls: usize) -> Self {
        Self {
            skip: calls,
            ..self
        }
    }

    /// Strikes so many times.
    pub fn times(self, times: usize) -> Self {
        Self { times, ..self }
    }

    /// Strikes every `nth` call, for good.
    pub fn every(self, nth: usize) -> Self {
        let between = nth.saturating_sub(1);
        Self { between, ..self }.after(between).always()
    }

    /// Strikes every time.
    pub fn always(self) -> Self {
        self.times(usize::MAX)
    }

    fn answer(route: &str, status: StatusCode, body: &Value) -> Self {
        let json = (CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let answer = Answer {
            status,
            headers: vec![json],
            body: body.to_string(),
        };
        Self::new(route, Effect::Answer(answer))
    }

    fn too_many(route: &str, after: Duration, scope: &'static str, global: bool) -> Self {
        let body = too_many_words(after, global);
        let mut fault = Self::answer(route, StatusCode::TOO_MANY_REQUESTS, &body);
        if let Effect::Answer(answer) = &mut fault.effect {
            let mut header = |name: &'static str, value| {
                answer.headers.push((HeaderName::from_static(name), value));
            };
            // Whole seconds, rounded up; the body has the fraction.
            header("retry-after", seconds(after));
            header("x-ratelimit-scope", HeaderValue::from_static(scope));
            if global {
                header("x-ratelimit-global", HeaderValue::from_static("true"));
            } else if scope == "user" {
                header("x-ratelimit-limit", HeaderValue::from_static("5"));
                header("x-ratelimit-remaining", HeaderValue::from_static("0"));
                header("x-ratelimit-reset-after", seconds(after));
                header("x-ratelimit-bucket", HeaderValue::from_static("loopback"));
            }
        }
        fault
    }
}

/// The body of a 429.
pub(crate) fn too_many_words(after: Duration, global: bool) -> Value {
    json!({
        "message": "You are being rate limited.", "retry_after": after.as_secs_f64(), "global": global,
    })
}

/// Whole seconds, rounded up, as the header gives them.
pub(crate) fn seconds(time: Duration) -> HeaderValue {
    let whole = time.as_secs() + u64::from(time.subsec_nanos() > 0);
    HeaderValue::from(whole)
}

/// Calls that wait. Letting go of it (or dropping it) lets them through, and all that come after.
#[derive(Debug)]
#[must_use = "dropping it lets the calls through"]
pub struct Hold {
    release: watch::Sender<bool>,
}

impl Hold {
    /// Lets the calls through.
    pub fn release(self) {}
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.release.send_replace(true);
    }
}

/// The faults that wait for a call.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    waiting: Vec<Fault>,
}

impl Faults {
    pub(crate) fn add(&mut self, fault: Fault) {
        self.waiting.push(fault);
    }

    pub(crate) fn clear(&mut self) {
        self.waiting.clear();
    }

    /// What strikes this call, if anything does: the fault that was given first.
    pub(crate) fn strike(&mut self, method: &str, path: &str) -> Option<Effect> {
        self.waiting.retain(|fault| match &fault.effect {
            Effect::Hold(released) => !*released.borrow(),
            _ => true,
        });
        let struck = self.waiting.iter_mut().find_map(|fault| {
            let meant = fault.route.matches(method, path)
                && (fault.channel.is_none() || fault.channel == channel_in(path));
            if !meant || fault.times == 0 {
                return None;
            }
            if fault.skip > 0 {
                fault.skip -= 1;
                return None;
            }
            if fault.times != usize::MAX {
                fault.times -= 1;
            }
            fault.skip = fault.between;
            Some(fault.effect.clone())
        });
        self.waiting.retain(|fault| fault.times > 0);
        struck
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(route: &str, method: &str, path: &str, matches: bool) {
        assert_eq!(
            Route::new(route).matches(method, path),
            matches,
            "{route}: {method} {path}"
        );
    }

    #[test]
    fn routes_match_by_segment() {
        check(
            "POST /channels/*/messages",
            "POST",
            "/channels/1/messages",
            true,
        );
        check(
            "POST /channels/*/messages",
            "GET",
            "/channels/1/messages",
            false,
        );
        check(
            "POST /channels/*/messages",
            "POST",
            "/channels/1/messages/2",
            false,
        );
        check(
            "/channels/1/messages",
            "PATCH",
            "/channels/1/messages",
            true,
        );
        check("* /channels/**", "GET", "/channels/1/messages/2", true);
        check("GET /**", "GET", "/users/@me", true);
        check("GET /channels/*", "GET", "/channels", false);
    }

    #[test]
    fn a_fault_strikes_as_often_as_told() {
        let mut faults = Faults::default();
        let route = "POST /channels/*/messages";
        faults.add(Fault::dropped(route).channel(7.into()).after(1).times(2));
        let mut strike = |path: &str| faults.strike("POST", path).is_some();
        assert!(!strike("/channels/7/messages"), "let through");
        assert!(!strike("/channels/8/messages"), "another channel");
        assert!(strike("/channels/7/messages"));
        assert!(strike("/channels/7/messages"));
        assert!(!strike("/channels/7/messages"), "used up");
    }

    #[test]
    fn a_fault_strikes_every_nth_call() {
        let mut faults = Faults::default();
        faults.add(Fault::dropped("GET /users/@me").every(3));
        let struck: Vec<_> = (1..=9)
            .filter(|_| faults.strike("GET", "/users/@me").is_some())
            .collect();
        assert_eq!(struck, [3, 6, 9]);
    }

    #[test]
    fn a_rate_limit_rounds_its_header_up_and_keeps_the_fraction_in_its_body() {
        let fault = Fault::rate_limited("GET /users/@me", Duration::from_millis(1300));
        let Effect::Answer(answer) = fault.effect else {
            panic!("not an answer");
        };
        assert!(answer.body.contains("1.3"), "{}", answer.body);
        let header = |name: &str| {
            answer
                .headers
                .iter()
                .find(|found| found.0 == *name)
                .unwrap()
        };
        assert_eq!(header("retry-after").1, "2");
        assert_eq!(header("x-ratelimit-scope").1, "user");
    }
}
