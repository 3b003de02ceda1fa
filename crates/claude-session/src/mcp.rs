//! An MCP server inside the host: what the CLI is told of its tools, and the calls that the host must answer. Pure.
//!
//! Name the server in [`Control::Initialize`](crate::protocol::Control::Initialize); pass each
//! [`Query::Mcp`](crate::protocol::Query::Mcp) to [`Server::receive`], and answer at once what is to be answered. The CLI
//! asks for the tools before its first request to the API: 2.1.197 after the first user message, later ones at their
//! start.

use serde_json::{Value, json};

use crate::protocol::{Json, Response};

/// The version of MCP that is spoken if the CLI does not name one.
const PROTOCOL: &str = "2025-11-25";

/// JSON-RPC: the server has no such method.
const METHOD_NOT_FOUND: i32 = -32_601;

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

    /// Reads a JSON-RPC message.
    pub fn receive(&self, message: &Json) -> Incoming {
        let id = message.get("id");
        let method: String = message.get("method").read();
        let params = message.get("params");
        let result = match method.as_str() {
            "initialize" => self.initialized(&params.get("protocolVersion")),
            "tools/list" => self.tools(),
            "ping" => json!({}),
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
                    answer: answer(&id, "result", json!({})),
                };
            }
            // Other notifications. The CLI waits for an answer to them too.
            _ if id.is_null() => json!({}),
            _ => {
                let error = json!({ "code": METHOD_NOT_FOUND, "message": "method not found" });
                return Incoming::Answered(answer(&id, "error", error));
            }
        };
        Incoming::Answered(answer(&id, "result", result))
    }

    fn initialized(&self, protocol: &Json) -> Value {
        json!({
            "protocolVersion": protocol.text().unwrap_or_else(|| PROTOCOL.to_owned()),
            "capabilities": { "tools": {} },
            "serverInfo": { "name": self.name, "version": env!("CARGO_PKG_VERSION") },
            "instructions": self.instructions,
        })
    }

    fn tools(&self) -> Value {
        let tools = self.tools.iter().map(|tool| {
            json!({
                "name": tool.name,
                "description": tool.description,
                "inputSchema": tool.input,
                "annotations": { "readOnlyHint": tool.is_read_only },
                // It stands in every request, even where the CLI has the model search for tools.
                "_meta": { "anthropic/alwaysLoad": true },
            })
        });
        json!({ "tools": tools.collect::<Vec<_>>() })
    }
}

impl ToolCall {
    /// The answer: a text for the model, or why the call failed.
    pub fn answer(&self, result: &Result<String, String>) -> Response {
        let (Ok(text) | Err(text)) = result;
        let content = json!([{ "type": "text", "text": text }]);
        let result = json!({ "content": content, "isError": result.is_err() });
        answer(&self.id, "result", result)
    }
}

fn answer(id: &Json, kind: &str, body: Value) -> Response {
    let mut answer = json!({ "jsonrpc": "2.0" });
    answer[kind] = body;
    if !id.is_null() {
        answer["id"] = serde_json::from_str(id.as_str()).unwrap_or_default();
    }
    Response::Mcp(Json::of(&answer).unwrap_or_default())
}

#[cfg(test)]
mod tests;
