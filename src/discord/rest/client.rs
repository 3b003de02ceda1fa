//! Calls, carried out: waited with, sent, judged, tried again.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
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
    Call,
    budget::{Budget, Standing},
    call::Route,
    clock::Clock,
    patience::Patience,
    proxy::proxy,
    rate_limiter::{Admission, Availability, RateLimiter, Ticket},
    verdict::{Verdict, is_invalid, verdict},
};
use crate::{
    backoff::Backoff,
    config::{ApiBase, Environment, Token},
    discord::{Fatal, json::parse},
    snowflake::MessageId,
};

/// Delays between tries of a request that failed.
const RETRY: Backoff = Backoff::new(Duration::from_millis(250), Duration::from_secs(30));

/// How long one try may take.
pub(super) const ONE_TRY: Duration = Duration::from_mins(1);

/// How long a connection may take to be made.
const CONNECTING: Duration = Duration::from_secs(10);

/// How many connections are kept open while nothing is sent.
const IDLE: usize = 4;

const DISCORD: &str = "https://discord.com";
const API: &str = "/api/v10";

/// Why a call was not carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub(in crate::discord) struct Failed {
    /// The HTTP status with which Discord refused it for good; `None` where there was no such answer.
    pub(in crate::discord) status: Option<u16>,
    /// Discord's own code for the refusal; 0 where there is none.
    pub(in crate::discord) code: u64,
    /// Whether it may succeed later: its patience was at its end. What was sent may have been carried out.
    pub(in crate::discord) may_pass: bool,
    /// Whether the bot is at its end: Discord refuses its token, or nothing is sent any more. Another start may succeed.
    pub(in crate::discord) at_the_end: bool,
    /// Why, for the log. It holds no address: an interaction's address is a credential.
    pub(in crate::discord) reason: String,
}

impl Failed {
    fn unanswered(reason: impl Into<String>) -> Self {
        Self {
            status: None,
            code: 0,
            may_pass: true,
            at_the_end: false,
            reason: reason.into(),
        }
    }

    /// Nothing of the kind is to be tried again.
    fn for_good(self) -> Self {
        Self {
            may_pass: false,
            ..self
        }
    }
}

/// The client. Clones share its limits.
#[derive(Clone)]
pub(in crate::discord) struct Rest(Arc<Inner>);

impl fmt::Debug for Rest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rest").finish_non_exhaustive()
    }
}

struct Inner {
    client: Client,
    base: String,
    authorization: HeaderValue,
    /// A `std` mutex: nothing is awaited while it is held.
    traffic: Mutex<Traffic>,
    /// Told whenever a call has ended.
    ended: Notify,
    fatal: watch::Sender<Option<Fatal>>,
}

#[derive(Default)]
struct Traffic {
    clock: Clock,
    limits: RateLimiter,
    budget: Budget,
    /// Whether nothing is sent any more.
    stopped: bool,
}

/// A call that is out. It ends with this, whatever becomes of the task.
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

/// How a try went.
enum Tried {
    Done(Vec<u8>),
    Refused(Failed),
    /// The limiter knows how long to wait.
    Limited(Duration),
    /// It failed in a way that may pass.
    Again(String),
}

