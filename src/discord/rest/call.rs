//! A request, before it is sent.

use std::{fmt, time::Duration};

use reqwest::Method;
use serde::Serialize;

use crate::{chat::PostFile, snowflake::ChannelId};

/// What Discord's limits count by: the route without its ids, and the id that has a limit of its own (Discord
/// developer docs, "Rate limits": channels, guilds, webhooks and their tokens).
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(in crate::discord) struct Route {
    pub(super) name: &'static str,
    pub(super) major: String,
    /// Whether it counts for the global limit. Interactions do not.
    pub(super) global: bool,
}

/// A request. Its `Debug` holds no path: an interaction's path is a credential.
#[derive(Clone)]
pub(in crate::discord) struct Call {
    /// What the log calls it.
    pub(super) what: &'static str,
    pub(super) method: Method,
    /// After `/api/v10`, with the query.
    pub(super) path: String,
    pub(super) route: Route,
    /// The channel, for the log.
    pub(super) channel: Option<ChannelId>,
    /// Whether the bot token authorises it; else the path does.
    pub(super) by_token: bool,
    /// JSON.
    pub(super) body: Option<Vec<u8>>,
    /// Files that go with it.
    pub(super) files: Vec<PostFile>,
    /// How long it is tried.
    pub(super) patience: Duration,
    /// Whether it may be tried more than once.
    pub(super) repeats: bool,
    /// Whether limits are waited for however long they last, on top of its patience, until a try may have been carried
    /// out.
    pub(super) outlasts_limits: bool,
}

impl fmt::Debug for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("what", &self.what)
            .finish_non_exhaustive()
    }
}

/// How long a call is tried unless it says otherwise.
const PATIENCE: Duration = Duration::from_mins(15);

impl Call {
    pub(super) fn new(
        what: &'static str,
        method: Method,
        name: &'static str,
        major: &impl ToString,
        path: String,
    ) -> Self {
        Self {
            what,
            method,
            path,
            route: Route {
                name,
                major: major.to_string(),
                global: true,
            },
            channel: None,
            by_token: true,
            body: None,
            files: Vec::new(),
            patience: PATIENCE,
            repeats: true,
            outlasts_limits: false,
        }
    }

    pub(super) fn of_channel(self, channel: ChannelId) -> Self {
        Self {
            channel: Some(channel),
            ..self
        }
    }

    /// Not the bot token but the path authorises it, as an interaction's does.
    pub(super) fn by_path(mut self) -> Self {
        self.by_token = false;
        self.route.global = false;
        self
    }

    /// serenity's builders cannot fail to become JSON; what cannot is sent without a body, and refused.
    pub(super) fn json(self, body: &impl Serialize) -> Self {
        Self {
            body: serde_json::to_vec(body).ok(),
            ..self
        }
    }

    /// Sends files along.
    pub(super) fn files(self, files: &[PostFile]) -> Self {
        Self {
            files: files.to_vec(),
            ..self
        }
    }

    /// Tries it so long.
    pub(in crate::discord) fn patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Waits for limits to pass however long they last: that costs no patience, until a try may have been carried out.
    pub(in crate::discord) fn outlasts_limits(self) -> Self {
        Self {
            outlasts_limits: true,
            ..self
        }
    }

    /// Tries it once, and not at all where it would have to wait longer than this.
    pub(in crate::discord) fn once(self, patience: Duration) -> Self {
        Self {
            patience,
            repeats: false,
            ..self
        }
    }
}

#[cfg(test)]
mod tests;
