//! The middleware for every call: parse, record, apply faults and rate limits, authorize.

use std::time::Instant;

use axum::{
    Extension, Json,
    body::{Body, Bytes, to_bytes},
    extract::{FromRequest, Multipart, Request, State},
    http::{
        HeaderMap, HeaderValue, StatusCode,
        header::{AUTHORIZATION, CONTENT_TYPE, DATE},
        request::Parts,
    },
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde_json::Value;

use super::ApiError;
use crate::{
    Call, File, Route, clock,
    fault::{Answer, Effect, rate_limited_body},
    server::KillSwitch,
    shared::Shared,
};

/// The longest body that is read: more than ten files of 10 MiB.
const MAX_BODY_BYTES: usize = 120 * 1024 * 1024;

/// The header that names a rate limit.
const BUCKET: &str = "x-ratelimit-bucket";

/// The parsed body of a call.
#[derive(Clone, Debug, Default)]
pub(crate) struct Payload {
    /// The JSON; `null` if there is none.
    pub(crate) json: Value,
    pub(crate) files: Vec<File>,
    /// The content of each file.
    pub(crate) contents: Vec<Bytes>,
}

/// Handles a call.
pub(crate) async fn handle(
    State(shared): State<Shared>,
    Extension(kill_switch): Extension<KillSwitch>,
    request: Request,
    next: Next,
) -> Response {
    let (parts, body) = request.into_parts();
    let method = parts.method.as_str().to_owned();
    let path = parts.uri.path().replace("%40", "@");
    let (payload, error) = match read(&parts, body).await {
        Ok(payload) => (payload, None),
        Err(error) => (Payload::default(), Some(error)),
    };
    let call = Call {
        method: method.clone(),
        path: path.clone(),
        query: parts.uri.query().unwrap_or_default().to_owned(),
        headers: headers(&parts.headers),
        body: payload.json.clone(),
        files: payload.files.clone(),
        at: std::time::Duration::ZERO,
        status: None,
    };
    let (index, effect, verdict) = shared.change(|state| {
        let index = state.record.call(call);
        let effect = state.faults.apply(&method, &path);
        let limits = &mut state.rate_limits;
        // A call that fails does not reach its bucket, but may tell its name.
        let verdict = match effect {
            Some(Effect::Answer(_) | Effect::Drop) => Err(limits.bucket(&method, &path)),
            _ => Ok(limits.count(&method, &path, Instant::now(), clock::unix_ms())),
        };
        (index, effect, verdict)
    });
    let authorized = error.map_or_else(|| authorize(&shared, &parts, &method, &path), Err);
    let (limit, bucket, wait) = match verdict {
        Ok(verdict) => (verdict.headers, None, verdict.wait),
        Err(bucket) => (HeaderMap::new(), HeaderValue::try_from(bucket).ok(), None),
    };
    let perform = async |payload| {
        if let Some(wait) = wait {
            let body = rate_limited_body(wait, false);
            return (StatusCode::TOO_MANY_REQUESTS, Json(body)).into_response();
        }
        if let Err(error) = authorized {
            return error.into_response();
        }
        let mut request = Request::from_parts(parts, Body::empty());
        request.extensions_mut().insert::<Payload>(payload);
        next.run(request).await
    };
    let mut response = match effect {
        None => perform(payload).await,
        Some(Effect::Answer(answer)) => answer.into_response(),
        Some(Effect::Drop) => {
            kill_switch.cut();
            return ().into_response();
        }
        Some(Effect::LoseResponse) => {
            perform(payload).await;
            kill_switch.cut();
            return ().into_response();
        }
        Some(Effect::Delay(by)) => {
            tokio::time::sleep(by).await;
            perform(payload).await
        }
        Some(Effect::Hold(mut released)) => {
            // An error means that the holder is gone, which releases the call, too.
            released.wait_for(|released| *released).await.ok();
            perform(payload).await
        }
    };
    response.headers_mut().extend(limit);
    if let Some(date) = clock::http_date(shared.settings().seconds_ahead) {
        response.headers_mut().insert(DATE, date);
    }
    if let (Some(told), Some(bucket)) = (response.headers_mut().get_mut(BUCKET), bucket) {
        *told = bucket;
    }
    let status = response.status().as_u16();
    shared.change(|state| state.record.answered(index, status));
    response
}

/// Checks the bot's token. Routes with an interaction's token in their path, and the gateway's
/// address, need none.
fn authorize(shared: &Shared, parts: &Parts, method: &str, path: &str) -> Result<(), ApiError> {
    let open = ["GET /gateway", "/webhooks/**", "/interactions/**"];
    if open
        .iter()
        .any(|route| Route::new(route).matches(method, path))
    {
        return Ok(());
    }
    let sent = parts.headers.get(AUTHORIZATION);
    let token = sent
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.strip_prefix("Bot "));
    if token == Some(shared.settings().token.as_str()) {
        Ok(())
    } else {
        Err(ApiError::unauthorized())
    }
}

async fn read(parts: &Parts, body: Body) -> Result<Payload, ApiError> {
    let bytes = to_bytes(body, MAX_BODY_BYTES)
        .await
        .map_err(|_| ApiError::too_large())?;
    let kind = parts.headers.get(CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if kind.starts_with("multipart/form-data") {
        return read_form(parts, bytes).await;
    }
    let json = if bytes.is_empty() {
        Value::Null
    } else {
        serde_json::from_slice(&bytes).map_err(|_| ApiError::invalid_json())?
    };
    Ok(Payload {
        json,
        ..Payload::default()
    })
}

/// `payload_json` and `files[n]` (Discord developer docs, "Uploading files").
async fn read_form(parts: &Parts, bytes: Bytes) -> Result<Payload, ApiError> {
    let request = Request::from_parts(parts.clone(), Body::from(bytes));
    let mut form = Multipart::from_request(request, &())
        .await
        .map_err(|_| ApiError::invalid_json())?;
    let mut payload = Payload::default();
    while let Ok(Some(field)) = form.next_field().await {
        let field_name = field.name().unwrap_or_default().to_owned();
        let file_name = field.file_name().map(str::to_owned);
        let content_type = field.content_type().map(str::to_owned);
        let bytes = field.bytes().await.map_err(|_| ApiError::too_large())?;
        if let Some(name) = file_name {
            payload.files.push(File {
                field: field_name,
                name,
                size: bytes.len(),
                content_type,
            });
            payload.contents.push(bytes);
        } else if field_name == "payload_json" {
            payload.json = serde_json::from_slice(&bytes).map_err(|_| ApiError::invalid_json())?;
        }
    }
    if payload.json.is_null() {
        payload.json = serde_json::json!({});
    }
    Ok(payload)
}

fn headers(headers: &HeaderMap) -> Vec<(String, String)> {
    headers
        .iter()
        .filter(|(name, _)| *name != AUTHORIZATION)
        .map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes());
            (name.as_str().to_owned(), value.into_owned())
        })
        .collect()
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = (self.status, self.body).into_response();
        for (name, value) in self.headers {
            response.headers_mut().insert(name, value);
        }
        response
    }
}
