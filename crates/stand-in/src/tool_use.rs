//! A tool call of a turn: its permission, its run, and its result.

use serde_json::{Value, json};

use crate::edits;
use crate::emit;
use crate::permissions;
use crate::question;
use crate::session::{Session, Stop};
use crate::shell::Shell;
use crate::tools::{self, ToolOutput};
use crate::turn::Turn;

impl Session<'_> {
    /// Runs a tool if it is permitted, and emits its result.
    pub(crate) fn use_tool(
        &mut self,
        turn: &mut Turn,
        id: &str,
        name: &str,
        input: &Value,
    ) -> Result<ToolOutput, Stop> {
        if emit::TOOLS.contains(&name) && !self.tools.contains(&name) {
            let output = ToolOutput::unknown(name);
            self.emit_result(id, &output)?;
            return Ok(output);
        }
        let denial = json!({"tool_name": name, "tool_use_id": id, "tool_input": input});
        let permission = self.check_permission(id, name, input);
        if let Err(Stop::Cut) = permission {
            let text = "Tool permission request aborted".to_owned();
            self.emit_result(id, &ToolOutput::error(text))?;
            turn.in_tool = true;
        }
        let (input, denied) = match permission? {
            Permission::Allowed(input) => (input, None),
            Permission::Denied { message, interrupt } => (Value::Null, Some((message, interrupt))),
        };
        if let Some((message, interrupt)) = denied {
            turn.tally.denials.push(denial);
            let output = ToolOutput::error(message);
            self.emit_result(id, &output)?;
            turn.in_tool = interrupt;
            return if interrupt {
                Err(Stop::Interrupted)
            } else {
                Ok(output)
            };
        }
        turn.in_tool = true;
        self.enter_tool();
        let in_background = input["run_in_background"] == true;
        let output = match name {
            "Agent" => self.run_subagent(id, &input),
            "Bash" if in_background => self.start_task(id, &input, permissions::command(&input)),
            "Bash" => self.run_command(permissions::command(&input)),
            "AskUserQuestion" => Ok(question::answered(&input)),
            "EnterPlanMode" => self.set_mode("plan").map(|()| question::planning()),
            "ExitPlanMode" => Ok(question::approved()),
            "Edit" => Ok(edits::edit(&self.cwd, &input)),
            "Glob" => Ok(tools::glob(&self.cwd, &input)),
            "Read" => Ok(tools::read(&self.cwd, &input)),
            "TaskCreate" => Ok(self.todos.create(&input)),
            "TaskUpdate" => Ok(self.todos.update(&input)),
            "Write" => Ok(edits::write(&self.cwd, &input)),
            _ => self.call_mcp(id, name, &input),
        };
        if let Err(Stop::Interrupted) = output {
            let text = "[Request interrupted by user for tool use]".to_owned();
            self.emit_result(id, &ToolOutput::error(text))?;
        }
        let output = output?;
        self.emit_result(id, &output)?;
        self.leave_tool()?;
        turn.in_tool = false;
        Ok(output)
    }

    fn emit_result(&mut self, id: &str, output: &ToolOutput) -> Result<(), Stop> {
        let ToolOutput {
            content,
            is_error,
            detail,
        } = output;
        self.out.tool_result(id, content, *is_error, detail)?;
        Ok(())
    }

    fn run_command(&mut self, command: &str) -> Result<ToolOutput, Stop> {
        let mut shell = match Shell::start(command, &self.cwd, self.env) {
            Ok(shell) => shell,
            Err(error) => return Ok(ToolOutput::error(format!("Bash cannot start: {error}"))),
        };
        loop {
            if let Some(finished) = shell.poll()? {
                return Ok(ToolOutput::command(finished));
            }
            if let Err(stop) = self.poll_input() {
                shell.kill()?;
                return Err(stop);
            }
        }
    }

    /// Whether a tool call may run, by a rule or by the host's decision.
    fn check_permission(
        &mut self,
        id: &str,
        name: &str,
        input: &Value,
    ) -> Result<Permission, Stop> {
        if self.mode == "bypassPermissions" || self.is_allowed(name, input) {
            return Ok(Permission::Allowed(input.clone()));
        }
        if !self.options.asks_permission || self.mode == "dontAsk" {
            let what = match name {
                "Edit" | "Write" => {
                    format!("write to {}", tools::target(&self.cwd, input).display())
                }
                _ => format!("use {name}"),
            };
            return Ok(Permission::Denied {
                message: format!(
                    "Claude requested permissions to {what}, but you haven't granted it yet."
                ),
                interrupt: false,
            });
        }
        let ask = self.permission_ask(id, name, input);
        let response = self.ask_host(&ask)?;
        self.rules.extend(granted_rules(&response));
        let is_allowed = response["response"]["behavior"] == "allow";
        match granted_mode(&response) {
            Some(mode) => self.set_mode(mode)?,
            None if is_allowed && name == "ExitPlanMode" => self.set_mode("default")?,
            None => {}
        }
        Ok(Permission::from_response(
            &response,
            input,
            self.settings.version.has(207),
        ))
    }

    /// Whether a call runs without an ask.
    fn is_allowed(&self, name: &str, input: &Value) -> bool {
        let inside = || tools::stays_inside(&self.cwd, input);
        let has_rule = |tool| permissions::allows(&self.rules, tool, input);
        match name {
            "AskUserQuestion" | "ExitPlanMode" => false,
            "EnterPlanMode" | "Agent" | "TaskCreate" | "TaskUpdate" => true,
            "Glob" | "Read" if inside() => true,
            "Edit" | "Write" => {
                let is_ruled = has_rule("Edit") || has_rule(name);
                inside() && (is_ruled || self.mode == "acceptEdits")
            }
            _ => {
                let exists = emit::TOOLS.contains(&name) || self.has_mcp_tool(name);
                has_rule(name) || !exists
            }
        }
    }

    /// The `can_use_tool` request for a call.
    fn permission_ask(&self, id: &str, name: &str, input: &Value) -> Value {
        let mut ask = json!({
            "subtype": "can_use_tool",
            "tool_name": name,
            "display_name": name,
            "input": input,
        });
        let path = tools::target(&self.cwd, input);
        match name {
            "AskUserQuestion" | "ExitPlanMode" => {
                if self.settings.version.has(329) {
                    ask["requires_user_interaction"] = true.into();
                }
            }
            "Edit" | "Write" => {
                ask["description"] = input["file_path"].clone();
                ask["permission_suggestions"] =
                    json!([{"type": "setMode", "mode": "acceptEdits", "destination": "session"}]);
                ask["blocked_path"] = path.to_string_lossy().into();
                if !tools::stays_inside(&self.cwd, input) {
                    ask["decision_reason"] = "Path is outside allowed working directories".into();
                    ask["decision_reason_type"] = "workingDir".into();
                }
            }
            _ => {
                let description = input.get("description").and_then(Value::as_str);
                ask["description"] = description.unwrap_or_default().into();
                ask["permission_suggestions"] = json!([{
                    "type": "addRules",
                    "rules": [{"toolName": name, "ruleContent": permissions::command(input)}],
                    "behavior": "allow",
                    "destination": "localSettings",
                }]);
            }
        }
        ask["tool_use_id"] = id.into();
        ask
    }
}

