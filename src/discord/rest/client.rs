//! Carries calls out: waits for rate limits, sends, judges the answer, tries again.

mod admission;

use std::{
    future::pending,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use chrono::{DateTime, Utc};
use reqwest::{
    Client, Method,
    header::{AUTHORIZATION, CONTENT_LENGTH, CONTENT_TYPE, HeaderMap, HeaderValue},
    multipart::{Form, Part},
    redirect,
};
use serde::de::DeserializeOwned;
use tokio::sync::{Notify, watch};

use super::{
    Call, Failed,
    budget::{Budget, BudgetState},
    call::Route,
    clock::Clock,
    patience::Patience,
    proxy::proxy,
    queue::Queue,
    rate_limiter::{RateLimiter, Ticket, Wait},
    verdict::{Verdict, is_invalid, verdict},
};
use crate::{
    backoff::Backoff,
    config::{ApiBase, Environment, Token},
    discord::{Fatal, json::parse},
    snowflake::MessageId,
    tls,
};

const RETRY_DELAYS: Backoff = Backoff::new(Duration::from_millis(250), Duration::from_secs(30));
/// The timeout of one try.
pub(crate) const ONE_TRY: Duration = Duration::from_mins(1);
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const IDLE_CONNECTIONS: usize = 4;
const DISCORD: &str = "https://discord.com";
const API: &str = "/api/v10";

/// The client for Discord's REST API. Clones share its rate limits.
#[derive(Clone)]
pub(crate) struct Rest(Arc<Inner>);

struct Inner {
    client: Client,
    base: String,
    authorization: HeaderValue,
    /// Never held across an await.
    traffic: Mutex<Traffic>,
    /// Notified whenever a call has ended.
    ended: Notify,
    fatal: watch::Sender<Option<Fatal>>,
    /// How often Discord has said that there were too many requests.
    limited: AtomicU64,
}

#[derive(Default)]
struct Traffic {
    clock: Clock,
    limits: RateLimiter,
    /// Calls that only the global limit stops.
    queue: Queue,
    budget: Budget,
    /// Whether nothing may be sent any more.
    stopped: bool,
}

/// A call on its way. Dropping it ends the call, also when the task is cancelled.
struct Out<'a> {
    inner: &'a Inner,
    ticket: Ticket,
}

impl Drop for Out<'_> {
    fn drop(&mut self) {
        let now = Instant::now();
        self.inner.traffic().limits.finished(&self.ticket, now);
        self.inner.ended.notify_waiters();
    }
}

/// The verdict on an answer, with its status and body.
type Answer = (Verdict, u16, Vec<u8>);

impl Rest {
    /// With `api_base`, the client talks to the loopback Discord there; otherwise to Discord, through the proxy that
    /// the environment names.
    pub(crate) fn new(
        token: &Token,
        api_base: Option<&ApiBase>,
        environment: &Environment,
    ) -> Result<Self, Fatal> {
        let mut authorization = HeaderValue::from_str(&format!("Bot {}", token.expose()))
            .map_err(|_| Fatal::TokenRejected)?;
        authorization.set_sensitive(true);
        let mut builder = tls::client()
            .user_agent(serenity::constants::USER_AGENT)
            .redirect(redirect::Policy::none())
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(ONE_TRY)
            .pool_max_idle_per_host(IDLE_CONNECTIONS);
        if api_base.is_some() {
            // The loopback Discord is on this machine.
            builder = builder.no_proxy();
        } else if let Some(proxy) = proxy(environment) {
            builder = builder.proxy(proxy);
        }
        let client = builder
            .build()
            .map_err(|error| Fatal::NoClient(error.to_string()))?;
        Ok(Self(Arc::new(Inner {
            client,
            base: format!("{}{API}", api_base.map_or(DISCORD, ApiBase::as_str)),
            authorization,
            traffic: Mutex::default(),
            ended: Notify::new(),
            fatal: watch::Sender::new(None),
            limited: AtomicU64::new(0),
        })))
    }

    /// How often Discord has said that there were too many requests.
    pub(crate) fn limited(&self) -> u64 {
        self.0.limited.load(Ordering::Relaxed)
    }

    /// Resolves when Discord has refused the token, or would soon ban the bot.
    pub(crate) async fn fatal(&self) -> Fatal {
        let mut fatal = self.0.fatal.subscribe();
        // The sender lives as long as the client.
        let found = fatal.wait_for(Option::is_some).await;
        match found.ok().and_then(|fatal| fatal.clone()) {
            Some(fatal) => fatal,
            None => pending().await,
        }
    }

    /// Discord's time, going by its answers.
    pub(crate) fn time(&self) -> DateTime<Utc> {
        self.0.traffic().clock.time(Instant::now(), Utc::now())
    }

    pub(super) async fn read<T: DeserializeOwned>(&self, call: &Call) -> Result<T, Failed> {
        let body = self.send(call).await?;
        parse(&body).map_err(|error| unreadable(&error))
    }

    /// Carries out a call that creates a message, and returns the message's id.
    pub(crate) async fn send_for_id(&self, call: &Call) -> Result<MessageId, Failed> {
        #[derive(serde::Deserialize)]
        struct Created {
            id: MessageId,
        }
        self.read::<Created>(call).await.map(|created| created.id)
    }

    /// Whether the limits of a route allow a call. The global limit may still make it wait.
    pub(crate) fn may_send(&self, route: &Route) -> bool {
        let mut traffic = self.0.traffic();
        traffic.limits.peek(route, Instant::now()).is_ok()
    }

