//! Lines for the CLI's stdin. Each is one JSON object without its newline.

use serde::Serialize;
use uuid::Uuid;

use super::{
    json::Json,
    request::{Ask, Content, Control, Priority, SessionRequest},
    response::{Decision, Response},
};

impl SessionRequest {
    /// The line, without a newline.
    #[must_use]
    pub fn line(&self) -> String {
        match self {
            Self::Ask(ask) => ask.line(),
            Self::Respond {
                request_id,
                response,
            } => response.line(request_id),
            Self::Control {
                request_id,
                control,
            } => control.line(request_id),
        }
    }
}

impl Ask {
    /// The line, without a newline.
    #[must_use]
    pub fn line(&self) -> String {
        Input::User {
            message: Message {
                role: "user",
                content: &self.content,
            },
            parent_tool_use_id: (),
            session_id: "",
            uuid: self.uuid,
            priority: self.priority,
            client_composed: self.is_client_composed,
        }
        .write()
    }
}

impl Control {
    /// The line, without a newline.
    #[must_use]
    pub fn line(&self, request_id: &str) -> String {
        Input::ControlRequest {
            request_id,
            request: self,
        }
        .write()
    }
}

impl Response {
    /// The line, without a newline.
    #[must_use]
    pub fn line(&self, request_id: &str) -> String {
        let response = match self {
            Self::Decision(decision) => ResponseBody::Decision(decision),
            Self::Mcp(mcp_response) => ResponseBody::Mcp { mcp_response },
            Self::Hook(output) => ResponseBody::Hook(output),
            Self::Error(error) => {
                let response = Envelope::Error { request_id, error };
                return Input::ControlResponse { response }.write();
            }
        };
        let response = Envelope::Success {
            request_id,
            response,
        };
        Input::ControlResponse { response }.write()
    }
}

/// A line as it is written.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum Input<'a> {
    User {
        message: Message<'a>,
        parent_tool_use_id: (),
        session_id: &'static str,
        uuid: Uuid,
        #[serde(skip_serializing_if = "Option::is_none")]
        priority: Option<Priority>,
        #[serde(skip_serializing_if = "std::ops::Not::not")]
        client_composed: bool,
    },
    ControlRequest {
        request_id: &'a str,
        request: &'a Control,
    },
    ControlResponse {
        response: Envelope<'a>,
    },
}

#[derive(Serialize)]
struct Message<'a> {
    role: &'static str,
    content: &'a Content,
}

#[derive(Serialize)]
#[serde(tag = "subtype", rename_all = "snake_case")]
enum Envelope<'a> {
    Success {
        request_id: &'a str,
        response: ResponseBody<'a>,
    },
    Error {
        request_id: &'a str,
        error: &'a str,
    },
}

#[derive(Serialize)]
#[serde(untagged)]
enum ResponseBody<'a> {
    Decision(&'a Decision),
    Mcp { mcp_response: &'a Json },
    Hook(&'a Json),
}

impl Input<'_> {
    /// JSON in one line. What a host passed in may hold newlines, between its tokens only.
    fn write(&self) -> String {
        let line = serde_json::to_string(self).unwrap_or_default();
        line.replace(['\n', '\r'], " ")
    }
}