/// The rules that the host adds with its answer. They hold from the next call on.
fn granted_rules(response: &Value) -> Vec<String> {
    let updates = response["response"]["updatedPermissions"].as_array();
    let added = updates.into_iter().flatten().filter(|update| {
        update["type"] == "addRules"
            && update["behavior"] == "allow"
            && update["destination"] == "session"
    });
    let rules = added.flat_map(|update| update["rules"].as_array().into_iter().flatten());
    rules
        .filter_map(|rule| {
            let tool = rule["toolName"].as_str()?;
            Some(match rule["ruleContent"].as_str() {
                Some(content) => format!("{tool}({content})"),
                None => tool.to_owned(),
            })
        })
        .collect()
}

/// The mode that the host sets with its answer.
fn granted_mode(response: &Value) -> Option<&str> {
    let updates = response["response"]["updatedPermissions"].as_array()?;
    let set = updates.iter().find(|update| update["type"] == "setMode")?;
    set["mode"].as_str()
}

/// Whether a tool call may run.
enum Permission {
    /// It may, with this input.
    Allowed(Value),
    /// It may not, for this reason.
    Denied { message: String, interrupt: bool },
}

impl Permission {
    /// Parses the host's response to `can_use_tool`.
    fn from_response(response: &Value, input: &Value, input_is_optional: bool) -> Self {
        let body = response.get("response").unwrap_or(&Value::Null);
        let text =
            |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
        let updated = body.get("updatedInput").filter(|input| input.is_object());
        match (text(body, "behavior").as_deref(), updated) {
            (Some("allow"), Some(updated)) => Self::Allowed(updated.clone()),
            (Some("allow"), None) if input_is_optional => Self::Allowed(input.clone()),
            (Some("allow"), None) => Self::Denied {
                message: "ZodError: updatedInput is required".to_owned(),
                interrupt: false,
            },
            _ => Self::Denied {
                message: text(body, "message")
                    .or_else(|| text(response, "error"))
                    .unwrap_or_else(|| "The host denied permission.".to_owned()),
                interrupt: body.get("interrupt").and_then(Value::as_bool) == Some(true),
            },
        }
    }
}

#[cfg(test)]
mod tests;
