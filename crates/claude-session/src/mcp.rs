//! An MCP server inside the host: what the CLI is told of its tools, and the calls that the host must answer. Pure.
//!
//! Name the server in [`Control::Initialize`](crate::protocol::Control::Initialize); pass each
//! [`Query::Mcp`](crate::protocol::Query::Mcp) to [`Server::receive`], and answer at once what is to be answered. The CLI
//! asks for the tools before its first request to the API: 2.1.197 after the first user message, later ones at their
//! start.

use rmcp::model::{
    CallToolResult, ContentBlock, EmptyResult, ErrorCode, ErrorData, Implementation,
    InitializeResult, JsonObject, ListToolsResult, MetaObject, ProtocolVersion, ServerCapabilities,
    ToolAnnotations, ToolsCapability,
};
use serde::Serialize;
use serde_json::{Value, json};

use crate::protocol::{Json, Response};

/// A server and its tools.
#[derive(Debug, Clone, PartialEq)]
pub struct Server {
    /// The model calls a tool `mcp__<server>__<tool>`.
    pub name: &'static str,
    /// What the model is told of the server.
    pub instructions: &'static str,
    pub tools: Vec<Tool>,
}

/// A tool as the model sees it.
#[derive(Debug, Clone, PartialEq)]
pub struct Tool {
    pub name: &'static str,
    pub description: &'static str,
    /// The JSON schema of its input.
    pub input: Value,
    /// Whether it changes nothing, so that several calls may run at the same time.
    pub is_read_only: bool,
}

/// What a message of the CLI asks for.
#[derive(Debug, Clone, PartialEq)]
pub enum Incoming {
    /// Nothing but this answer.
    Answered(Response),
    /// A call. Its answer may take as long as it needs.
    Call(ToolCall),
    /// The CLI no longer waits for the call with this id. Send this answer, and none to the call.
    Cancelled { call: Json, answer: Response },
}

/// A call of one of the server's tools.
#[derive(Debug, Clone, PartialEq)]
pub struct ToolCall {
    /// The id of the JSON-RPC request.
    pub id: Json,
    pub tool: String,
    pub arguments: Json,
    /// The id of the model's tool use.
    pub tool_use_id: Option<String>,
}

impl Server {
    /// The tool's name in allow rules and tool uses.
    pub fn full_name(&self, tool: &str) -> String {
        format!("mcp__{}__{tool}", self.name)
    }

    /// Reads a JSON-RPC message. What it lacks is taken as empty, so that a CLI that says more or less is served too.
    pub fn receive(&self, message: &Json) -> Incoming {
        let id = message.get("id");
        let method: String = message.get("method").read();
        let params = message.get("params");
        Incoming::Answered(match method.as_str() {
            "initialize" => result(&id, &self.initialized(&params.get("protocolVersion"))),
            "tools/list" => result(&id, &self.tools()),
            "ping" => result(&id, &EmptyResult {}),
            "tools/call" => {
                return Incoming::Call(ToolCall {
                    id,
                    tool: params.get("name").read(),
                    arguments: params.get("arguments"),
                    tool_use_id: params.get("_meta").get("claudecode/toolUseId").text(),
                });
            }
            "notifications/cancelled" => {
                return Incoming::Cancelled {
                    call: params.get("requestId"),
                    answer: result(&id, &EmptyResult {}),
                };
            }
            // Other notifications. The CLI waits for an answer to them too.
            _ if id.is_null() => result(&id, &EmptyResult {}),
            _ => {
                let error = ErrorData::new(ErrorCode::METHOD_NOT_FOUND, "method not found", None);
                answer(&id, "error", &error)
            }
        })
    }

    fn initialized(&self, protocol: &Json) -> InitializeResult {
        let mut capabilities = ServerCapabilities::default();
        capabilities.tools = Some(ToolsCapability::default());
        let asked = serde_json::from_str(protocol.as_str());
        InitializeResult::new(capabilities)
            .with_protocol_version(asked.unwrap_or(ProtocolVersion::V_2025_11_25))
            .with_server_info(Implementation::new(self.name, env!("CARGO_PKG_VERSION")))
            .with_instructions(self.instructions)
    }

    fn tools(&self) -> ListToolsResult {
        let mut listed =
            ListToolsResult::with_all_items(self.tools.iter().map(Tool::described).collect());
        // Versions of MCP that have a handshake do not know this field.
        listed.result_type = None;
        listed
    }
}

impl Tool {
    fn described(&self) -> rmcp::model::Tool {
        let input: JsonObject = self.input.as_object().cloned().unwrap_or_default();
        let mut tool = rmcp::model::Tool::new(self.name, self.description, input)
            .with_annotations(ToolAnnotations::new().read_only(self.is_read_only));
        // It stands in every request, even where the CLI has the model search for tools.
        let mut meta = MetaObject::default();
        meta.insert("anthropic/alwaysLoad".into(), true.into());
        tool.meta = Some(meta);
        tool
    }
}

impl ToolCall {
    /// The answer: a text for the model, or why the call failed.
    pub fn answer(&self, outcome: &Result<String, String>) -> Response {
        let (Ok(text) | Err(text)) = outcome;
        let mut said = CallToolResult::success(vec![ContentBlock::text(text)]);
        said.is_error = Some(outcome.is_err());
        said.result_type = None;
        result(&self.id, &said)
    }
}

fn result(id: &Json, body: &impl Serialize) -> Response {
    answer(id, "result", body)
}

/// `rmcp` has no answer without an id, which a notification is answered with.
fn answer(id: &Json, kind: &str, body: &impl Serialize) -> Response {
    let mut answer = json!({ "jsonrpc": "2.0", kind: body });
    if !id.is_null() {
        answer["id"] = serde_json::from_str(id.as_str()).unwrap_or_default();
    }
    Response::Mcp(Json::of(&answer).unwrap_or_default())
}

#[cfg(test)]
mod tests;
