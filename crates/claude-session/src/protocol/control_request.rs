//! Control requests of the CLI's, each of which waits for an answer.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    from_json::wire,
    json::Json,
    response::{Decision, Response},
};

/// `control_request`: the CLI asks the host. The turn waits for the answer; there is no timeout.
#[derive(Debug, Clone, PartialEq)]
pub struct ControlRequest {
    /// To be repeated in the answer.
    pub request_id: String,
    pub query: Query,
}

/// What the CLI asks.
#[derive(Debug, Clone, PartialEq)]
pub enum Query {
    /// `can_use_tool`: may this tool run? To be answered with a [`Decision`].
    Permission(Box<PermissionRequest>),
    /// `mcp_message`: a JSON-RPC message for an MCP server of the host's. To be answered with [`Response::Mcp`].
    Mcp { server: String, message: Json },
    /// `hook_callback`: a hook of the host's is called. To be answered with [`Response::Hook`].
    Hook {
        /// The id under which the hook was registered.
        callback_id: String,
        /// The call of the tool, if it is about one.
        tool_use_id: Option<String>,
        input: Json,
    },
    /// Anything else. To be answered with [`Response::Error`] if the host does not know it.
    Other { subtype: String, request: Json },
}

wire! {
    /// `can_use_tool`.
    pub struct PermissionRequest {
        tool_name: String,
        /// The tool's name for people.
        display_name: Option<String>,
        input: Json,
        /// What the call does, in one line.
        description: Option<String>,
        /// Rules, folders and modes that the CLI suggests so that it need not ask again.
        suggestions: Vec<Json> = "permission_suggestions",
        /// The path that the tool may not touch without permission.
        blocked_path: Option<String>,
        decision_reason: Option<String>,
        /// The kind of reason: `rule`, `workingDir`, `other`, ...
        decision_reason_type: Option<String>,
        tool_use_id: String,
        /// The subagent that makes the call.
        agent_id: Option<String>,
    }

    /// A question of the tool `AskUserQuestion`.
    pub struct Question {
        /// The question; the answer is filed under it.
        question: String,
        /// A short label for it.
        header: String,
        /// The answers to choose from; free text is allowed too.
        options: Vec<Choice>,
        is_multi_select: bool = "multiSelect",
    }

    /// An answer to choose.
    pub struct Choice {
        label: String,
        description: String,
    }
}

impl ControlRequest {
    pub(super) fn read(value: &Json) -> Self {
        let [request_id, request] = value.pick(["request_id", "request"]);
        Self {
            request_id: request_id.read(),
            query: Query::read(request),
        }
    }
}

impl Query {
    fn read(request: Json) -> Self {
        let subtype: String = request.get("subtype").read();
        match subtype.as_str() {
            "can_use_tool" => Self::Permission(Box::new(request.read())),
            "mcp_message" => {
                let [server, message] = request.pick(["server_name", "message"]);
                Self::Mcp {
                    server: server.read(),
                    message,
                }
            }
            "hook_callback" => {
                let [id, tool_use, input] = request.pick(["callback_id", "tool_use_id", "input"]);
                Self::Hook {
                    callback_id: id.read(),
                    tool_use_id: tool_use.text(),
                    input,
                }
            }
            _ => Self::Other { subtype, request },
        }
    }

    /// The wire's name for it.
    #[must_use]
    pub fn subtype(&self) -> &str {
        match self {
            Self::Permission(_) => "can_use_tool",
            Self::Mcp { .. } => "mcp_message",
            Self::Hook { .. } => "hook_callback",
            Self::Other { subtype, .. } => subtype,
        }
    }
}

impl PermissionRequest {
    /// The questions, if the tool is `AskUserQuestion`; none for other tools.
    #[must_use]
    pub fn questions(&self) -> Vec<Question> {
        if self.tool_name != "AskUserQuestion" {
            return Vec::new();
        }
        self.input.get("questions").read()
    }

    /// The plan, if the tool is `ExitPlanMode` and the CLI has sent it.
    #[must_use]
    pub fn plan(&self) -> Option<String> {
        let is_plan = self.tool_name == "ExitPlanMode";
        is_plan.then(|| self.input.get("plan").text()).flatten()
    }

    /// Lets the tool run with the input that it has.
    #[must_use]
    pub fn allow(&self) -> Response {
        Response::Decision(Decision::Allow {
            updated_input: self.input.clone(),
            updated_permissions: Vec::new(),
        })
    }

    /// Lets the tool run, and similar calls for the rest of the process's life: all suggestions are accepted, with
    /// `session` as their destination. Other destinations write files that the CLI then does not read.
    #[must_use]
    pub fn allow_for_session(&self) -> Response {
        Response::Decision(Decision::Allow {
            updated_input: self.input.clone(),
            updated_permissions: self.suggestions.iter().filter_map(for_session).collect(),
        })
    }

    /// Refuses; the model reads the message and goes on.
    #[must_use]
    pub fn deny(&self, message: impl Into<String>) -> Response {
        Response::Decision(Decision::Deny {
            message: message.into(),
            interrupt: false,
        })
    }

    /// Answers [`PermissionRequest::questions`]: for each question's text a label, several separated by commas, or free
    /// text. A question without an answer counts as not answered.
    #[must_use]
    pub fn answer(&self, answers: BTreeMap<String, String>) -> Response {
        #[derive(Serialize)]
        struct Answered {
            questions: Json,
            answers: BTreeMap<String, String>,
        }
        let answered = Answered {
            questions: self.input.get("questions"),
            answers,
        };
        Response::Decision(Decision::Allow {
            updated_input: Json::of(&answered).unwrap_or_default(),
            updated_permissions: Vec::new(),
        })
    }
}

/// A suggestion with `session` as its destination.
fn for_session(suggestion: &Json) -> Option<Json> {
    suggestion.get("type").text()?;
    let mut members: BTreeMap<_, _> = suggestion.members().into_iter().collect();
    members.insert("destination".into(), Json::of(&"session")?);
    Json::of(&members)
}

#[cfg(test)]
mod tests;