    /// How long to pause before another call to `route` that need not be made at once.
    pub(crate) fn pause(&self, route: &Route) -> Duration {
        self.0.traffic().limits.pause(route, Instant::now())
    }

    /// Carries a call out and returns the body of the answer. A call that fails may still have been carried out.
    pub(crate) async fn send(&self, call: &Call) -> Result<Vec<u8>, Failed> {
        let mut patience = Patience::new(call.patience, call.outlasts_limits, Instant::now());
        let mut failures = 0;
        loop {
            let asked = Instant::now();
            let out = self.0.admit_call(call, patience).await?;
            patience.limited(asked.elapsed());
            let answer = self.0.try_once(call, &out.ticket).await;
            drop(out);
            let (reason, wait) = match answer {
                Ok((Verdict::Done, _, body)) => return Ok(body),
                Ok((Verdict::Refused { code, message }, status, _)) => {
                    return Err(self.0.refused(call, status, code, &message));
                }
                Ok((Verdict::Limited { wait, .. }, ..)) => {
                    self.0.limited.fetch_add(1, Ordering::Relaxed);
                    patience.limited(wait);
                    ("limited by Discord".to_owned(), wait)
                }
                failed @ (Ok((Verdict::Again, ..)) | Err(_)) => {
                    failures += 1;
                    patience.mark_uncertain();
                    let reason = match failed {
                        Ok((_, status, _)) => format!("status {status}"),
                        Err(error) => describe(&error).to_owned(),
                    };
                    let random = uuid::Uuid::new_v4().as_u64_pair().1;
                    (reason, RETRY_DELAYS.jittered(failures, random))
                }
            };
            let now = Instant::now();
            if !call.repeats || !patience.allows(now + wait) {
                return Err(Failed::unanswered(reason));
            }
            let route = call.route.name;
            // An interaction's path is a credential.
            let id = call.by_token.then_some(&call.route.major);
            let pause_ms = wait.as_millis();
            tracing::warn!(
                route,
                id,
                reason,
                pause_ms,
                "a request to Discord failed; trying again"
            );
            tokio::time::sleep_until((now + wait).into()).await;
        }
    }
}

impl Inner {
    fn traffic(&self) -> MutexGuard<'_, Traffic> {
        // A panic while it was held leaves usable numbers behind.
        self.traffic.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Sends the call once, and learns from the answer.
    async fn try_once(&self, call: &Call, ticket: &Ticket) -> Result<Answer, reqwest::Error> {
        let exchanged = self.exchange(call).await;
        let (status, headers, body) =
            exchanged.inspect_err(|_| self.traffic().limits.mark_spent(ticket))?;
        let verdict = verdict(status, &headers, &body);
        let mut traffic = self.traffic();
        let now = Instant::now();
        traffic.clock.learn(&headers, now);
        let limits = &mut traffic.limits;
        limits.learn(&call.route, ticket, &headers, &verdict, now);
        if is_invalid(status, &verdict) {
            match traffic.budget.count(now) {
                BudgetState::Fine => {}
                BudgetState::Odd(count) => tracing::warn!(
                    count,
                    "Discord has refused very many requests in 10 minutes; at 5,000 the bot stops so that Discord does \
                     not ban it"
                ),
                BudgetState::Spent(count) => {
                    traffic.stopped = true;
                    self.fatal.send_replace(Some(Fatal::TooManyRefused(count)));
                }
            }
        }
        Ok((verdict, status, body))
    }

    fn refused(&self, call: &Call, status: u16, code: u64, message: &str) -> Failed {
        // Without the bot token, a 401 means that an interaction's token has expired.
        let at_the_end = status == 401 && call.by_token;
        if at_the_end {
            self.fatal.send_replace(Some(Fatal::TokenRejected));
        }
        Failed {
            status: Some(status),
            code,
            may_pass: false,
            at_the_end,
            reason: format!("status {status}: {message}"),
        }
    }

    async fn exchange(&self, call: &Call) -> Result<(u16, HeaderMap, Vec<u8>), reqwest::Error> {
        let address = format!("{}{}", self.base, call.path);
        let mut request = self.client.request(call.method(), address);
        if call.by_token {
            request = request.header(AUTHORIZATION, self.authorization.clone());
        }
        if !call.files.is_empty() {
            request = request.multipart(form(call)?);
        } else if let Some(body) = &call.body {
            request = request
                .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
                .body(body.clone());
        } else if call.method() != Method::GET {
            request = request.header(CONTENT_LENGTH, HeaderValue::from_static("0"));
        }
        let answer = request.send().await?;
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        Ok((status, headers, answer.bytes().await?.to_vec()))
    }
}

/// A body with files (Discord developer docs, "Uploading files").
fn form(call: &Call) -> Result<Form, reqwest::Error> {
    let mut form = Form::new();
    if let Some(body) = &call.body {
        let json = Part::bytes(body.clone()).mime_str("application/json")?;
        form = form.part("payload_json", json);
    }
    for (number, file) in call.files.iter().enumerate() {
        let part = Part::bytes(file.content.clone()).file_name(file.name.clone());
        form = form.part(format!("files[{number}]"), part);
    }
    Ok(form)
}

/// A malformed answer.
pub(super) fn unreadable(error: &str) -> Failed {
    Failed::unanswered(format!("failed to read the answer: {error}")).permanent()
}

/// Why a connection failed, without its URL.
fn describe(error: &reqwest::Error) -> &'static str {
    if error.is_timeout() {
        "no answer in time"
    } else if error.is_connect() {
        "no connection"
    } else {
        "the connection was lost"
    }
}

#[cfg(test)]
mod tests;
