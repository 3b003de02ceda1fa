//! Answers to the CLI's control requests.

use serde::Serialize;

use super::{json::Json, request::Line};

/// The answer to a control request of the CLI's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Response {
    /// To [`Query::Permission`](super::Query::Permission).
    Decision(Decision),
    /// To [`Query::Mcp`](super::Query::Mcp): the server's JSON-RPC answer; to a notification an empty result.
    Mcp(Json),
    /// To [`Query::Hook`](super::Query::Hook): the hook's output.
    Hook(Json),
    /// The host refuses, or does not know the request. Without an answer the turn would wait for ever.
    Error(String),
}

/// Whether a tool may run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(
    tag = "behavior",
    rename_all = "lowercase",
    rename_all_fields = "camelCase"
)]
pub enum Decision {
    Allow {
        /// The input that it runs with: that of the request, or a changed one, of which the model is not told. CLIs
        /// before 2.1.207 refuse an answer without it.
        updated_input: Json,
        /// Rules, folders and modes that hold from the next call on, as the CLI suggested them, with the destination
        /// `session`.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        updated_permissions: Vec<Json>,
    },
    Deny {
        /// What the model reads. Lost if the turn is interrupted.
        message: String,
        /// Whether the turn ends as well.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        interrupt: bool,
    },
}

impl Response {
    /// The line, without a newline.
    #[must_use]
    pub fn line(&self, request_id: &str) -> String {
        let response = match self {
            Self::Decision(decision) => Body::Decision(decision),
            Self::Mcp(mcp_response) => Body::Mcp { mcp_response },
            Self::Hook(output) => Body::Hook(output),
            Self::Error(error) => {
                let response = Envelope::Error { request_id, error };
                return Line::ControlResponse { response }.write();
            }
        };
        let response = Envelope::Success {
            request_id,
            response,
        };
        Line::ControlResponse { response }.write()
    }
}

#[derive(Serialize)]
#[serde(tag = "subtype", rename_all = "snake_case")]
pub(super) enum Envelope<'a> {
    Success {
        request_id: &'a str,
        response: Body<'a>,
    },
    Error {
        request_id: &'a str,
        error: &'a str,
    },
}

#[derive(Serialize)]
#[serde(untagged)]
pub(super) enum Body<'a> {
    Decision(&'a Decision),
    Mcp { mcp_response: &'a Json },
    Hook(&'a Json),
}
