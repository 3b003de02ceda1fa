//! Control requests of the CLI's, each of which waits for an answer.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    json::Json,
    response::{Decision, Response},
};

/// `control_request`: the CLI asks the host. The turn waits for the answer; there is no timeout.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ControlRequest {
    /// To be repeated in the answer.
    pub request_id: String,
    /// What it asks.
    pub query: Query,
}

/// What the CLI asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Query {
    /// `can_use_tool`: may this tool run? To be answered with a [`Decision`].
    Permission(Box<PermissionRequest>),
    /// `mcp_message`: a JSON-RPC message for an MCP server of the host's. To be answered with [`Response::Mcp`].
    Mcp {
        /// The server.
        server: String,
        /// The JSON-RPC message.
        message: Json,
    },
    /// `hook_callback`: a hook of the host's is called. To be answered with [`Response::Hook`].
    Hook {
        /// The id under which the hook was registered.
        callback_id: String,
        /// The call of the tool, if it is about one.
        tool_use_id: Option<String>,
        /// The hook's input.
        input: Json,
    },
    /// Anything else. To be answered with [`Response::Error`] if the host does not know it.
    Other {
        /// The `subtype`.
        subtype: String,
        /// The whole request.
        request: Json,
    },
}

/// `can_use_tool`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PermissionRequest {
    /// The tool's name.
    pub tool_name: String,
    /// The tool's name for people.
    pub display_name: Option<String>,
    /// The tool's input, whole.
    pub input: Json,
    /// What the call does, in one line.
    pub description: Option<String>,
    /// Rules, folders and modes that would make such questions unnecessary, as the CLI suggests them.
    pub suggestions: Vec<Json>,
    /// The path that the tool may not touch without permission.
    pub blocked_path: Option<String>,
    /// Why the CLI asks.
    pub decision_reason: Option<String>,
    /// The same as one of a few words: `rule`, `workingDir`, `other`, ...
    pub decision_reason_type: Option<String>,
    /// The call.
    pub tool_use_id: String,
    /// The subagent that calls.
    pub agent_id: Option<String>,
}

/// A question of the tool `AskUserQuestion`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Question {
    /// The question; the answer is filed under it.
    pub question: String,
    /// A few words that stand for it.
    pub header: String,
    /// The answers to choose from; free text is allowed too.
    pub options: Vec<Choice>,
    /// Whether several may be chosen.
    pub is_multi_select: bool,
}

/// An answer to choose.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Choice {
    /// The answer.
    pub label: String,
    /// What it means.
    pub description: String,
}

impl ControlRequest {
    pub(super) fn read(value: &Json) -> Self {
        let [request_id, request] = value.pick(["request_id", "request"]);
        Self {
            request_id: request_id.text().unwrap_or_default(),
            query: Query::read(request),
        }
    }
}

impl Query {
    fn read(request: Json) -> Self {
        let subtype = request.get("subtype").text().unwrap_or_default();
        match subtype.as_str() {
            "can_use_tool" => Self::Permission(Box::new(PermissionRequest::read(&request))),
            "mcp_message" => {
                let [server, message] = request.pick(["server_name", "message"]);
                Self::Mcp {
                    server: server.text().unwrap_or_default(),
                    message,
                }
            }
            "hook_callback" => {
                let [id, tool_use, input] = request.pick(["callback_id", "tool_use_id", "input"]);
                Self::Hook {
                    callback_id: id.text().unwrap_or_default(),
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
    fn read(request: &Json) -> Self {
        let [tool, display, input, description, suggestions] = request.pick([
            "tool_name",
            "display_name",
            "input",
            "description",
            "permission_suggestions",
        ]);
        let [path, reason, reason_type, tool_use, agent] = request.pick([
            "blocked_path",
            "decision_reason",
            "decision_reason_type",
            "tool_use_id",
            "agent_id",
        ]);
        Self {
            tool_name: tool.text().unwrap_or_default(),
            display_name: display.text(),
            input,
            description: description.text(),
            suggestions: suggestions.entries().unwrap_or_default(),
            blocked_path: path.text(),
            decision_reason: reason.text(),
            decision_reason_type: reason_type.text(),
            tool_use_id: tool_use.text().unwrap_or_default(),
            agent_id: agent.text(),
        }
    }

    /// The questions, if the tool is `AskUserQuestion`; none for other tools.
    #[must_use]
    pub fn questions(&self) -> Vec<Question> {
        if self.tool_name != "AskUserQuestion" {
            return Vec::new();
        }
        let questions = self.input.get("questions").entries().unwrap_or_default();
        questions.iter().map(Question::read).collect()
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

impl Question {
    fn read(value: &Json) -> Self {
        let [question, header, options, multi] =
            value.pick(["question", "header", "options", "multiSelect"]);
        let options = options.entries().unwrap_or_default();
        let options = options.iter().map(|option| {
            let [label, description] = option.pick(["label", "description"]);
            Choice {
                label: label.text().unwrap_or_default(),
                description: description.text().unwrap_or_default(),
            }
        });
        Self {
            question: question.text().unwrap_or_default(),
            header: header.text().unwrap_or_default(),
            options: options.collect(),
            is_multi_select: multi.bool().unwrap_or(false),
        }
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
