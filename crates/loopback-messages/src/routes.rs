//! The HTTP routes: read requests, perform the steps of answers, and record outcomes.

use std::collections::{BTreeMap, VecDeque};
use std::convert::Infallible;
use std::sync::Arc;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::sse::{Event, Sse};
use axum::response::{AppendHeaders, IntoResponse, Json, Response};
use axum::routing::{any, post};
use futures_util::Stream;
use futures_util::stream;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::answer::{Body, HALF_PAIR, Message};
use crate::events::{self, Heading, Step};
use crate::record::{Outcome, Record, Stray};
use crate::request::{Auth, Request};

/// Headers with secrets, which are never kept.
const SECRET: [&str; 3] = ["authorization", "cookie", "x-api-key"];

pub(crate) fn router(record: Arc<Record>) -> Router {
    Router::new()
        .route("/v1/messages", post(messages))
        .route("/v1/messages/count_tokens", post(count_tokens))
        .route("/", any(root))
        .fallback(unknown)
        .layer(DefaultBodyLimit::disable())
        .with_state(record)
}

async fn messages(
    State(record): State<Arc<Record>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let body: Value = match serde_json::from_slice(&body) {
        Ok(body) => body,
        Err(error) => return stray(&record, &method, &uri, 400, Some(&error.to_string())),
    };
    let request = Request {
        index: 0,
        auth: auth(&headers),
        headers: public(&headers),
        body,
    };
    let (request, answer) = record.open(request);
    let open = Open {
        record: Arc::clone(&record),
        index: request.index,
        outcome: Outcome::Cut,
    };
    if let Some(gate) = record.gate() {
        // A closed gate lets everything through.
        if let Ok(permit) = gate.acquire().await {
            permit.forget();
        }
    }
    if !answer.delay.is_zero() {
        tokio::time::sleep(answer.delay).await;
    }
    match answer.body {
        Body::Refusal {
            status,
            message,
            limit,
        } => {
            open.end(Outcome::Refused(status));
            let limit = limit.into_iter().flat_map(|(limit, resets_at)| {
                [
                    ("anthropic-ratelimit-unified-status", "rejected".to_owned()),
                    ("anthropic-ratelimit-unified-representative-claim", limit),
                    ("anthropic-ratelimit-unified-reset", resets_at.to_string()),
                ]
            });
            (AppendHeaders(limit), refused(status, &message)).into_response()
        }
        Body::Message(message) if request.is_stream() => streamed(&request, &message, open),
        Body::Message(message) => whole(&request, &message, open).await,
    }
}

/// Marks its call as cut when dropped before the end: axum drops the handler or the body once the client
/// has disconnected.
struct Open {
    record: Arc<Record>,
    index: usize,
    outcome: Outcome,
}

impl Open {
    fn end(mut self, outcome: Outcome) {
        self.outcome = outcome;
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.record.close(self.index, self.outcome);
    }
}

async fn whole(request: &Request, message: &Message, open: Open) -> Response {
    if message.stall.is_some() {
        open.record.resumed(open.index).await;
    }
    let id = message_id();
    let heading = Heading {
        id: &id,
        model: request.model(),
    };
    open.record.bill(request.index, message.usage);
    open.end(Outcome::Answered);
    (
        [("request-id", request_id())],
        Json(events::message(&heading, message)),
    )
        .into_response()
}

fn streamed(request: &Request, message: &Message, open: Open) -> Response {
    let id = message_id();
    let heading = Heading {
        id: &id,
        model: request.model(),
    };
    let steps = VecDeque::from(events::steps(&heading, message));
    (
        [("request-id", request_id())],
        Sse::new(events_of(steps, open)),
    )
        .into_response()
}

/// The events of `steps`, each sent when the client is ready for it.
fn events_of(steps: VecDeque<Step>, open: Open) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold((steps, open), async |(mut steps, open)| {
        loop {
            match steps.pop_front() {
                None => {
                    open.end(Outcome::Answered);
                    return None;
                }
                Some(Step::Pause(pause)) => tokio::time::sleep(pause).await,
                Some(Step::Stall) => open.record.resumed(open.index).await,
                Some(Step::Send { name, data, billed }) => {
                    if let Some(billed) = billed {
                        open.record.bill(open.index, billed);
                    }
                    if name == "content_block_delta" {
                        open.record.token_sent(open.index);
                    }
                    let data = data.to_string().replace(HALF_PAIR, r"\ud83d");
                    let event = Event::default().event(name).data(data);
                    return Some((Ok(event), (steps, open)));
                }
            }
        }
    })
}

async fn count_tokens(
    State(record): State<Arc<Record>>,
    method: Method,
    uri: Uri,
    body: Bytes,
) -> Response {
    stray(&record, &method, &uri, 200, None);
    // About four bytes per token: enough for a client that only compares.
    Json(json!({ "input_tokens": body.len() / 4 })).into_response()
}

async fn root(State(record): State<Arc<Record>>, method: Method, uri: Uri) -> Response {
    stray(&record, &method, &uri, 200, None)
}

async fn unknown(State(record): State<Arc<Record>>, method: Method, uri: Uri) -> Response {
    stray(&record, &method, &uri, 404, Some("no such path"))
}

/// Records a request to another route. With `why` the response is an error.
fn stray(record: &Record, method: &Method, uri: &Uri, status: u16, why: Option<&str>) -> Response {
    record.stray(Stray {
        method: method.to_string(),
        path: uri.to_string(),
        status,
    });
    why.map_or_else(
        || StatusCode::OK.into_response(),
        |why| refused(status, why),
    )
}

fn refused(status: u16, message: &str) -> Response {
    let id = request_id();
    let status_code = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let body = Json(events::refusal(status, message, &id));
    (status_code, [("request-id", id)], body).into_response()
}

fn auth(headers: &HeaderMap) -> Auth {
    if headers.contains_key("x-api-key") {
        Auth::ApiKey
    } else if headers.contains_key("authorization") {
        Auth::Bearer
    } else {
        Auth::None
    }
}

fn public(headers: &HeaderMap) -> BTreeMap<String, String> {
    headers
        .iter()
        .filter(|(name, _)| !SECRET.contains(&name.as_str()))
        .map(|(name, value)| {
            (
                name.to_string(),
                String::from_utf8_lossy(value.as_bytes()).into_owned(),
            )
        })
        .collect()
}

fn message_id() -> String {
    format!("msg_{}", Uuid::new_v4().simple())
}

fn request_id() -> String {
    format!("req_{}", Uuid::new_v4().simple())
}
