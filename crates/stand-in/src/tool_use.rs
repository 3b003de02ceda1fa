//! A tool call of a turn: whether it is permitted, its run, and the telling of its result.

use serde_json::{Value, json};

use crate::emit;
use crate::permissions;
use crate::session::{Session, Stop};
use crate::shell::Shell;
use crate::tools::{self, ToolOutput};
use crate::turn::Turn;

impl Session<'_> {
    /// Runs a tool, if that is permitted, and tells its result.
    pub(crate) fn use_tool(
        &mut self,
        turn: &mut Turn,
        id: &str,
        name: &str,
        input: &Value,
    ) -> Result<ToolOutput, Stop> {
        if emit::TOOLS.contains(&name) && !self.tools.contains(&name) {
            let output = ToolOutput::unknown(name);
            self.tell(id, &output)?;
            return Ok(output);
        }
        let denial = json!({"tool_name": name, "tool_use_id": id, "tool_input": input});
        let (input, refused) = match self.permit(id, name, input)? {
            Permit::Given(input) => (input, None),
            Permit::Refused { message, interrupt } => (Value::Null, Some((message, interrupt))),
        };
        if let Some((message, interrupt)) = refused {
            turn.tally.denials.push(denial);
            let output = ToolOutput::error(message);
            self.tell(id, &output)?;
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
                    self.tell(id, &ToolOutput::error(text))?;
                    return Err(Stop::Interrupted);
                }
                Err(stop) => return Err(stop),
            },
            "Glob" => tools::glob(&self.cwd, &input),
            "Read" => tools::read(&self.cwd, &input),
            _ => ToolOutput::unknown(name),
        };
        turn.in_tool = false;
        self.tell(id, &output)?;
        Ok(output)
    }

    fn tell(&mut self, id: &str, output: &ToolOutput) -> Result<(), Stop> {
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
            if let Err(stop) = self.glance() {
                shell.kill()?;
                return Err(stop);
            }
        }
    }

    /// Whether a tool call may run, by rule or by the host's word.
    fn permit(&mut self, id: &str, name: &str, input: &Value) -> Result<Permit, Stop> {
        let reads_inside = matches!(name, "Read" | "Glob") && tools::stays_inside(&self.cwd, input);
        if reads_inside
            || self.mode == "bypassPermissions"
            || permissions::allows(&self.rules, name, input)
            || !emit::TOOLS.contains(&name)
        {
            return Ok(Permit::Given(input.clone()));
        }
        if !self.options.asks_permission || self.mode == "dontAsk" {
            return Ok(Permit::Refused {
                message: format!(
                    "Claude requested permissions to use {name}, but you haven't granted it yet."
                ),
                interrupt: false,
            });
        }
        let answer = self.ask_host(&json!({
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
        Ok(Permit::from_answer(
            &answer,
            input,
            self.settings.version.has(207),
        ))
    }
}

/// Whether a tool call may run.
enum Permit {
    /// It may, with this input.
    Given(Value),
    /// It may not, for this reason.
    Refused { message: String, interrupt: bool },
}

impl Permit {
    /// Reads the host's answer to `can_use_tool`.
    fn from_answer(answer: &Value, input: &Value, input_is_optional: bool) -> Self {
        let body = answer.get("response").unwrap_or(&Value::Null);
        let text =
            |value: &Value, key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
        let updated = body.get("updatedInput").filter(|input| input.is_object());
        match (text(body, "behavior").as_deref(), updated) {
            (Some("allow"), Some(updated)) => Self::Given(updated.clone()),
            (Some("allow"), None) if input_is_optional => Self::Given(input.clone()),
            (Some("allow"), None) => Self::Refused {
                message: "ZodError: updatedInput is required".to_owned(),
                interrupt: false,
            },
            _ => Self::Refused {
                message: text(body, "message")
                    .or_else(|| text(answer, "error"))
                    .unwrap_or_else(|| "The host gave no permission.".to_owned()),
                interrupt: body.get("interrupt").and_then(Value::as_bool) == Some(true),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_permit(answer: &Value, input_is_optional: bool, given: bool) {
        let input = json!({"command": "ls"});
        let permit = Permit::from_answer(answer, &input, input_is_optional);
        assert_eq!(matches!(permit, Permit::Given(_)), given, "{answer}");
    }

    #[test]
    fn a_host_must_repeat_the_input_before_2_1_207() {
        let bare = json!({"response": {"behavior": "allow"}});
        check_permit(&bare, true, true);
        check_permit(&bare, false, false);
        let full = json!({"response": {"behavior": "allow", "updatedInput": {}}});
        check_permit(&full, false, true);
        check_permit(&json!({"response": {"behavior": "deny"}}), true, false);
        check_permit(&json!({"subtype": "error", "error": "no"}), true, false);
    }
}
