//! What every call goes through: it is taken apart, recorded, struck by a fault, let in.

use std::time::Instant;

use axum::{
    Extension, Json,
    body::{Body, Bytes, to_bytes},
    extract::{FromRequest, Multipart, Request, State},
    http::{
        HeaderMap, StatusCode,
        header::{AUTHORIZATION, CONTENT_TYPE},
        request::Parts,
    },
    middleware::Next,
    response::{IntoResponse, Response},
};
use serde_json::Value;

use super::Refusal;
use crate::{
    Call, File, Route,
    fault::{Answer, Effect, too_many_words},
    server::Cut,
    shared::Shared,
};

/// More than the 10 MiB a file may have, times ten files, is not even read.
const MOST_BYTES: usize = 120 * 1024 * 1024;

/// A call's body, taken apart.
#[derive(Clone, Debug, Default)]
pub(crate) struct Payload {
    /// The JSON; `null` if there was none.
    pub(crate) json: Value,
    pub(crate) files: Vec<File>,
}

/// Takes a call in.
pub(crate) async fn take(
    State(shared): State<Shared>,
    Extension(cut): Extension<Cut>,
    request: Request,
    next: Next,
) -> Response {
    let (parts, body) = request.into_parts();
    let method = parts.method.as_str().to_owned();
    let path = parts.uri.path().to_owned();
    let (payload, refusal) = match read(&parts, body).await {
        Ok(payload) => (payload, None),
        Err(refusal) => (Payload::default(), Some(refusal)),
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
    let (index, effect, counted) = shared.change(|state| {
        let index = state.record.call(call);
        let effect = state.faults.strike(&method, &path);
        // A call that is answered by a fault has not reached its bucket.
        let counted = match effect {
            Some(Effect::Answer(_) | Effect::Drop) => None,
            _ => state.limits.count(&method, &path, Instant::now()),
        };
        (index, effect, counted)
    });
    let admitted = refusal.map_or_else(|| admit(&shared, &parts, &method, &path), Err);
    let (bucket, refused) = counted.map_or_else(Default::default, |counted| {
        (counted.headers, counted.refused)
    });
    let perform = async |payload| {
        if let Some(wait) = refused {
            let words = too_many_words(wait, false);
            return (StatusCode::TOO_MANY_REQUESTS, Json(words)).into_response();
        }
        if let Err(refusal) = admitted {
            return refusal.into_response();
        }
        let mut request = Request::from_parts(parts, Body::empty());
        request.extensions_mut().insert::<Payload>(payload);
        next.run(request).await
    };
    let mut response = match effect {
        None => perform(payload).await,
        Some(Effect::Answer(answer)) => answer.into_response(),
        Some(Effect::Drop) => {
            cut.now();
            return ().into_response();
        }
        Some(Effect::LoseAnswer) => {
            perform(payload).await;
            cut.now();
            return ().into_response();
        }
        Some(Effect::Delay(by)) => {
            tokio::time::sleep(by).await;
            perform(payload).await
        }
        Some(Effect::Hold(mut released)) => {
            // An error says that the holder is gone, which lets the call through too.
            released.wait_for(|released| *released).await.ok();
            perform(payload).await
        }
    };
    response.headers_mut().extend(bucket);
    let status = response.status().as_u16();
    shared.change(|state| state.record.answered(index, status));
    response
}

/// Whether the caller may call this at all. Routes that carry a token of their own, and the
/// address of the gateway, are open.
fn admit(shared: &Shared, parts: &Parts, method: &str, path: &str) -> Result<(), Refusal> {
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
        Err(Refusal::unauthorized())
    }
}

async fn read(parts: &Parts, body: Body) -> Result<Payload, Refusal> {
    let bytes = to_bytes(body, MOST_BYTES)
        .await
        .map_err(|_| Refusal::too_large())?;
    let kind = parts.headers.get(CONTENT_TYPE);
    let kind = kind.and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    if kind.starts_with("multipart/form-data") {
        return read_form(parts, bytes).await;
    }
    let json = if bytes.is_empty() {
        Value::Null
    } else {
        serde_json::from_slice(&bytes).map_err(|_| Refusal::invalid_json())?
    };
    Ok(Payload {
        json,
        files: Vec::new(),
    })
}

/// `payload_json` and `files[n]` (Discord developer docs, "Uploading files").
async fn read_form(parts: &Parts, bytes: Bytes) -> Result<Payload, Refusal> {
    let request = Request::from_parts(parts.clone(), Body::from(bytes));
    let mut form = Multipart::from_request(request, &())
        .await
        .map_err(|_| Refusal::invalid_json())?;
    let mut payload = Payload::default();
    while let Ok(Some(field)) = form.next_field().await {
        let field_name = field.name().unwrap_or_default().to_owned();
        let file_name = field.file_name().map(str::to_owned);
        let content_type = field.content_type().map(str::to_owned);
        let bytes = field.bytes().await.map_err(|_| Refusal::too_large())?;
        if let Some(name) = file_name {
            payload.files.push(File {
                field: field_name,
                name,
                size: bytes.len(),
                content_type,
            });
        } else if field_name == "payload_json" {
            payload.json = serde_json::from_slice(&bytes).map_err(|_| Refusal::invalid_json())?;
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
