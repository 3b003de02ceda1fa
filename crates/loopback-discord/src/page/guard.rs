//! Keeping other sites out.
//!
//! A page of another site in the same browser can send requests to 127.0.0.1, and with DNS rebinding
//! also read the responses. The page's routes therefore require a loopback `Host` and no foreign
//! `Origin`; all but the page itself also require a token that is new at every start and that only
//! the page contains.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};

use crate::shared::Shared;

/// The header with the page's token.
pub(super) const TOKEN_HEADER: &str = "x-loopback-token";

/// Accepts requests from a browser that was pointed at this machine.
pub(super) async fn own_host(request: Request, next: Next) -> Response {
    if is_own(request.headers()) {
        next.run(request).await
    } else {
        (StatusCode::FORBIDDEN, "this page is for this machine only").into_response()
    }
}

/// Accepts requests with the token in the header or, since an event source cannot set headers, in the
/// query.
pub(super) async fn own_page(
    State(shared): State<Shared>,
    request: Request,
    next: Next,
) -> Response {
    let token = &shared.settings().page_token;
    let header = request.headers().get(TOKEN_HEADER);
    let in_header = header.is_some_and(|shown| shown == token.as_str());
    let in_query = request.method() == axum::http::Method::GET
        && request.uri().query() == Some(&format!("token={token}"));
    if in_header || in_query {
        next.run(request).await
    } else {
        (StatusCode::FORBIDDEN, "reload the page").into_response()
    }
}

fn is_own(headers: &HeaderMap) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let Some(host) = text(header::HOST) else {
        return false;
    };
    let same_origin = match headers.get(header::ORIGIN) {
        None => true,
        Some(origin) => origin
            .to_str()
            .is_ok_and(|origin| origin.strip_prefix("http://") == Some(host)),
    };
    is_loopback(host) && same_origin
}

/// Whether a `Host` names this machine. The port can be any, since ports are forwarded.
fn is_loopback(host: &str) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    matches!(name, "127.0.0.1" | "localhost" | "[::1]")
}

#[cfg(test)]
mod tests;
