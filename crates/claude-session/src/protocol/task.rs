//! Tasks that the CLI runs alongside its turn: Bash commands in the background, and subagents.
//!
//! Measured on CLI 2.1.197, 2.1.329 and 2.1.332: `task_started` announces a task. `task_updated` and
//! `task_notification` report its end; most tasks send both. From 2.1.203 on the CLI also lists all background tasks
//! after each change. A Bash command in the foreground is announced in the same way after 3 s, and has ended when the
//! result of its tool call arrives.

use super::{FromJson as _, from_json::wire, json::Json, usage::TaskUsage};

/// What the CLI reports about tasks.
#[derive(Debug, Clone, PartialEq)]
pub enum TaskEvent {
    /// `task_started`.
    Started(Task),
    /// `task_progress`: a subagent has used a tool.
    Progress(TaskProgress),
    /// `task_updated`.
    Updated(TaskUpdate),
    /// `task_notification`: a task has ended.
    Notification(TaskNotification),
    /// `background_tasks_changed`: all tasks that run in the background now.
    Listed(Vec<Task>),
}

wire! {
    /// A command or a subagent that the CLI runs.
    #[derive(Eq)]
    pub struct Task {
        id: String = "task_id",
        /// What it does, in the model's words or as the command itself.
        description: String,
        /// The tool call that started it.
        tool_use_id: Option<String>,
        /// `local_bash`, `local_agent`, ...
        kind: Option<String> = "task_type",
        subagent_type: Option<String>,
        /// Whether it runs in the background, on CLIs that report it (2.1.329).
        is_backgrounded: Option<bool>,
    }

    /// How far a task has come.
    pub struct TaskProgress {
        id: String = "task_id",
        /// The tool call that started it.
        tool_use_id: Option<String>,
        /// What it does at the moment.
        description: String,
        usage: TaskUsage,
        last_tool_name: Option<String>,
    }

    /// The end of a task.
    pub struct TaskNotification {
        id: String = "task_id",
        /// The tool call that started it.
        tool_use_id: Option<String>,
        /// `completed`, `failed` or `stopped`.
        status: String,
        summary: String,
        /// The file that holds its output.
        output_file: Option<String>,
        usage: Option<TaskUsage>,
    }

    /// A change of a task's state.
    pub struct TaskUpdate {
        id: String = "task_id",
        /// `pending`, `running`, `completed`, `failed`, `killed` or `paused`, if it changed.
        status: Option<String>,
        /// Whether it runs in the background now, if that changed.
        is_backgrounded: Option<bool>,
        error: Option<String>,
    }
}

impl TaskEvent {
    /// Reads a `system` message of this subtype; `None` if it is not about tasks.
    pub(super) fn read(subtype: &str, value: &Json) -> Option<Self> {
        let id = value.get("task_id").text();
        Some(match subtype {
            "background_tasks_changed" => {
                let mut tasks = Vec::<Task>::from_json(&value.get("tasks"))?;
                tasks.retain(|task| !task.id.is_empty());
                Self::Listed(tasks)
            }
            "task_started" => Self::Started(Task {
                id: id?,
                ..value.read()
            }),
            "task_progress" => Self::Progress(TaskProgress {
                id: id?,
                ..value.read()
            }),
            "task_updated" => Self::Updated(TaskUpdate {
                id: id?,
                ..value.get("patch").read()
            }),
            "task_notification" => Self::Notification(TaskNotification {
                id: id?,
                ..value.read()
            }),
            _ => return None,
        })
    }

    /// The task that has ended, and whether it ended by itself: then the CLI runs a turn in which Claude reports it.
    ///
    /// Only a notification can tell. An update always says `false`, and a notification follows it.
    pub fn ended(&self) -> Option<(&str, bool)> {
        match self {
            Self::Notification(end) => Some((&end.id, end.status != "stopped")),
            Self::Updated(update) => {
                let is_final = |status: &str| matches!(status, "completed" | "failed" | "killed");
                let has_ended = update.status.as_deref().is_some_and(is_final);
                has_ended.then_some((&update.id, false))
            }
            Self::Started(_) | Self::Progress(_) | Self::Listed(_) => None,
        }
    }
}

#[cfg(test)]
mod tests;
