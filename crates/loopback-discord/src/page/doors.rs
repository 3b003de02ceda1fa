//! The page's own doors: the page itself, its events, and what people do on it.

use std::{convert::Infallible, sync::Arc};

use axum::{
    Json, Router,
    extract::State,
    http::{StatusCode, header},
    middleware,
    response::{
        IntoResponse, Response, Sse,
        sse::{Event as ServerEvent, KeepAlive},
    },
    routing::{get, post},
};
use futures_util::{Stream, StreamExt, stream};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio_stream::wrappers::BroadcastStream;

use super::{guard, told};
use crate::{
    Snowflake,
    act::{self, Impossible},
    shared::{Shared, State as Inner},
};

const PAGE: &str = include_str!("../../assets/page.html");
const STYLE: &str = include_str!("../../assets/page.css");
/// One script in parts, in the order in which they build on each other.
const SCRIPTS: [&str; 5] = [
    include_str!("../../assets/markdown.js"),
    include_str!("../../assets/state.js"),
    include_str!("../../assets/messages.js"),
    include_str!("../../assets/sidebar.js"),
    include_str!("../../assets/composer.js"),
];

/// What the page may load: nothing but what is in it.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; \
                      connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

pub(crate) fn router(shared: &Shared) -> Router<Shared> {
    let doors = Router::new()
        .route("/loopback/events", get(events))
        .route("/loopback/message", post(message))
        .route("/loopback/command", post(command))
        .route("/loopback/press", post(press))
        .route("/loopback/form", post(form))
        .layer(middleware::from_fn_with_state(
            shared.clone(),
            guard::own_page,
        ));
    Router::new()
        .route("/", get(page))
        .merge(doors)
        .layer(middleware::from_fn(guard::own_host))
}

/// The page, with the token of this start in it.
async fn page(State(shared): State<Shared>) -> Response {
    let html = PAGE
        .replace("/*STYLE*/", STYLE)
        .replace("/*SCRIPT*/", &SCRIPTS.concat())
        .replace("{{TOKEN}}", &shared.settings().page_token);
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CACHE_CONTROL, "no-store"),
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
    ];
    (headers, html).into_response()
}

/// Everything, then every change. A page that lags too far behind is cut off and starts anew.
async fn events(
    State(shared): State<Shared>,
) -> Sse<impl Stream<Item = Result<ServerEvent, Infallible>>> {
    let (start, changes) = shared.read(|state| {
        let start = told::world(state, shared.settings()).to_string();
        (start, state.page.subscribe())
    });
    let changes = BroadcastStream::new(changes)
        .take_while(|change| std::future::ready(change.is_ok()))
        .filter_map(|change| std::future::ready(change.ok()));
    let all = stream::once(std::future::ready(Arc::from(start))).chain(changes);
    let events = all.map(|told: Arc<str>| Ok(ServerEvent::default().data(told)));
    Sse::new(events).keep_alive(KeepAlive::default())
}

#[derive(Deserialize)]
struct Said {
    channel: Snowflake,
    user: Snowflake,
    content: String,
    #[serde(default)]
    reply_to: Option<Snowflake>,
}

async fn message(State(shared): State<Shared>, Json(said): Json<Said>) -> Response {
    if said.content.trim().is_empty() || said.content.chars().count() > 2000 {
        let why = "a message has 1 to 2,000 characters";
        return (StatusCode::BAD_REQUEST, why).into_response();
    }
    done(&shared, |state| {
        let Said { channel, user, .. } = said;
        act::say(state, channel, user, &said.content, said.reply_to)
    })
}

#[derive(Deserialize)]
struct Run {
    channel: Snowflake,
    user: Snowflake,
    name: String,
    #[serde(default)]
    options: Value,
}

async fn command(State(shared): State<Shared>, Json(run): Json<Run>) -> Response {
    done(&shared, |state| {
        act::slash(state, run.channel, run.user, &run.name, &run.options)
    })
}

#[derive(Deserialize)]
struct Pressed {
    message: Snowflake,
    custom_id: String,
    user: Snowflake,
    #[serde(default)]
    values: Vec<String>,
}

async fn press(State(shared): State<Shared>, Json(pressed): Json<Pressed>) -> Response {
    done(&shared, |state| {
        let Pressed { message, user, .. } = pressed;
        act::press(state, message, &pressed.custom_id, user, &pressed.values)
    })
}

#[derive(Deserialize)]
struct Filled {
    interaction: Snowflake,
    values: Value,
}

async fn form(State(shared): State<Shared>, Json(filled): Json<Filled>) -> Response {
    done(&shared, |state| {
        act::submit(state, filled.interaction, &filled.values)
    })
}

/// Does it, and tells the id of what came of it or why nothing did.
fn done(
    shared: &Shared,
    act: impl FnOnce(&mut Inner) -> Result<Snowflake, Impossible>,
) -> Response {
    match shared.change(act) {
        Ok(id) => Json(json!({ "id": id })).into_response(),
        Err(why) => (StatusCode::BAD_REQUEST, why.to_string()).into_response(),
    }
}
