//! The file server: serves attachments as Discord's CDN does, or fails as a test wants.

use std::{convert::Infallible, time::Duration};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Path, State},
    http::{HeaderValue, Response, StatusCode, Uri, header},
    routing::get,
};
use futures_util::stream;

use crate::{
    Snowflake, clock, file_url,
    shared::Shared,
    world::{FileContent, NewFile, StoredFile},
};

/// A file that a person attaches to a message.
#[derive(Clone, Debug)]
pub struct Upload {
    name: String,
    kind: Option<String>,
    size: usize,
    is_voice: bool,
    content: FileContent,
}

impl Upload {
    /// A file with these bytes.
    #[must_use]
    pub fn new(name: &str, bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = Bytes::from(bytes.into());
        Self {
            name: name.to_owned(),
            kind: Some("text/plain; charset=utf-8".to_owned()),
            size: bytes.len(),
            is_voice: false,
            content: FileContent::Bytes(bytes),
        }
    }

    /// A voice message, which Discord's clients send as the only file of a message without text.
    #[must_use]
    pub fn voice(bytes: impl Into<Vec<u8>>) -> Self {
        Self {
            is_voice: true,
            ..Self::new("voice-message.ogg", bytes).kind("audio/ogg")
        }
    }

    /// Sets the media type.
    #[must_use]
    pub fn kind(mut self, kind: &str) -> Self {
        self.kind = Some(kind.to_owned());
        self
    }

    /// States another size than it has, in bytes.
    #[must_use]
    pub fn says_size(mut self, size: usize) -> Self {
        self.size = size;
        self
    }

    /// Redirects downloads to another URL.
    #[must_use]
    pub fn redirects(mut self, to: &str) -> Self {
        self.content = FileContent::Redirect(to.to_owned());
        self
    }

    /// Answers downloads with this HTTP status.
    #[must_use]
    pub fn refused(mut self, status: u16) -> Self {
        self.content = FileContent::Status(status);
        self
    }

    /// Lets downloads never end.
    #[must_use]
    pub fn endless(mut self) -> Self {
        self.content = FileContent::Endless;
        self
    }

    /// Sends nothing after the headers.
    #[must_use]
    pub fn stalled(mut self) -> Self {
        self.content = FileContent::Stalled;
        self
    }

    /// The size that it states, in bytes.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    pub(crate) fn to_file(&self) -> NewFile {
        NewFile {
            name: self.name.clone(),
            size: self.size,
            content_type: self.kind.clone(),
            description: None,
            is_voice: self.is_voice,
            content: self.content.clone(),
        }
    }
}

/// `/attachments/{channel}/{attachment}/{name}`, without authorization, as on the CDN.
pub(crate) fn router() -> Router<Shared> {
    Router::new().route("/attachments/{channel}/{attachment}/{name}", get(serve))
}

async fn serve(
    State(shared): State<Shared>,
    Path((_, attachment, _)): Path<(String, String, String)>,
    uri: Uri,
) -> Response<Body> {
    let valid = file_url::is_valid(uri.path(), uri.query(), clock::unix_ms());
    let stored = attachment
        .parse()
        .ok()
        .filter(|_| valid)
        .and_then(|id: Snowflake| shared.read(|state| state.world.files.get(&id).cloned()));
    let Some(StoredFile {
        content_type,
        content,
    }) = stored
    else {
        return response(404, Body::from("This content is no longer available."));
    };
    let mut response = match content {
        FileContent::Bytes(bytes) => response(200, Body::from(bytes)),
        FileContent::Redirect(to) => {
            let mut redirect = response(302, Body::empty());
            if let Ok(to) = HeaderValue::try_from(to) {
                redirect.headers_mut().insert(header::LOCATION, to);
            }
            return redirect;
        }
        FileContent::Status(status) => return response(status, Body::from("no")),
        FileContent::Endless => response(200, Body::from_stream(endless())),
        FileContent::Stalled => response(200, Body::from_stream(stalled())),
    };
    // A file shares the page's origin, so a document in it must not run there.
    for (name, value) in [
        (
            header::CONTENT_SECURITY_POLICY,
            "default-src 'none'; sandbox",
        ),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ] {
        let value = HeaderValue::from_static(value);
        response.headers_mut().insert(name, value);
    }
    if let Some(kind) = content_type.and_then(|kind| HeaderValue::try_from(kind).ok()) {
        response.headers_mut().insert(header::CONTENT_TYPE, kind);
    }
    response
}

fn response(status: u16, body: Body) -> Response<Body> {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::NOT_FOUND);
    response
}

fn endless() -> impl stream::Stream<Item = Result<Bytes, Infallible>> {
    stream::repeat_with(|| Ok(Bytes::from_static(&[b'x'; 8192])))
}

fn stalled() -> impl stream::Stream<Item = Result<Bytes, Infallible>> {
    stream::unfold((), async |()| {
        tokio::time::sleep(Duration::from_hours(1)).await;
        None
    })
}
