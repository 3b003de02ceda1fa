//! Answers to the CLI's control requests.

use serde::Serialize;

use super::json::Json;

/// The answer to one of the CLI's control requests.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Response {
    /// To [`Query::Permission`](super::Query::Permission).
    Decision(Decision),
    /// To [`Query::Mcp`](super::Query::Mcp): the server's JSON-RPC answer, or an empty result to a notification.
    Mcp(Json),
    /// To [`Query::Hook`](super::Query::Hook): the hook's output.
    Hook(Json),
    /// The host refuses or does not know the request. Without an answer the turn would wait forever.
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
        /// The input to run with: that of the request, or a changed one, of which the model is not told. CLIs before
        /// 2.1.207 reject an answer without it.
        updated_input: Json,
        /// Rules, folders and modes that apply from the next call on: the CLI's suggestions with `session` as their
        /// destination.
        #[serde(skip_serializing_if = "Vec::is_empty")]
        updated_permissions: Vec<Json>,
    },
    Deny {
        /// What the model is told, unless the turn is interrupted.
        message: String,
        /// Whether to end the turn as well.
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        interrupt: bool,
    },
}
