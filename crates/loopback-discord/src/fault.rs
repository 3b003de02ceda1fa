//! Faults: how tests make calls to a route fail.

use std::time::Duration;

use axum::http::{HeaderName, HeaderValue, StatusCode, header::CONTENT_TYPE};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::{Route, Snowflake, record::channel_in};

/// A fault of calls to a route.
///
/// A route is a method and a path after `/api/v10`: `POST /channels/*/messages`. `*` matches one
/// segment, a last `**` any number; without a method every method matches. A fault occurs once
/// unless [`times`](Self::times), [`every`](Self::every) or [`always`](Self::always) is called.
///
/// ```
/// # use std::time::Duration;
/// # use loopback_discord::Fault;
/// let fault = Fault::rate_limited("POST /channels/*/messages", Duration::from_millis(200)).times(3);
/// ```
#[derive(Clone, Debug)]
#[must_use = "a fault has no effect until it is passed to `Loopback::inject`"]
pub struct Fault {
    route: Route,
    channel: Option<Snowflake>,
    skip: usize,
    times: usize,
    /// How many calls succeed between two faults.
    between: usize,
    effect: Effect,
}

/// The effect of a fault.
#[derive(Clone, Debug)]
pub(crate) enum Effect {
    /// The call is not performed, and gets this response.
    Answer(Answer),
    /// The call is not performed, and its connection is dropped.
    Drop,
    /// The call is performed, and its connection is dropped before the response.
    LoseResponse,
    /// The call waits, then is performed.
    Delay(Duration),
    /// The call waits until this becomes true, then is performed.
    Hold(watch::Receiver<bool>),
}

/// A response in place of the real one.
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

    /// The call gets this status and Discord's body for it. An invalid status counts as 500.
    pub fn status(route: &str, status: u16) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let reason = status.canonical_reason().unwrap_or("Error");
        let body = json!({ "message": format!("{}: {reason}", status.as_u16()), "code": 0 });
        Self::answer(route, status, &body)
    }

    /// The call gets this status and JSON body.
    pub fn json(route: &str, status: u16, body: &Value) -> Self {
        let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        Self::answer(route, status, body)
    }

    /// The call gets a 429 for the route's own limit, with Discord's headers and fields (its developer
    /// docs, "Rate limits").
    pub fn rate_limited(route: &str, retry_after: Duration) -> Self {
        Self::rate_limit(route, retry_after, "user", false)
    }

    /// The call gets a 429 for a limit shared with others, who have used it up.
    pub fn limited_by_others(route: &str, retry_after: Duration) -> Self {
        Self::rate_limit(route, retry_after, "shared", false)
    }

    /// The call gets a 429 for the bot's global limit.
    pub fn rate_limited_globally(route: &str, retry_after: Duration) -> Self {
        Self::rate_limit(route, retry_after, "global", true)
    }

    /// The call gets a 429 with an HTML page, as from the proxy in front of Discord after too many
    /// invalid requests from one address.
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

    /// The call is performed, and its connection is dropped before the response.
    pub fn lost_answer(route: &str) -> Self {
        Self::new(route, Effect::LoseResponse)
    }

    /// The call is performed after a delay.
    pub fn delayed(route: &str, by: Duration) -> Self {
        Self::new(route, Effect::Delay(by))
    }

    /// A fault that makes calls wait until the [`Hold`] is released.
    pub(crate) fn held(route: &str) -> (Self, Hold) {
        let (release, held) = watch::channel(false);
        let fault = Self::new(route, Effect::Hold(held)).always();
        (fault, Hold { release })
    }

    /// Limits the fault to calls with this channel in their path.
    pub fn channel(self, channel: Snowflake) -> Self {
        Self {
            channel: Some(channel),
            ..self
        }
    }

    /// Lets the first `calls` calls succeed.
    pub fn after(self, calls: usize) -> Self {
        Self {
            skip: calls,
            ..self
        }
    }

    /// Occurs this many times.
    pub fn times(self, times: usize) -> Self {
        Self { times, ..self }
    }

    /// Occurs at every `nth` call, without end.
    pub fn every(self, nth: usize) -> Self {
        let between = nth.saturating_sub(1);
        Self { between, ..self }.after(between).always()
    }

    /// Occurs at every call.
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

    fn rate_limit(route: &str, after: Duration, scope: &'static str, global: bool) -> Self {
        let body = rate_limited_body(after, global);
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
pub(crate) fn rate_limited_body(after: Duration, global: bool) -> Value {
    json!({
        "message": "You are being rate limited.", "retry_after": after.as_secs_f64(), "global": global,
    })
}

/// A header value in whole seconds, rounded up.
pub(crate) fn seconds(time: Duration) -> HeaderValue {
    let whole = time.as_secs() + u64::from(time.subsec_nanos() > 0);
    HeaderValue::from(whole)
}

/// Holds calls back. Releasing or dropping it lets them and all later calls proceed.
#[derive(Debug)]
#[must_use = "dropping it lets the calls proceed"]
pub struct Hold {
    release: watch::Sender<bool>,
}

impl Hold {
    /// Lets the calls proceed.
    pub fn release(self) {}
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.release.send_replace(true);
    }
}

/// The faults that have not occurred yet.
#[derive(Debug, Default)]
pub(crate) struct Faults {
    pending: Vec<Fault>,
}

impl Faults {
    pub(crate) fn add(&mut self, fault: Fault) {
        self.pending.push(fault);
    }

    pub(crate) fn clear(&mut self) {
        self.pending.clear();
    }

    /// The effect of the first fault for this call, if there is one.
    pub(crate) fn apply(&mut self, method: &str, path: &str) -> Option<Effect> {
        self.pending.retain(|fault| match &fault.effect {
            Effect::Hold(released) => !*released.borrow(),
            _ => true,
        });
        let effect = self.pending.iter_mut().find_map(|fault| {
            let covered = fault.route.matches(method, path)
                && (fault.channel.is_none() || fault.channel == channel_in(path));
            if !covered || fault.times == 0 {
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
        self.pending.retain(|fault| fault.times > 0);
        effect
    }
}

#[cfg(test)]
mod tests;
