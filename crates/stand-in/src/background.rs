//! Commands of the Bash tool that run in the background, and the turns that report of them.
//!
//! In the shapes of 2.1.197 and 2.1.329: the tool's result comes at once; `task_started` before it; when the command
//! has ended, `task_updated`, `task_notification`, and a turn of the CLI's own whose `result` has an `origin`.
//! 2.1.329 lists what runs after every change, and marks what it starts.

use std::io;

use serde_json::{Value, json};

use crate::brain::Piece;
use crate::emit;
use crate::input::UserLine;
use crate::outcome::Ending;
use crate::session::{Session, Stop};
use crate::shell::{Finished, Shell};
use crate::tools::ToolOutput;

/// A command in the background.
pub(crate) struct Task {
    id: String,
    tool_use_id: String,
    description: String,
    shell: Shell,
}

impl Session<'_> {
    /// Starts a command in the background; the tool's result.
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

    /// Ends a task at the host's wish.
    pub(crate) fn stop_task(&mut self, id: &str) -> io::Result<()> {
        if let Some(index) = self.tasks.iter().position(|task| task.id == id) {
            let task = self.tasks.remove(index);
            let told = (task.id, task.tool_use_id, task.description);
            task.shell.kill()?;
            self.tell_end(&told, "killed", "stopped", &told.2)?;
        }
        Ok(())
    }

    /// Runs the turn that reports of a task that has ended, if one has.
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
        let (now, then) = match code {
            Some(0) => ("completed", "completed"),
            _ => ("failed", "failed"),
        };
        let code = code.map_or_else(|| "none".to_owned(), |code| code.to_string());
        let summary = format!(
            "Background command \"{}\" {then} (exit code {code})",
            task.description
        );
        let told = (task.id, task.tool_use_id, task.description);
        self.tell_end(&told, now, then, &summary)?;
        let content = json!(format!(
            "<task-notification>\n<summary>{summary}</summary>\n</task-notification>"
        ));
        self.reporting = Some(summary);
        let line = UserLine {
            content,
            uuid: None,
        };
        let done = self.turn(line);
        self.reporting = None;
        done
    }

    /// Plays such a turn.
    pub(crate) fn play_report(
        &mut self,
        turn: &mut crate::turn::Turn,
        summary: String,
    ) -> Result<Ending, Stop> {
        self.call(turn, &[Piece::Text(summary.clone())], false)?;
        Ok(Ending::Answered(summary))
    }

    /// Ends all tasks, as the end of the process does.
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

    fn tell_end(
        &mut self,
        (id, tool_use_id, _): &(String, String, String),
        updated: &str,
        status: &str,
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
