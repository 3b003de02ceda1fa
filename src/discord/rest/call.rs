//! A request, before it is sent.

use std::{
    fmt::{self, Display},
    time::Duration,
};

use reqwest::Method;
use serde::Serialize;
use serde_json::{Value, json};

use super::Class;
use crate::chat::PostFile;

/// What Discord's rate limits count by (its developer docs, "Rate limits").
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Route {
    /// As in Discord's docs, such as `GET /channels/{channel}/messages`.
    pub(super) name: &'static str,
    /// The id that has limits of its own: of a channel, guild or application, or an interaction's path.
    pub(super) major: String,
    /// Whether the global limit counts it. It does not count interactions.
    pub(super) global: bool,
}

#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) route: Route,
    pub(super) class: Class,
    /// After `/api/v10`, with the query.
    pub(super) path: String,
    /// Whether the bot token authorizes it; otherwise its path does.
    pub(super) by_token: bool,
    /// JSON.
    pub(super) body: Option<Vec<u8>>,
    pub(super) files: Vec<PostFile>,
    /// How long it is tried.
    pub(super) patience: Duration,
    /// Whether it may be tried more than once.
    pub(super) repeats: bool,
    /// Whether waiting for rate limits costs no patience, until a try may have been carried out.
    pub(super) outlasts_limits: bool,
}

impl fmt::Debug for Call {
    /// Leaves the path out: an interaction's path is a credential.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Call")
            .field("route", &self.route.name)
            .finish_non_exhaustive()
    }
}

/// How long a call is tried unless it says otherwise.
const PATIENCE: Duration = Duration::from_mins(15);

impl Call {
    /// A call to a route whose `{...}` stand for `ids`, in order. The first of them has rate limits of its own.
    pub(crate) fn new(route: &'static str, ids: &[&dyn Display]) -> Self {
        let template = route.split_once(' ').map_or(route, |(_, path)| path);
        let mut path = String::new();
        let mut next = ids.iter();
        for part in template.split('/').skip(1) {
            path.push('/');
            match next.as_slice().first() {
                Some(id) if part.starts_with('{') => {
                    path += &id.to_string();
                    next.next();
                }
                _ => path += part,
            }
        }
        Self {
            route: Route {
                name: route,
                major: ids.first().map(ToString::to_string).unwrap_or_default(),
                global: true,
            },
            class: Class::default(),
            path,
            by_token: true,
            body: None,
            files: Vec::new(),
            patience: PATIENCE,
            repeats: true,
            outlasts_limits: false,
        }
    }

    pub(super) fn method(&self) -> Method {
        let name = self.route.name.split(' ').next().unwrap_or_default();
        Method::from_bytes(name.as_bytes()).unwrap_or_default()
    }

    /// The path authorizes it, as an interaction's does.
    pub(crate) fn by_path(mut self) -> Self {
        self.by_token = false;
        self.route.global = false;
        self.route.major.clone_from(&self.path);
        self
    }

    /// What it is for, if not an answer.
    pub(crate) fn class(mut self, class: Class) -> Self {
        self.class = class;
        self
    }

    /// Adds a parameter to the path.
    pub(crate) fn query(mut self, name: &str, value: impl Display) -> Self {
        let separator = if self.path.contains('?') { '&' } else { '?' };
        self.path = format!("{}{separator}{name}={value}", self.path);
        self
    }

    /// A body that cannot become JSON would be left out, and Discord would refuse the call.
    pub(crate) fn json(mut self, body: &impl Serialize) -> Self {
        self.body = serde_json::to_vec(body).ok();
        self
    }

    /// Attaches files to a call with a body, which must name them where it has a list of attachments.
    pub(crate) fn files(mut self, files: &[PostFile]) -> Self {
        if files.is_empty() {
            return self;
        }
        self.files = files.to_vec();
        let body = self.body.as_deref().map(serde_json::from_slice::<Value>);
        if let Some(Ok(Value::Object(mut body))) = body
            && let Some(Value::Array(listed)) = body.get_mut("attachments")
        {
            let named = files.iter().zip(0_u32..);
            listed.extend(named.map(|(file, id)| json!({ "id": id, "filename": file.name })));
            return self.json(&body);
        }
        self
    }

    pub(crate) fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Waits for rate limits for as long as they last: that costs no patience, until a try may have been carried out.
    pub(crate) fn outlasts_limits(mut self) -> Self {
        self.outlasts_limits = true;
        self
    }

    /// Tries it once, and not at all if it would have to wait longer than this.
    pub(crate) fn once(mut self, patience: Duration) -> Self {
        self.repeats = false;
        self.patience(patience)
    }
}

#[cfg(test)]
mod tests;
