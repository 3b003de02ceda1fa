//! The file server: what people attach, served as Discord's CDN does, or going wrong as told.

use std::{collections::BTreeMap, time::Duration};

use axum::{
    Router,
    body::{Body, Bytes},
    extract::{Path, State},
    http::{Response, StatusCode, header},
    routing::get,
};
use futures_util::stream;

use crate::{
    Loopback, Snowflake,
    act::{self, Impossible},
    clock,
    event::Event,
    shared::{self, Shared},
    world::Draft,
};

/// A file that somebody attaches.
#[derive(Clone, Debug)]
pub struct Upload {
    name: String,
    kind: Option<String>,
    size: usize,
    served: Served,
}

/// What comes of fetching it.
#[derive(Clone, Debug)]
pub(crate) enum Served {
    Bytes(Bytes),
    Redirect(String),
    Status(u16),
    Endless,
    Stalled,
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
            served: Served::Bytes(bytes),
        }
    }

    /// Another media type.
    #[must_use]
    pub fn kind(mut self, kind: &str) -> Self {
        self.kind = Some(kind.to_owned());
        self
    }

    /// Another size, in bytes, than it has.
    #[must_use]
    pub fn says_size(mut self, size: usize) -> Self {
        self.size = size;
        self
    }

    /// Whoever fetches it is sent elsewhere.
    #[must_use]
    pub fn redirects(mut self, to: &str) -> Self {
        self.served = Served::Redirect(to.to_owned());
        self
    }

    /// Whoever fetches it is refused with this HTTP status.
    #[must_use]
    pub fn refused(mut self, status: u16) -> Self {
        self.served = Served::Status(status);
        self
    }

    /// It never ends.
    #[must_use]
    pub fn endless(mut self) -> Self {
        self.served = Served::Endless;
        self
    }

    /// Nothing comes after its headers.
    #[must_use]
    pub fn stalled(mut self) -> Self {
        self.served = Served::Stalled;
        self
    }
}

/// The files that are served, by id.
pub(crate) type Hosted = BTreeMap<Snowflake, Served>;

impl Loopback {
    /// `user` says something with files. Gives the message's id.
    ///
    /// # Panics
    ///
    /// When the channel does not exist or the user is not in it.
    #[track_caller]
    pub fn say_with_files(
        &self,
        channel: Snowflake,
        user: Snowflake,
        text: &str,
        files: &[Upload],
    ) -> Snowflake {
        self.act(|state| {
            act::known(state, channel, user)?;
            let draft = Draft {
                content: text.to_owned(),
                files: files
                    .iter()
                    .map(|file| (file.name.clone(), file.size, file.kind.clone()))
                    .collect(),
                ..Draft::default()
            };
            let id = state.world.post(channel, user, draft, clock::unix_ms());
            host(state, id, files)?;
            state.publish(&Event::Created(id));
            Ok(id)
        })
    }
}

fn host(state: &mut shared::State, id: Snowflake, files: &[Upload]) -> Result<(), Impossible> {
    let message = state.world.messages.get(&id);
    let message = message.ok_or_else(|| Impossible(format!("there is no message {id}")))?;
    let served = message.attachments.iter().zip(files);
    let served = served.map(|(attachment, file)| (attachment.id, file.served.clone()));
    state.hosted.extend(served);
    Ok(())
}

/// `/attachments/{channel}/{attachment}/{name}`, open to everyone as the CDN is.
pub(crate) fn router() -> Router<Shared> {
    Router::new().route("/attachments/{channel}/{attachment}/{name}", get(serve))
}

async fn serve(
    State(shared): State<Shared>,
    Path((_, attachment, _)): Path<(String, String, String)>,
) -> Response<Body> {
    let served = attachment
        .parse()
        .ok()
        .and_then(|id: Snowflake| shared.read(|state| state.hosted.get(&id).cloned()));
    let (status, body) = match served {
        Some(Served::Bytes(bytes)) => (200, Body::from(bytes)),
        Some(Served::Redirect(to)) => {
            let found = Response::builder().status(302).header(header::LOCATION, to);
            return found.body(Body::empty()).unwrap_or_default();
        }
        Some(Served::Status(status)) => (status, Body::from("no")),
        Some(Served::Endless) => (200, Body::from_stream(endless())),
        Some(Served::Stalled) => (200, Body::from_stream(stalled())),
        None => (404, Body::from("This content is no longer available.")),
    };
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::NOT_FOUND);
    response
}

type Piece = Result<Bytes, std::convert::Infallible>;

fn endless() -> impl stream::Stream<Item = Piece> {
    stream::repeat_with(|| Ok(Bytes::from_static(&[b'x'; 8192])))
}

fn stalled() -> impl stream::Stream<Item = Piece> {
    stream::unfold((), async |()| {
        tokio::time::sleep(Duration::from_hours(1)).await;
        None
    })
}
