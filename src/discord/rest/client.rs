//! Carries calls out: waits for rate limits, sends, judges the answer, tries again.

use std::{
    fmt,
    pin::pin,
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
    rate_limiter::{RateLimiter, Ticket, Wait},
    verdict::{Verdict, is_invalid, verdict},
};
use crate::{
    backoff::Backoff,
    config::{ApiBase, Environment, Token},
    discord::{Fatal, json::parse},
    snowflake::MessageId,
};

/// Delays between tries of a call that failed.
const RETRY: Backoff = Backoff::new(Duration::from_millis(250), Duration::from_secs(30));

/// How long one try may take.
pub(super) const ONE_TRY: Duration = Duration::from_mins(1);

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const IDLE_CONNECTIONS: usize = 4;

const DISCORD: &str = "https://discord.com";
const API: &str = "/api/v10";

/// Why a call was not carried out.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub(crate) struct Failed {
    /// The HTTP status, if Discord refused it for good.
    pub(crate) status: Option<u16>,
    /// Discord's own code for the refusal; 0 if there is none.
    pub(crate) code: u64,
    /// Whether it may succeed later: its patience has run out. It may even have been carried out.
    pub(crate) may_pass: bool,
    /// Whether the bot must stop: Discord refuses its token, or nothing is sent any more. Another start may succeed.
    pub(crate) at_the_end: bool,
    /// For the log. It holds no URL, because an interaction's URL is a credential.
    pub(crate) reason: String,
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

    /// Rules out that it may succeed later.
    fn for_good(self) -> Self {
        Self {
            may_pass: false,
            ..self
        }
    }
}

/// The client for Discord's REST API. Clones share its rate limits.
#[derive(Clone)]
pub(crate) struct Rest(Arc<Inner>);

impl fmt::Debug for Rest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rest").finish_non_exhaustive()
    }
}

struct Inner {
    client: Client,
    base: String,
    authorization: HeaderValue,
    /// Never held across an await.
    traffic: Mutex<Traffic>,
    /// Notified whenever a call has ended.
    ended: Notify,
    fatal: watch::Sender<Option<Fatal>>,
}

#[derive(Default)]
struct Traffic {
    clock: Clock,
    limits: RateLimiter,
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

/// How a try went.
enum Tried {
    Done(Vec<u8>),
    Refused(Failed),
    Limited(Duration),
    /// It failed, and may succeed later.
    Again(String),
}

impl Rest {
    /// With `api_base`, the client talks to the loopback Discord there; otherwise to Discord, through the proxy that
    /// the environment names.
    ///
    /// # Errors
    ///
    /// [`Fatal::NoClient`] if TLS cannot be set up, [`Fatal::TokenRejected`] if the token is not valid in a header.
    pub(crate) fn new(
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
        })))
    }

    /// Reports that Discord has refused the token, or would soon ban the bot.
    pub(crate) fn fatal(&self) -> watch::Receiver<Option<Fatal>> {
        self.0.fatal.subscribe()
    }

    /// Discord's time, going by its answers.
    pub(crate) fn time(&self) -> DateTime<Utc> {
        self.0.traffic().clock.time(Instant::now(), Utc::now())
    }

    /// Carries a call out and decodes the answer.
    pub(super) async fn read<T: DeserializeOwned>(&self, call: &Call) -> Result<T, Failed> {
        let body = self.send(call).await?;
        parse(&body).map_err(|error| {
            Failed::unanswered(format!("failed to read the answer: {error}")).for_good()
        })
    }

    /// Carries out a call that creates a message, and returns the message's id.
    pub(crate) async fn send_for_id(&self, call: &Call) -> Result<MessageId, Failed> {
        #[derive(serde::Deserialize)]
        struct Created {
            id: MessageId,
        }
        self.read::<Created>(call).await.map(|created| created.id)
    }

    /// Whether the rate limits allow a call to this route now.
    pub(crate) fn may_send(&self, route: &Route) -> bool {
        let mut traffic = self.0.traffic();
        traffic.limits.peek(route, Instant::now()).is_ok()
    }

    /// Waits until the rate limits allow a call to any of these routes.
    pub(crate) async fn until_any_may_send(&self, routes: &[Route]) {
        // Listening begins before the check, so that no end is missed in between.
        let mut ended = pin!(self.0.ended.notified());
        ended.as_mut().enable();
        let mut earliest: Option<Instant> = None;
        for route in routes {
            match self.0.traffic().limits.peek(route, Instant::now()) {
                Ok(()) => return,
                Err(Wait::Until(at)) => earliest = Some(earliest.map_or(at, |known| at.min(known))),
                Err(Wait::ForAnswer) => {}
            }
        }
        // Either may come first, and the caller looks again after both.
        drop(wait(ended, earliest).await);
    }

    /// Carries a call out and returns the body of the answer.
    ///
    /// # Errors
    ///
    /// [`Failed`] if Discord refuses the call for good, or its patience runs out. If the connection was lost, the call
    /// may have been carried out.
    pub(crate) async fn send(&self, call: &Call) -> Result<Vec<u8>, Failed> {
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

    /// Waits until the rate limits allow the call.
    async fn let_out(&self, call: &Call, patience: Patience) -> Result<Out<'_>, Failed> {
        loop {
            // Listening begins before the check, so that no end is missed in between.
            let mut ended = pin!(self.ended.notified());
            ended.as_mut().enable();
            let admitted = {
                let mut traffic = self.traffic();
                if traffic.stopped {
                    return Err(Failed {
                        at_the_end: true,
                        ..Failed::unanswered("nothing is sent any more").for_good()
                    });
                }
                traffic.limits.admit(&call.route, Instant::now())
            };
            match admitted {
                Ok(ticket) => {
                    let inner = self;
                    return Ok(Out { inner, ticket });
                }
                Err(Wait::Until(until)) if patience.outlasts(until) => {
                    tokio::time::sleep_until(until.into()).await;
                }
                Err(Wait::Until(_)) => return Err(Failed::unanswered("limited by Discord")),
                Err(Wait::ForAnswer) => wait(ended, patience.until())
                    .await
                    .map_err(|_| Failed::unanswered("earlier requests took too long"))?,
            }
        }
    }

    async fn try_once(&self, call: &Call, ticket: &Ticket) -> Tried {
        let (status, headers, body) = match self.exchange(call).await {
            Ok(answer) => answer,
            Err(error) => {
                self.traffic().limits.spent(ticket);
                return Tried::Again(describe(&error).to_owned());
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
                "Discord has refused very many requests in 10 minutes; at 5,000 the bot stops so that Discord does not \
                 ban it"
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
                // Otherwise a 401 means that an interaction's token has expired.
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

/// Waits until a call has ended, or until a time.
async fn wait(
    ended: impl Future<Output = ()>,
    until: Option<Instant>,
) -> Result<(), tokio::time::error::Elapsed> {
    match until {
        Some(until) => tokio::time::timeout_at(until.into(), ended).await,
        None => {
            ended.await;
            Ok(())
        }
    }
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
