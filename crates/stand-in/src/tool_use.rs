//! A tool call of a turn: its permission, its run, and its result.

use serde_json::{Value, json};

use crate::emit;
use crate::permissions;
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
        let (input, denied) = match self.check_permission(id, name, input)? {
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
        let in_background = input["run_in_background"] == true;
        let output = match name {
            "Bash" if in_background => self.start_task(id, &input, permissions::command(&input))?,
            "Bash" => match self.run_command(permissions::command(&input)) {
                Ok(output) => output,
                Err(Stop::Interrupted) => {
                    let text = "[Request interrupted by user for tool use]".to_owned();
                    self.emit_result(id, &ToolOutput::error(text))?;
                    return Err(Stop::Interrupted);
                }
                Err(stop) => return Err(stop),
            },
            "Glob" => tools::glob(&self.cwd, &input),
            "Read" => tools::read(&self.cwd, &input),
            _ => ToolOutput::unknown(name),
        };
        turn.in_tool = false;
        self.emit_result(id, &output)?;
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
        let reads_inside = matches!(name, "Read" | "Glob") && tools::stays_inside(&self.cwd, input);
        if reads_inside
            || self.mode == "bypassPermissions"
            || permissions::allows(&self.rules, name, input)
            || !emit::TOOLS.contains(&name)
        {
            return Ok(Permission::Allowed(input.clone()));
        }
        if !self.options.asks_permission || self.mode == "dontAsk" {
            return Ok(Permission::Denied {
                message: format!(
                    "Claude requested permissions to use {name}, but you haven't granted it yet."
                ),
                interrupt: false,
            });
        }
        let response = self.ask_host(&json!({
            "subtype": "can_use_tool",
            "tool_name": name,
            "display_name": name,
            "input": input,
            "description": input.get("description").and_then(Value::as_str).unwrap_or_default(),
            "permission_suggestions": [{
                "type": "addRules",
                "rules": [{"toolName": name, "ruleContent": permissions::command(input)}],
                "behavior": "allow",
                "destination": "session",
            }],
            "tool_use_id": id,
        }))?;
        Ok(Permission::from_response(
            &response,
            input,
            self.settings.version.has(207),
        ))
    }
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
mod tests {
    use super::*;

    #[track_caller]
    fn check(response: &Value, input_is_optional: bool, allowed: bool) {
        let input = json!({"command": "ls"});
        let permission = Permission::from_response(response, &input, input_is_optional);
        assert_eq!(
            matches!(permission, Permission::Allowed(_)),
            allowed,
            "{response}"
        );
    }

    #[test]
    fn the_input_is_required_before_2_1_207() {
        let bare = json!({"response": {"behavior": "allow"}});
        check(&bare, true, true);
        check(&bare, false, false);
        let full = json!({"response": {"behavior": "allow", "updatedInput": {}}});
        check(&full, false, true);
        check(&json!({"response": {"behavior": "deny"}}), true, false);
        check(&json!({"subtype": "error", "error": "no"}), true, false);
    }
}
