//! The CLI's control requests, each of which needs an answer.

use std::collections::BTreeMap;

use super::{
    from_json::wire,
    json::Json,
    request::PermissionMode,
    response::{Decision, Response},
};

/// `control_request`: the CLI asks the host. The turn waits for the answer without a timeout.
#[derive(Debug, Clone, PartialEq)]
pub struct ControlRequest {
    /// The id to use in the answer.
    pub request_id: String,
    pub query: Query,
}

/// What the CLI asks.
#[derive(Debug, Clone, PartialEq)]
pub enum Query {
    /// `can_use_tool`: may this tool run? Answer with a [`Decision`].
    Permission(Box<PermissionRequest>),
    /// `mcp_message`: a JSON-RPC message for one of the host's MCP servers. Answer with [`Response::Mcp`].
    Mcp { server: String, message: Json },
    /// `hook_callback`: calls one of the host's hooks. Answer with [`Response::Hook`].
    Hook {
        /// The id under which the hook was registered.
        callback_id: String,
        /// The tool call that the hook is about, if there is one.
        tool_use_id: Option<String>,
        input: Json,
    },
    /// Anything else. Answer with [`Response::Error`] if the host does not know it.
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

    /// Its name in the protocol.
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
    /// The questions of the tool `AskUserQuestion`; empty for other tools.
    pub fn questions(&self) -> Vec<Question> {
        if self.tool_name != "AskUserQuestion" {
            return Vec::new();
        }
        self.input.get("questions").read()
    }

    /// The plan of the tool `ExitPlanMode`, if the CLI has sent it.
    pub fn plan(&self) -> Option<String> {
        let is_plan = self.tool_name == "ExitPlanMode";
        is_plan.then(|| self.input.get("plan").text()).flatten()
    }

    /// Lets the tool run with its input unchanged.
    pub fn allow(&self) -> Response {
        allow(self.input.clone(), Vec::new())
    }

    /// Lets the tool run, and similar calls for the rest of the process's life: accepts all suggestions with `session` as
    /// their destination. Other destinations are files that the CLI does not read.
    pub fn allow_for_session(&self) -> Response {
        let suggestions = self.suggestions.iter().filter_map(for_session);
        allow(self.input.clone(), suggestions.collect())
    }

    /// Lets the tool run, and what this rule allows for the rest of the process's life. `content` is what the rule has in
    /// parentheses.
    pub fn allow_with_rule(&self, tool: &str, content: Option<&str>) -> Response {
        let mut rule = BTreeMap::from([("toolName", tool)]);
        rule.extend(content.map(|content| ("ruleContent", content)));
        let update = serde_json::json!({
            "type": "addRules",
            "rules": [rule],
            "behavior": "allow",
            "destination": "session",
        });
        allow(self.input.clone(), Json::of(&update).into_iter().collect())
    }

    /// Lets the tool run, and changes the permission mode. For [`PermissionRequest::plan`], which ends plan mode.
    pub fn allow_in_mode(&self, mode: PermissionMode) -> Response {
        let update =
            serde_json::json!({ "type": "setMode", "mode": mode, "destination": "session" });
        allow(self.input.clone(), Json::of(&update).into_iter().collect())
    }

    /// The allow rules that the CLI suggests: the tool, and what the rule has in parentheses.
    pub fn suggested_rules(&self) -> Vec<(String, Option<String>)> {
        let added = self.suggestions.iter().filter(|suggestion| {
            suggestion.get("type").is("addRules") && suggestion.get("behavior").is("allow")
        });
        let rules = added.filter_map(|suggestion| suggestion.get("rules").entries());
        let rules = rules.flatten().filter_map(|rule| {
            let [tool, content] = rule.pick(["toolName", "ruleContent"]);
            Some((tool.text()?, content.text()))
        });
        rules.collect()
    }

    /// Denies the call; the model reads the message and goes on.
    pub fn deny(&self, message: impl Into<String>) -> Response {
        Response::Decision(Decision::Deny {
            message: message.into(),
            interrupt: false,
        })
    }

    /// Answers [`PermissionRequest::questions`]: maps each question's text to a label, several labels separated by commas,
    /// or free text. A question without an answer counts as not answered.
    pub fn answer(&self, answers: &BTreeMap<String, String>) -> Response {
        let questions = self.input.get("questions");
        let answers = Json::of(answers).unwrap_or_default();
        let input = BTreeMap::from([("questions", questions), ("answers", answers)]);
        allow(Json::of(&input).unwrap_or_default(), Vec::new())
    }
}

fn allow(updated_input: Json, updated_permissions: Vec<Json>) -> Response {
    Response::Decision(Decision::Allow {
        updated_input,
        updated_permissions,
    })
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
