//! Background commands of the Bash tool, and the turns that report their end.
//!
//! As on 2.1.197 and 2.1.329: `task_started` and the tool's result come immediately; after the command's end come
//! `task_updated`, `task_notification`, and a turn that the CLI starts itself, whose `result` has an `origin`.
//! 2.1.329 also lists the running tasks after every change, and marks the tasks that it starts.

use std::io;

use serde_json::{Value, json};

use crate::emit;
use crate::input::UserLine;
use crate::outcome::Ending;
use crate::responder::Piece;
use crate::session::{Session, Stop};
use crate::shell::{Finished, Shell};
use crate::tools::ToolOutput;

/// A background command.
pub(crate) struct Task {
    id: String,
    tool_use_id: String,
    description: String,
    shell: Shell,
}

impl Session<'_> {
    /// Starts a background command. Returns the tool's output.
    pub(crate) fn start_task(
        &mut self,
        tool_use_id: &str,
        input: &Value,
        command: &str,
    ) -> Result<ToolOutput, Stop> {
        let shell = match Shell::start(command, &self.cwd, self.env) {
            Ok(shell) => shell,
            Err(error) => return Ok(ToolOutput::error(format!("Bash cannot start: {error}"))),
        };
        let description = input.get("description").and_then(Value::as_str);
        let id = emit::id("b").replace('_', "");
        let task = Task {
            id: id[..9].to_owned(),
            tool_use_id: tool_use_id.to_owned(),
            description: description.unwrap_or(command).to_owned(),
            shell,
        };
        let mut line = json!({
            "type": "system",
            "subtype": "task_started",
            "task_id": task.id,
            "tool_use_id": task.tool_use_id,
            "description": task.description,
            "task_type": "local_bash",
        });
        let text = format!("Command running in background with ID: {}.", task.id);
        self.tasks.push(task);
        if self.lists_tasks() {
            line["is_backgrounded"] = true.into();
            self.list_tasks()?;
        }
        self.out.line(&line)?;
        Ok(ToolOutput {
            content: text,
            is_error: false,
            detail: Value::Null,
        })
    }

    /// Kills a task on request of the host.
    pub(crate) fn stop_task(&mut self, id: &str) -> io::Result<()> {
        if let Some(index) = self.tasks.iter().position(|task| task.id == id) {
            let task = self.tasks.remove(index);
            task.shell.kill()?;
            let summary = task.description;
            self.emit_end(&task.id, &task.tool_use_id, ("killed", "stopped"), &summary)?;
        }
        Ok(())
    }

    /// Runs the turn that reports the end of a task, if one has ended.
    pub(crate) fn report(&mut self) -> Result<(), Stop> {
        let mut ended = None;
        for (index, task) in self.tasks.iter_mut().enumerate() {
            if let Some(Finished { code, .. }) = task.shell.poll()? {
                ended = Some((index, code));
                break;
            }
        }
        let Some((index, code)) = ended else {
            return Ok(());
        };
        let task = self.tasks.remove(index);
        let status = match code {
            Some(0) => "completed",
            _ => "failed",
        };
        let code = code.map_or_else(|| "none".to_owned(), |code| code.to_string());
        let summary = format!(
            "Background command \"{}\" {status} (exit code {code})",
            task.description
        );
        self.emit_end(&task.id, &task.tool_use_id, (status, status), &summary)?;
        let content = json!(format!(
            "<task-notification>\n<summary>{summary}</summary>\n</task-notification>"
        ));
        self.reporting = Some(summary);
        let line = UserLine {
            content,
            uuid: None,
            is_now: false,
        };
        let done = self.turn(line);
        self.reporting = None;
        done
    }

    /// Answers in such a turn.
    pub(crate) fn run_report(
        &mut self,
        turn: &mut crate::turn::Turn,
        summary: String,
    ) -> Result<Ending, Stop> {
        self.call(turn, &[Piece::Text(summary.clone())], false)?;
        Ok(Ending::Answered(summary))
    }

    /// Kills all tasks, at the end of the process.
    pub(crate) fn end_tasks(&mut self) -> io::Result<()> {
        self.tasks.drain(..).try_for_each(|task| task.shell.kill())
    }

    fn lists_tasks(&self) -> bool {
        self.settings.version.has(203)
    }

    fn list_tasks(&mut self) -> io::Result<()> {
        let task = |task: &Task| json!({"task_id": task.id, "task_type": "local_bash", "description": task.description});
        let tasks: Vec<Value> = self.tasks.iter().map(task).collect();
        self.out
            .line(&json!({"type": "system", "subtype": "background_tasks_changed", "tasks": tasks}))
    }

    fn emit_end(
        &mut self,
        id: &str,
        tool_use_id: &str,
        (updated, status): (&str, &str),
        summary: &str,
    ) -> io::Result<()> {
        self.out.line(&json!({
            "type": "system",
            "subtype": "task_updated",
            "task_id": id,
            "patch": {"status": updated},
        }))?;
        self.out.line(&json!({
            "type": "system",
            "subtype": "task_notification",
            "task_id": id,
            "tool_use_id": tool_use_id,
            "status": status,
            "output_file": "",
            "summary": summary,
        }))?;
        if self.lists_tasks() {
            self.list_tasks()?;
        }
        Ok(())
    }
}
