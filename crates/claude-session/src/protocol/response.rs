//! Answers to the CLI's control requests.

use serde::Serialize;

use super::{json::Json, request::to_line};

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
    /// It may.
    Allow {
        /// The input that it runs with: that of the request, or a changed one, of which the model is not told. CLIs
        /// before 2.1.207 refuse an answer without it.
        updated_input: Json,
        /// Rules, folders and modes that hold from the next call on, as the CLI suggested them, with the destination
        /// `session`.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        updated_permissions: Vec<Json>,
    },
    /// It may not.
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
        #[derive(Serialize)]
        struct Line<'a> {
            r#type: &'static str,
            response: Envelope<'a>,
        }
        #[derive(Serialize)]
        struct Envelope<'a> {
            subtype: &'static str,
            request_id: &'a str,
            #[serde(skip_serializing_if = "Option::is_none")]
            error: Option<&'a str>,
            #[serde(skip_serializing_if = "Option::is_none")]
            response: Option<Body<'a>>,
        }
        #[derive(Serialize)]
        #[serde(untagged)]
        enum Body<'a> {
            Decision(&'a Decision),
            Mcp { mcp_response: &'a Json },
            Hook(&'a Json),
        }
        let (error, response) = match self {
            Self::Decision(decision) => (None, Some(Body::Decision(decision))),
            Self::Mcp(message) => (
                None,
                Some(Body::Mcp {
                    mcp_response: message,
                }),
            ),
            Self::Hook(output) => (None, Some(Body::Hook(output))),
            Self::Error(error) => (Some(error.as_str()), None),
        };
        to_line(&Line {
            r#type: "control_response",
            response: Envelope {
                subtype: if error.is_some() { "error" } else { "success" },
                request_id,
                error,
                response,
            },
        })
    }
}
