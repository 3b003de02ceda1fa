//! The page's routes: the page itself, its updates, and the actions of people on it.

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

use super::{guard, payload};
use crate::{
    Snowflake,
    actions::{self, ActionError, ensure},
    shared::{Shared, State as Inner},
};

const PAGE: &str = include_str!("../../assets/page.html");
const STYLE: &str = include_str!("../../assets/page.css");
/// The parts of one script, in order of their dependencies.
const SCRIPTS: [&str; 5] = [
    include_str!("../../assets/markdown.js"),
    include_str!("../../assets/state.js"),
    include_str!("../../assets/messages.js"),
    include_str!("../../assets/sidebar.js"),
    include_str!("../../assets/composer.js"),
];

/// The page may load nothing beyond what it contains.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; \
                      connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

pub(crate) fn router(shared: &Shared) -> Router<Shared> {
    let actions = Router::new()
        .route("/loopback/events", get(events))
        .route("/loopback/message", post(message))
        .route("/loopback/edit", post(edit))
        .route("/loopback/delete", post(delete))
        .route("/loopback/react", post(react))
        .route("/loopback/typing", post(typing))
        .route("/loopback/command", post(command))
        .route("/loopback/autocomplete", post(autocomplete))
        .route("/loopback/press", post(press))
        .route("/loopback/form", post(form))
        .layer(middleware::from_fn_with_state(
            shared.clone(),
            guard::own_page,
        ));
    Router::new()
        .route("/", get(page))
        .merge(actions)
        .layer(middleware::from_fn(guard::own_host))
}

/// The page, with the token.
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

/// The state, then every update. A page that lags too far behind is disconnected and starts again.
async fn events(
    State(shared): State<Shared>,
) -> Sse<impl Stream<Item = Result<ServerEvent, Infallible>>> {
    let (start, changes) = shared.read(|state| {
        let start = payload::world(state, shared.settings()).to_string();
        (start, state.page.subscribe())
    });
    let changes = BroadcastStream::new(changes)
        .take_while(|change| std::future::ready(change.is_ok()))
        .filter_map(|change| std::future::ready(change.ok()));
    let all = stream::once(std::future::ready(Arc::from(start))).chain(changes);
    let events = all.map(|data: Arc<str>| Ok(ServerEvent::default().data(data)));
    Sse::new(events).keep_alive(KeepAlive::default())
}

#[derive(Deserialize)]
struct NewMessage {
    channel: Snowflake,
    user: Snowflake,
    content: String,
    #[serde(default)]
    reply_to: Option<Snowflake>,
}

async fn message(State(shared): State<Shared>, Json(sent): Json<NewMessage>) -> Response {
    perform(&shared, |state| {
        check_content(&sent.content)?;
        let NewMessage { channel, user, .. } = sent;
        actions::say(state, channel, user, &sent.content, sent.reply_to)
    })
}

fn check_content(content: &str) -> Result<(), ActionError> {
    let valid = !content.trim().is_empty() && content.chars().count() <= 2000;
    ensure(valid, || "a message has 1 to 2,000 characters".to_owned())
}

#[derive(Deserialize)]
struct Edit {
    message: Snowflake,
    user: Snowflake,
    content: String,
}

async fn edit(State(shared): State<Shared>, Json(edit): Json<Edit>) -> Response {
    perform(&shared, |state| {
        check_content(&edit.content)?;
        actions::edit(state, edit.message, &edit.content, Some(edit.user))?;
        Ok(edit.message)
    })
}

#[derive(Deserialize)]
struct Deletion {
    message: Snowflake,
    user: Snowflake,
}

async fn delete(State(shared): State<Shared>, Json(deletion): Json<Deletion>) -> Response {
    perform(&shared, |state| {
        let Deletion { message, user } = deletion;
        actions::delete(state, message, Some(user))?;
        Ok(message)
    })
}

#[derive(Deserialize)]
struct React {
    message: Snowflake,
    user: Snowflake,
    emoji: String,
    on: bool,
}

async fn react(State(shared): State<Shared>, Json(react): Json<React>) -> Response {
    perform(&shared, |state| {
        let React {
            message, user, on, ..
        } = react;
        actions::react(state, message, user, &react.emoji, on)?;
        Ok(message)
    })
}

#[derive(Deserialize)]
struct Typing {
    channel: Snowflake,
    user: Snowflake,
}

async fn typing(State(shared): State<Shared>, Json(typing): Json<Typing>) -> Response {
    perform(&shared, |state| {
        actions::start_typing(state, typing.channel, typing.user)?;
        Ok(typing.channel)
    })
}

#[derive(Deserialize)]
struct Command {
    channel: Snowflake,
    user: Snowflake,
    name: String,
    #[serde(default)]
    options: Value,
}

async fn command(State(shared): State<Shared>, Json(run): Json<Command>) -> Response {
    perform(&shared, |state| {
        actions::slash(state, run.channel, run.user, &run.name, &run.options)
    })
}

#[derive(Deserialize)]
struct Autocomplete {
    channel: Snowflake,
    user: Snowflake,
    name: String,
    options: Value,
    focused: String,
}

async fn autocomplete(State(shared): State<Shared>, Json(typed): Json<Autocomplete>) -> Response {
    perform(&shared, |state| {
        let Autocomplete { channel, user, .. } = typed;
        let (name, options, focused) = (&typed.name, &typed.options, &typed.focused);
        actions::autocomplete(state, channel, user, name, options, focused)
    })
}

#[derive(Deserialize)]
struct Press {
    message: Snowflake,
    custom_id: String,
    user: Snowflake,
    #[serde(default)]
    values: Vec<String>,
}

async fn press(State(shared): State<Shared>, Json(press): Json<Press>) -> Response {
    perform(&shared, |state| {
        let Press { message, user, .. } = press;
        actions::press(state, message, &press.custom_id, user, &press.values)
    })
}

#[derive(Deserialize)]
struct Form {
    interaction: Snowflake,
    values: Value,
}

async fn form(State(shared): State<Shared>, Json(form): Json<Form>) -> Response {
    perform(&shared, |state| {
        actions::submit(state, form.interaction, &form.values)
    })
}

/// Performs an action. Responds with the id of its result, or with the reason why it is not possible.
fn perform(
    shared: &Shared,
    action: impl FnOnce(&mut Inner) -> Result<Snowflake, ActionError>,
) -> Response {
    match shared.change(action) {
        Ok(id) => Json(json!({ "id": id })).into_response(),
        Err(error) => (StatusCode::BAD_REQUEST, error.to_string()).into_response(),
    }
}
