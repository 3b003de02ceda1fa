//! MCP servers that the host serves itself, over `mcp_message`.
//!
//! As in the CLI, a server is asked for its tools once: from 2.1.277 on after `initialize`, before that with the first
//! message (measured on 2.1.197, 2.1.329 and 2.1.332; the release that changed it is unknown).

use serde_json::{Value, json};

use crate::session::{Session, Stop};
use crate::tools::ToolOutput;

/// A server that the host has named.
pub(crate) struct McpServer {
    name: String,
    /// The full names of its tools; `None` before it was asked.
    tools: Option<Vec<String>>,
    /// JSON-RPC requests so far.
    requests: u64,
}

impl McpServer {
    /// The servers that an `initialize` names.
    pub(crate) fn named_in(request: &Value) -> Vec<Self> {
        let names = request.get("sdkMcpServers").and_then(Value::as_array);
        let names = names.into_iter().flatten().filter_map(Value::as_str);
        names
            .map(|name| Self {
                name: name.to_owned(),
                tools: None,
                requests: 0,
            })
            .collect()
    }

    pub(crate) fn status(&self) -> Value {
        let status = if self.tools.is_some() {
            "connected"
        } else {
            "pending"
        };
        json!({"name": self.name, "status": status})
    }
}

impl Session<'_> {
    /// The tools of all servers.
    pub(crate) fn mcp_tools(&self) -> impl Iterator<Item = &str> {
        let tools = self.mcp_servers.iter().flat_map(|server| &server.tools);
        tools.flatten().map(String::as_str)
    }

    pub(crate) fn has_mcp_tool(&self, name: &str) -> bool {
        self.mcp_tools().any(|tool| tool == name)
    }

    /// Asks each server for its tools, once.
    pub(crate) fn connect_servers(&mut self) -> Result<(), Stop> {
        for index in 0..self.mcp_servers.len() {
            if self.mcp_servers[index].tools.is_some() {
                continue;
            }
            let client = json!({"name": "stand-in", "version": "0"});
            let params =
                json!({"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": client});
            self.request(index, "initialize", &params)?;
            self.notify(index, "notifications/initialized", &json!({}))?;
            let listed = self.request(index, "tools/list", &json!({}))?;
            let server = &mut self.mcp_servers[index];
            let tools = listed["result"]["tools"].as_array();
            let names = tools
                .into_iter()
                .flatten()
                .filter_map(|tool| tool["name"].as_str());
            let names = names.map(|name| format!("mcp__{}__{name}", server.name));
            server.tools = Some(names.collect());
        }
        Ok(())
    }

    /// Calls a tool by its full name.
    pub(crate) fn call_mcp(
        &mut self,
        id: &str,
        name: &str,
        input: &Value,
    ) -> Result<ToolOutput, Stop> {
        let is_its_own =
            |server: &McpServer| server.tools.iter().flatten().any(|tool| tool == name);
        let Some(index) = self.mcp_servers.iter().position(is_its_own) else {
            return Ok(ToolOutput::unknown(name));
        };
        let prefix = format!("mcp__{}__", self.mcp_servers[index].name);
        let tool = name.strip_prefix(&prefix).unwrap_or(name);
        let params =
            json!({"name": tool, "arguments": input, "_meta": {"claudecode/toolUseId": id}});
        let answer = match self.request(index, "tools/call", &params) {
            Err(Stop::Interrupted) => {
                let request = self.mcp_servers[index].requests;
                self.notify(
                    index,
                    "notifications/cancelled",
                    &json!({"requestId": request}),
                )?;
                return Err(Stop::Interrupted);
            }
            answer => answer?,
        };
        let texts = answer["result"]["content"].as_array();
        let texts = texts
            .into_iter()
            .flatten()
            .filter_map(|block| block["text"].as_str());
        let content = texts.collect::<Vec<_>>().join("\n");
        let failed = answer["result"]["isError"] == true || answer.get("result").is_none();
        if failed {
            return Ok(ToolOutput::error(content));
        }
        Ok(ToolOutput {
            detail: answer["result"]["content"].clone(),
            content,
            is_error: false,
        })
    }

    /// Sends a request and waits for the server's answer.
    fn request(&mut self, index: usize, method: &str, params: &Value) -> Result<Value, Stop> {
        let server = &mut self.mcp_servers[index];
        server.requests += 1;
        let message =
            json!({"method": method, "params": params, "jsonrpc": "2.0", "id": server.requests});
        let request =
            json!({"subtype": "mcp_message", "server_name": server.name, "message": message});
        let response = self.ask_host(&request)?;
        Ok(response["response"]["mcp_response"].clone())
    }

    /// Sends a notification. Nobody waits for the answer that the host gives.
    fn notify(&mut self, index: usize, method: &str, params: &Value) -> Result<(), Stop> {
        let name = &self.mcp_servers[index].name;
        let message = json!({"method": method, "params": params, "jsonrpc": "2.0"});
        let request = json!({"subtype": "mcp_message", "server_name": name, "message": message});
        self.out.line(&json!({
            "type": "control_request",
            "request_id": uuid::Uuid::new_v4(),
            "request": request,
        }))?;
        Ok(())
    }
}
