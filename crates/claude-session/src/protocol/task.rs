//! Tasks that the CLI runs beside its turn: Bash commands in the background, and subagents.
//!
//! Measured on CLI 2.1.197, 2.1.329 and 2.1.332: `task_started` announces a task; `task_updated` and
//! `task_notification` report its end, both of them for most tasks; from 2.1.203 on the CLI also lists all background
//! tasks after each change. A Bash command in the foreground is announced in the same way after 3 s, and has ended when
//! its tool's result arrives.

use super::{json::Json, usage::TaskUsage};

/// What the CLI reports about tasks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskEvent {
    /// `task_started`.
    Started(Task),
    /// `task_progress`: a subagent has used a tool.
    Progress(TaskProgress),
    /// `task_updated`.
    Updated(TaskUpdate),
    /// `task_notification`: a task has ended.
    Notification(TaskNotification),
    /// `background_tasks_changed`: these run in the background now, and no others.
    Listed(Vec<Task>),
}

/// A task.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Task {
    /// The CLI's id for it.
    pub id: String,
    /// What it does, in the model's words or as the command itself.
    pub description: String,
    /// The tool call that started it.
    pub tool_use_id: Option<String>,
    /// `local_bash`, `local_agent`, ...
    pub kind: Option<String>,
    /// The kind of subagent.
    pub subagent_type: Option<String>,
    /// Whether it runs in the background, on CLIs that say so (2.1.329).
    pub is_backgrounded: Option<bool>,
}

/// How far a task has come.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TaskProgress {
    /// The task.
    pub id: String,
    /// The tool call that started it.
    pub tool_use_id: Option<String>,
    /// What it does at the moment.
    pub description: String,
    /// What it has used so far.
    pub usage: TaskUsage,
    /// The tool that it called last.
    pub last_tool_name: Option<String>,
}

/// A change of a task's state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TaskUpdate {
    /// The task.
    pub id: String,
    /// `pending`, `running`, `completed`, `failed`, `killed` or `paused`, if that has changed.
    pub status: Option<String>,
    /// Whether it now runs in the background, if that has changed.
    pub is_backgrounded: Option<bool>,
    /// Why it failed.
    pub error: Option<String>,
}

/// The end of a task.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TaskNotification {
    /// The task.
    pub id: String,
    /// The tool call that started it.
    pub tool_use_id: Option<String>,
    /// `completed`, `failed` or `stopped`.
    pub status: String,
    /// What came of it.
    pub summary: String,
    /// The file that holds its output.
    pub output_file: Option<String>,
    /// What it has used.
    pub usage: Option<TaskUsage>,
}

impl TaskEvent {
    /// Reads a `system` message of this subtype; `None` if it is not about tasks.
    pub(super) fn read(subtype: &str, value: &Json) -> Option<Self> {
        Some(match subtype {
            "task_started" => Self::Started(Task::read(value)?),
            "task_progress" => Self::Progress(TaskProgress::read(value)?),
            "task_updated" => Self::Updated(TaskUpdate::read(value)?),
            "task_notification" => Self::Notification(TaskNotification::read(value)?),
            "background_tasks_changed" => {
                let tasks = value.get("tasks").entries()?;
                Self::Listed(tasks.iter().filter_map(Task::read).collect())
            }
            _ => return None,
        })
    }

    /// The task that has ended, and whether it did so by itself: then the CLI runs a turn in which Claude reports it.
    ///
    /// An update never says so; the notification that follows does.
    #[must_use]
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

impl Task {
    fn read(value: &Json) -> Option<Self> {
        let [id, description, tool_use, kind, subagent, background] = value.pick([
            "task_id",
            "description",
            "tool_use_id",
            "task_type",
            "subagent_type",
            "is_backgrounded",
        ]);
        Some(Self {
            id: id.text()?,
            description: description.text().unwrap_or_default(),
            tool_use_id: tool_use.text(),
            kind: kind.text(),
            subagent_type: subagent.text(),
            is_backgrounded: background.bool(),
        })
    }
}

impl TaskProgress {
    fn read(value: &Json) -> Option<Self> {
        let [id, tool_use, description, usage, last_tool] = value.pick([
            "task_id",
            "tool_use_id",
            "description",
            "usage",
            "last_tool_name",
        ]);
        Some(Self {
            id: id.text()?,
            tool_use_id: tool_use.text(),
            description: description.text().unwrap_or_default(),
            usage: TaskUsage::read(&usage).unwrap_or_default(),
            last_tool_name: last_tool.text(),
        })
    }
}

impl TaskUpdate {
    fn read(value: &Json) -> Option<Self> {
        let [id, patch] = value.pick(["task_id", "patch"]);
        let [status, background, error] = patch.pick(["status", "is_backgrounded", "error"]);
        Some(Self {
            id: id.text()?,
            status: status.text(),
            is_backgrounded: background.bool(),
            error: error.text(),
        })
    }
}

impl TaskNotification {
    fn read(value: &Json) -> Option<Self> {
        let [id, tool_use, status, summary, file, usage] = value.pick([
            "task_id",
            "tool_use_id",
            "status",
            "summary",
            "output_file",
            "usage",
        ]);
        Some(Self {
            id: id.text()?,
            tool_use_id: tool_use.text(),
            status: status.text().unwrap_or_default(),
            summary: summary.text().unwrap_or_default(),
            output_file: file.text(),
            usage: TaskUsage::read(&usage),
        })
    }
}

#[cfg(test)]
mod tests;
