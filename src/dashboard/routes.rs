//! What is answered to whom.
//!
//! `/healthz`, `/readyz` and `/metrics` are open. Everything else wants the token, as `Authorization: Bearer` or in a cookie
//! that `/?token=` or the form at `/login` sets. Deciding wants the admin token in a header of its own beside it, because a
//! browser sends a cookie to every port of this machine.

use std::{
    convert::Infallible,
    net::IpAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use axum::{
    Extension, Form, Json, Router,
    extract::{DefaultBodyLimit, Query, Request, State},
    middleware::{self, Next},
    response::{Html, IntoResponse, Response, Sse, sse},
    routing::{get, post},
};
use chrono::Utc;
use hyper::{
    HeaderMap, StatusCode,
    header::{self, HeaderName, HeaderValue},
};
use serde::Deserialize;
use serde_json::json;

use super::{desk::Desk, has_login::HasLogin, listener, view};
use crate::{chat::InteractionReply, snowflake::ChannelId};

/// Holds the token in a browser.
const COOKIE: &str = "switchboard";

/// How long a browser keeps it, in seconds.
const COOKIE_SECS: u64 = 30 * 24 * 3600;

/// Holds the admin token.
const ADMIN_HEADER: &str = "x-switchboard-admin";

/// The longest body, in bytes.
const LONGEST_BODY: usize = 16 * 1024;

/// How long a request may take, but for what streams.
const ANSWER_WITHIN: Duration = Duration::from_secs(20);

/// Nothing from elsewhere, and nothing inline.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; \
     form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const HEADERS: [(HeaderName, &str); 6] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::CACHE_CONTROL, "no-store"),
    // Forms say where they come from.
    (header::REFERRER_POLICY, "same-origin"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
];

type Shared = State<Arc<Desk>>;

/// The address that a connection comes from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer(pub(super) IpAddr);

pub(super) fn router(desk: Arc<Desk>) -> Router {
    let with_login = Router::new()
        .route("/style.css", get(style))
        .route("/page.js", get(script))
        .route("/enter.js", get(enter))
        .route("/now", get(now))
        .route("/usage", get(usage))
        .route("/log", get(log))
        .route("/events", get(events))
        .route("/decide", post(decide))
        .fallback(|| async { StatusCode::NOT_FOUND })
        .layer(middleware::from_fn_with_state(
            Arc::clone(&desk),
            with_token,
        ));
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/readyz", get(ready))
        .route("/metrics", get(metrics))
        .route("/", get(page))
        .route("/login", post(log_in))
        .merge(with_login)
        .layer(DefaultBodyLimit::max(LONGEST_BODY))
        .layer(middleware::from_fn_with_state(Arc::clone(&desk), guard))
        .with_state(desk)
}

/// Refuses what other sites ask for, and adds the headers of every answer.
async fn guard(State(desk): Shared, request: Request, next: Next) -> Response {
    let admitted = desk
        .names
        .admit(request.method(), request.uri(), request.headers());
    let mut response = match admitted {
        Ok(()) => tokio::time::timeout(ANSWER_WITHIN, next.run(request))
            .await
            .unwrap_or_else(|_| StatusCode::REQUEST_TIMEOUT.into_response()),
        Err(status) => status.into_response(),
    };
    for (name, value) in HEADERS {
        let value = HeaderValue::from_static(value);
        response.headers_mut().insert(name, value);
    }
    response
}

async fn with_token(State(desk): Shared, request: Request, next: Next) -> Response {
    if is_logged_in(&desk, request.headers()) {
        if let Some(connection) = request.extensions().get::<HasLogin>() {
            connection.note();
        }
        next.run(request).await
    } else {
        unauthorized(())
    }
}

fn is_logged_in(desk: &Desk, headers: &HeaderMap) -> bool {
    let text = |name| {
        headers
            .get(name)
            .and_then(|value: &HeaderValue| value.to_str().ok())
    };
    let bearer = text(header::AUTHORIZATION).and_then(|value| value.strip_prefix("Bearer "));
    let cookies = text(header::COOKIE).unwrap_or_default().split(';');
    let mut cookies = cookies.filter_map(|cookie| cookie.trim().split_once('='));
    let cookie = cookies.find_map(|(name, value)| (name == COOKIE).then_some(value));
    let mut given = [bearer, cookie].into_iter().flatten();
    given.any(|given| desk.credentials.is_token(given))
}

fn unauthorized(body: impl IntoResponse) -> Response {
    let challenge = [(header::WWW_AUTHENTICATE, "Bearer")];
    (StatusCode::UNAUTHORIZED, challenge, body).into_response()
}

async fn ready(State(desk): Shared) -> (StatusCode, &'static str) {
    if desk.is_connected() {
        (StatusCode::OK, "ready\n")
    } else {
        (
            StatusCode::SERVICE_UNAVAILABLE,
            "not connected to Discord\n",
        )
    }
}

async fn metrics(State(desk): Shared) -> impl IntoResponse {
    let kind = prometheus_client::encoding::prometheus_text::CONTENT_TYPE;
    ([(header::CONTENT_TYPE, kind)], desk.metrics().await)
}

#[derive(Deserialize)]
struct Login {
    token: Option<String>,
}

async fn page(State(desk): Shared, Query(login): Query<Login>, headers: HeaderMap) -> Response {
    let is_right = login.token.map(|token| desk.credentials.is_token(&token));
    match is_right {
        Some(true) => logged_in(&desk, &headers),
        None if is_logged_in(&desk, &headers) => {
            Html(include_str!("page/index.html")).into_response()
        }
        wrong => unauthorized(login_page(wrong.is_some())),
    }
}