impl Rest {
    /// A client for the token; with `api_base`, for the loopback Discord there. Otherwise the environment may name a
    /// proxy.
    ///
    /// # Errors
    ///
    /// [`Fatal::NoClient`] where the system's TLS gives none, [`Fatal::TokenRejected`] for a token that cannot stand
    /// in a header.
    pub(in crate::discord) fn new(
        token: &Token,
        api_base: Option<&ApiBase>,
        environment: &Environment,
    ) -> Result<Self, Fatal> {
        let mut authorization = HeaderValue::from_str(&format!("Bot {}", token.expose()))
            .map_err(|_| Fatal::TokenRejected)?;
        authorization.set_sensitive(true);
        let mut builder = Client::builder()
            .user_agent(serenity::constants::USER_AGENT)
            .redirect(redirect::Policy::none())
            .connect_timeout(CONNECTING)
            .timeout(ONE_TRY)
            .pool_max_idle_per_host(IDLE);
        if api_base.is_some() {
            // What is on this machine is reached without a proxy.
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
        })))
    }

    /// Tells when Discord has refused the token, or would soon ban the bot.
    pub(in crate::discord) fn fatal(&self) -> watch::Receiver<Option<Fatal>> {
        self.0.fatal.subscribe()
    }

    /// What time it is at Discord, as far as its answers have told.
    pub(in crate::discord) fn time(&self) -> DateTime<Utc> {
        self.0.traffic().clock.time(Instant::now(), Utc::now())
    }

    /// Carries a call out and reads its answer.
    pub(super) async fn read<T: DeserializeOwned>(&self, call: &Call) -> Result<T, Failed> {
        let body = self.send(call).await?;
        parse(&body).map_err(|error| {
            Failed::unanswered(format!("an answer of another shape: {error}")).for_good()
        })
    }

    /// Carries a call out that creates a message, and returns the message's id.
    pub(in crate::discord) async fn send_for_id(&self, call: &Call) -> Result<MessageId, Failed> {
        #[derive(serde::Deserialize)]
        struct Created {
            id: MessageId,
        }
        self.read::<Created>(call).await.map(|created| created.id)
    }

    /// Whether the rate limits allow a call to this route now.
    pub(in crate::discord) fn may_send(&self, route: &Route) -> bool {
        let admission = self.0.traffic().limits.peek(route, Instant::now());
        admission == Availability::Now
    }

    /// Waits until the rate limits allow a call to any of these routes.
    pub(in crate::discord) async fn until_any_may_send(&self, routes: &[Route]) {
        // Listening begins before the look, so that no end is missed in between.
        let ended = self.0.ended.notified();
        tokio::pin!(ended);
        ended.as_mut().enable();
        let mut earliest = None;
        for route in routes {
            match self.0.traffic().limits.peek(route, Instant::now()) {
                Availability::Now => return,
                Availability::At(at) => earliest = Some(earliest.map_or(at, |known| at.min(known))),
                Availability::WhenAnswered => {}
            }
        }
        match earliest {
            Some(at) => tokio::select! {
                () = tokio::time::sleep_until(at.into()) => {}
                () = ended => {}
            },
            None => ended.await,
        }
    }

    /// Carries a call out: the answer's body, once Discord has accepted it.
    ///
    /// # Errors
    ///
    /// [`Failed`] where Discord refuses it for good or the call's patience is at its end. What its connection was
    /// lost with may have been carried out.
    pub(in crate::discord) async fn send(&self, call: &Call) -> Result<Vec<u8>, Failed> {
        let mut patience = Patience::new(call.patience, call.outlasts_limits, Instant::now());
        let mut failures = 0;
        loop {
            let asked = Instant::now();
            let out = self.0.let_out(call, patience).await?;
            patience.limited(asked.elapsed());
            let tried = self.0.try_once(call, &out.ticket).await;
            drop(out);
            let (reason, wait) = match tried {
                Tried::Done(body) => return Ok(body),
                Tried::Refused(failed) => return Err(failed),
                Tried::Limited(wait) => {
                    patience.limited(wait);
                    ("limited by Discord".to_owned(), wait)
                }
                Tried::Again(reason) => {
                    failures += 1;
                    patience.in_doubt();
                    (
                        reason,
                        RETRY.jittered(failures, uuid::Uuid::new_v4().as_u64_pair().1),
                    )
                }
            };
            let now = Instant::now();
            if !call.repeats || !patience.allows(now + wait) {
                return Err(Failed::unanswered(reason));
            }
            let channel = call.channel.map(tracing::field::display);
            tracing::warn!(
                what = call.what,
                channel,
                reason,
                pause_ms = wait.as_millis(),
                "a request to Discord did not succeed; trying again"
            );
            tokio::time::sleep_until((now + wait).into()).await;
        }
    }
}

