//! The record of every REST call and every gateway frame.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::{Route, Snowflake};

/// A REST call of the bot.
#[derive(Clone, Debug)]
pub struct Call {
    /// `GET`, `POST`, ...
    pub method: String,
    /// The path after `/api/v10`, without the query; an escaped `@` is written as such.
    pub path: String,
    /// The query, without the question mark; empty if there was none.
    pub query: String,
    /// The headers with lower-case names, without `authorization`.
    pub headers: Vec<(String, String)>,
    /// The JSON body, or `payload_json` of a multipart body; `null` if there was none.
    pub body: Value,
    /// The files of a multipart body.
    pub files: Vec<File>,
    /// When it arrived, since the loopback was started.
    pub at: Duration,
    /// The status of the response; `None` until there is one, and for good if the connection was
    /// dropped instead.
    pub status: Option<u16>,
}

/// An uploaded file, without its content.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct File {
    /// Its form field: `files[0]`.
    pub field: String,
    /// Its file name.
    pub name: String,
    /// Its size in bytes.
    pub size: usize,
    /// Its media type, if one was sent.
    pub content_type: Option<String>,
}

/// A frame that the bot sent on the gateway.
#[derive(Clone, Debug)]
pub struct Frame {
    /// The number of its socket, in the order in which they were opened, from 1.
    pub connection: u64,
    /// Its opcode: 1 is a heartbeat, 2 IDENTIFY, 6 RESUME.
    pub op: u64,
    /// Its data; a token in it is replaced by `"***"`.
    pub data: Value,
    /// When it arrived, since the loopback was started.
    pub at: Duration,
}

/// The record of a loopback.
#[derive(Debug)]
pub(crate) struct Record {
    started: Instant,
    pub(crate) calls: Vec<Call>,
    pub(crate) frames: Vec<Frame>,
}

impl Call {
    /// Whether this is a call to `route`, written as for [`Fault`](crate::Fault): `POST /channels/*/messages`.
    #[must_use]
    pub fn is(&self, route: &str) -> bool {
        Route::new(route).matches(&self.method, &self.path)
    }

    /// The channel in its path, if any.
    #[must_use]
    pub fn channel(&self) -> Option<Snowflake> {
        channel_in(&self.path)
    }
}

/// The channel in a path: `/channels/123/messages`.
pub(crate) fn channel_in(path: &str) -> Option<Snowflake> {
    let rest = path.strip_prefix("/channels/")?;
    rest.split('/').next()?.parse().ok()
}

/// The part of a path by which rate limits are counted (Discord developer docs, "Rate limits"): the
/// channel, the guild, or the webhook with its token.
pub(crate) fn major_parameter(path: &str) -> Option<String> {
    let mut segments = path.split('/').skip(1);
    let (kind, id) = (segments.next()?, segments.next()?);
    match kind {
        "channels" | "guilds" => Some(id.to_owned()),
        "webhooks" => Some(format!("{id}/{}", segments.next().unwrap_or_default())),
        _ => None,
    }
}

impl Record {
    pub(crate) fn new() -> Self {
        Self {
            started: Instant::now(),
            calls: Vec::new(),
            frames: Vec::new(),
        }
    }

    pub(crate) fn now(&self) -> Duration {
        self.started.elapsed()
    }

    /// Records a call. Returns its index, with which the response's status is recorded later.
    pub(crate) fn call(&mut self, mut call: Call) -> usize {
        call.at = self.started.elapsed();
        self.calls.push(call);
        self.calls.len() - 1
    }

    pub(crate) fn answered(&mut self, index: usize, status: u16) {
        if let Some(call) = self.calls.get_mut(index) {
            call.status = Some(status);
        }
    }

    pub(crate) fn frame(&mut self, connection: u64, frame: &Value) {
        let mut data = frame["d"].clone();
        if let Some(token) = data.get_mut("token") {
            *token = json!("***");
        }
        self.frames.push(Frame {
            connection,
            op: frame["op"].as_u64().unwrap_or(u64::MAX),
            data,
            at: self.started.elapsed(),
        });
    }
}
