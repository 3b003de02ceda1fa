//! The page's routes: the page itself and its updates. What people do on it is in `actions`.

use std::{convert::Infallible, sync::Arc};

use axum::{
    Router,
    extract::State,
    http::header,
    middleware,
    response::{
        IntoResponse, Response, Sse,
        sse::{Event as ServerEvent, KeepAlive},
    },
    routing::{get, post},
};
use futures_util::{Stream, StreamExt, stream};
use tokio_stream::wrappers::BroadcastStream;

use super::{actions, guard, payload};
use crate::shared::Shared;

const PAGE: &str = include_str!("../../assets/page.html");
const STYLE: &str = include_str!("../../assets/page.css");
/// The parts of one script, in order of their dependencies.
const SCRIPTS: [&str; 10] = [
    include_str!("../../assets/dom.js"),
    include_str!("../../assets/code.js"),
    include_str!("../../assets/markdown.js"),
    include_str!("../../assets/state.js"),
    include_str!("../../assets/components.js"),
    include_str!("../../assets/messages.js"),
    include_str!("../../assets/sidebar.js"),
    include_str!("../../assets/composer.js"),
    include_str!("../../assets/modal.js"),
    include_str!("../../assets/uploads.js"),
];

/// The page may load nothing beyond what it contains and the files of its messages.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; \
                      connect-src 'self'; img-src 'self' blob: data:; media-src 'self'; base-uri 'none'; form-action 'none'; \
                      frame-ancestors 'none'";

pub(crate) fn router(shared: &Shared) -> Router<Shared> {
    let actions = Router::new()
        .route("/loopback/events", get(events))
        .route("/loopback/message", post(actions::message))
        .route("/loopback/files", post(actions::files))
        .route("/loopback/forward", post(actions::forward))
        .route("/loopback/thread", post(actions::thread))
        .route("/loopback/vote", post(actions::vote))
        .route("/loopback/edit", post(actions::edit))
        .route("/loopback/delete", post(actions::delete))
        .route("/loopback/react", post(actions::react))
        .route("/loopback/typing", post(actions::typing))
        .route("/loopback/command", post(actions::command))
        .route("/loopback/message-command", post(actions::message_command))
        .route("/loopback/autocomplete", post(actions::autocomplete))
        .route("/loopback/press", post(actions::press))
        .route("/loopback/form", post(actions::form))
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