impl Inner {
    fn traffic(&self) -> MutexGuard<'_, Traffic> {
        // Whoever panicked with it has left numbers, none of them dangerous.
        self.traffic.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits until no limit forbids the call.
    async fn let_out(&self, call: &Call, patience: Patience) -> Result<Out<'_>, Failed> {
        loop {
            // Listening begins before the look, so that no end is missed in between.
            let ended = self.ended.notified();
            tokio::pin!(ended);
            ended.as_mut().enable();
            let admission = {
                let mut traffic = self.traffic();
                if traffic.stopped {
                    return Err(Failed {
                        at_the_end: true,
                        ..Failed::unanswered("nothing is sent any more").for_good()
                    });
                }
                traffic.limits.admit(&call.route, Instant::now())
            };
            let until = match admission {
                Admission::Go(ticket) => {
                    return Ok(Out {
                        inner: self,
                        ticket,
                    });
                }
                Admission::Wait(until) => until,
                Admission::Busy => {
                    match patience.until() {
                        None => ended.await,
                        Some(until) => {
                            if tokio::time::timeout_at(until.into(), ended).await.is_err() {
                                return Err(Failed::unanswered("others were waited for too long"));
                            }
                        }
                    }
                    continue;
                }
            };
            if !patience.outlasts(until) {
                return Err(Failed::unanswered("limited by Discord"));
            }
            tokio::time::sleep_until(until.into()).await;
        }
    }

    async fn try_once(&self, call: &Call, ticket: &Ticket) -> Tried {
        let (status, headers, body) = match self.exchange(call).await {
            Ok(answer) => answer,
            Err(error) => {
                self.traffic().limits.spent(ticket);
                return Tried::Again(words(&error).to_owned());
            }
        };
        let verdict = verdict(status, &headers, &body);
        let standing = {
            let mut traffic = self.traffic();
            let now = Instant::now();
            traffic.clock.learn(&headers, now);
            traffic
                .limits
                .learn(&call.route, ticket, &headers, &verdict, now);
            let standing = is_invalid(status, &verdict).then(|| traffic.budget.count(now));
            traffic.stopped |= matches!(standing, Some(Standing::Spent(_)));
            standing
        };
        match standing {
            Some(Standing::Odd(count)) => tracing::warn!(
                count,
                "Discord has refused very many requests in 10 minutes; at 5000 the bot stops, before Discord bans it"
            ),
            Some(Standing::Spent(count)) => {
                self.fatal.send_replace(Some(Fatal::TooManyRefused(count)));
            }
            Some(Standing::Fine) | None => {}
        }
        match verdict {
            Verdict::Done => Tried::Done(body),
            Verdict::Limited { wait, .. } => Tried::Limited(wait),
            Verdict::Again => Tried::Again(format!("status {status}")),
            Verdict::Refused { code, message } => {
                // Elsewhere a 401 is about an interaction's token, which has expired.
                let at_the_end = status == 401 && call.by_token;
                if at_the_end {
                    self.fatal.send_replace(Some(Fatal::TokenRejected));
                }
                Tried::Refused(Failed {
                    status: Some(status),
                    code,
                    may_pass: false,
                    at_the_end,
                    reason: format!("status {status}: {message}"),
                })
            }
        }
    }

    async fn exchange(&self, call: &Call) -> Result<(u16, HeaderMap, Vec<u8>), reqwest::Error> {
        let address = format!("{}{}", self.base, call.path);
        let mut request = self.client.request(call.method.clone(), address);
        if call.by_token {
            request = request.header(AUTHORIZATION, self.authorization.clone());
        }
        if !call.files.is_empty() {
            request = request.multipart(form(call)?);
        } else if let Some(body) = &call.body {
            request = request
                .header(CONTENT_TYPE, HeaderValue::from_static("application/json"))
                .body(body.clone());
        } else if call.method != Method::GET {
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

/// A failed connection in words that hold no address.
fn words(error: &reqwest::Error) -> &'static str {
    if error.is_timeout() {
        "no answer in time"
    } else if error.is_connect() {
        "no connection"
    } else {
        "the connection was lost"
    }
}