fn login_page(was_wrong: bool) -> Html<String> {
    const FORM: &str = "<form ";
    let page = include_str!("page/login.html");
    let told = "<p role=\"alert\">That is neither the token nor the password.</p>\n<form ";
    Html(page.replace(FORM, if was_wrong { told } else { FORM }))
}

async fn log_in(
    State(desk): Shared,
    Extension(Peer(peer)): Extension<Peer>,
    headers: HeaderMap,
    Form(login): Form<Login>,
) -> Response {
    let given = login.token.unwrap_or_default();
    let given = given.trim();
    if desk.credentials.is_token(given) {
        return logged_in(&desk, &headers);
    }
    match desk.guess(given, peer, Instant::now()) {
        Ok(true) => logged_in(&desk, &headers),
        Ok(false) => {
            tracing::warn!("a wrong token or password was tried at the dashboard");
            unauthorized(login_page(true))
        }
        Err(pause) => {
            let seconds = pause.as_secs() + 1;
            let later = [(header::RETRY_AFTER, seconds.to_string())];
            let told =
                format!("The password was wrong too often. Try again in {seconds} seconds.\n");
            (StatusCode::TOO_MANY_REQUESTS, later, told).into_response()
        }
    }
}

/// Keeps the token in the browser and out of the address.
fn logged_in(desk: &Desk, headers: &HeaderMap) -> Response {
    let is_secure = headers
        .get("x-forwarded-proto")
        .is_some_and(|proto| proto == "https");
    let secure = if is_secure { "; Secure" } else { "" };
    let cookie = format!(
        "{COOKIE}={}; Path=/; Max-Age={COOKIE_SECS}; HttpOnly; SameSite=Strict{secure}",
        desk.credentials.token()
    );
    // A browser that follows a link on another site sends no such cookie where that leads, redirects included. So a page of
    // our own goes on.
    if headers
        .get("sec-fetch-site")
        .is_some_and(|site| site == "cross-site" || site == "same-site")
    {
        let page = Html(include_str!("page/enter.html"));
        return ([(header::SET_COOKIE, cookie)], page).into_response();
    }
    let headers = [
        (header::SET_COOKIE, cookie.as_str()),
        (header::LOCATION, "/"),
    ];
    (StatusCode::SEE_OTHER, headers).into_response()
}

async fn style() -> impl IntoResponse {
    let kind = [(header::CONTENT_TYPE, "text/css; charset=utf-8")];
    (kind, include_str!("page/style.css"))
}

const JAVASCRIPT: [(HeaderName, &str); 1] =
    [(header::CONTENT_TYPE, "text/javascript; charset=utf-8")];

async fn script() -> impl IntoResponse {
    (JAVASCRIPT, include_str!("page/page.js"))
}

async fn enter() -> impl IntoResponse {
    (JAVASCRIPT, include_str!("page/enter.js"))
}

async fn now(State(desk): Shared) -> impl IntoResponse {
    let memory = desk.memory().await;
    Json(view::now(&desk, &memory))
}

async fn usage(State(desk): Shared) -> impl IntoResponse {
    Json(view::usage(&desk, Utc::now()))
}

async fn log(State(desk): Shared) -> impl IntoResponse {
    Json(desk.log.lines())
}

#[derive(Deserialize)]
struct Transcript {
    channel: String,
}

async fn events(
    State(desk): Shared,
    Query(Transcript { channel }): Query<Transcript>,
    headers: HeaderMap,
) -> Response {
    let Ok(channel) = channel.parse::<ChannelId>() else {
        return (StatusCode::BAD_REQUEST, "channel is not a channel's ID\n").into_response();
    };
    let after = headers.get("last-event-id");
    let after = after.and_then(|value| value.to_str().ok()?.parse().ok());
    let Some(listener) = listener::listen(&desk, channel, after) else {
        return (StatusCode::SERVICE_UNAVAILABLE, "too many listen\n").into_response();
    };
    let stream = futures_util::stream::unfold(listener, async |mut listener| {
        let event = listener.next().await?;
        Some((Ok::<_, Infallible>(event), listener))
    });
    Sse::new(Box::pin(stream))
        .keep_alive(sse::KeepAlive::default())
        .into_response()
}

#[derive(Deserialize)]
struct Press {
    channel: ChannelId,
    control: String,
    #[serde(default)]
    values: Vec<String>,
    /// The text of a form.
    entered: Option<String>,
}

async fn decide(State(desk): Shared, headers: HeaderMap, Json(press): Json<Press>) -> Response {
    let given = headers.get(ADMIN_HEADER);
    let given = given.and_then(|value| value.to_str().ok());
    if !given.is_some_and(|given| desk.credentials.is_admin(given)) {
        return StatusCode::FORBIDDEN.into_response();
    }
    let Press {
        channel,
        control,
        values,
        entered,
    } = press;
    let reply = desk.decide(channel, control, values, entered).await;
    if reply == Some(InteractionReply::Acknowledge) {
        tracing::info!(%channel, "an approval was decided at the dashboard");
    }
    match reply {
        Some(reply) => Json(view::reply(&desk, reply)).into_response(),
        None => {
            let refused = json!({ "refused": "Nothing is left to decide here." });
            (StatusCode::CONFLICT, Json(refused)).into_response()
        }
    }
}
