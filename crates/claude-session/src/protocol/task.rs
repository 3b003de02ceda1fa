//! Tasks that the CLI runs beside its turn: Bash commands in the background, and agents.
//!
//! Measured on CLI 2.1.197 and 2.1.329: `task_started` names a task, `task_updated` and `task_notification` tell its
//! end, both of them for most; 2.1.329 lists those in the background after every change too. A task in the foreground
//! is told of in the same way, and has ended when its tool's result comes.

use super::raw::Raw;

/// What is told of tasks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TaskEvent {
    /// One has begun.
    Started(Task),
    /// One has ended.
    Ended {
        /// Its id.
        id: String,
        /// Whether by itself, so that a turn follows in which Claude reports of it.
        by_itself: bool,
    },
    /// These are in the background now, and no others.
    Listed(Vec<Task>),
}

/// A task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// The CLI's name for it.
    pub id: String,
    /// What it does, in the model's words or as the command itself.
    pub description: String,
}

/// Reads a `system` message of this subtype; `None` where it is not about tasks.
pub(super) fn read(subtype: &str, value: Raw<'_>) -> Option<TaskEvent> {
    let id = || value.get("task_id").text();
    Some(match subtype {
        "task_started" => TaskEvent::Started(task(value)?),
        "task_notification" => TaskEvent::Ended {
            id: id()?,
            by_itself: !value.get("status").is("stopped"),
        },
        "task_updated" => {
            let status = value.get("patch").get("status").text()?;
            if !matches!(status.as_str(), "completed" | "failed" | "killed") {
                return None;
            }
            TaskEvent::Ended {
                id: id()?,
                // The notification that follows says so.
                by_itself: false,
            }
        }
        "background_tasks_changed" => {
            let tasks = value.get("tasks").entries()?;
            TaskEvent::Listed(tasks.into_iter().filter_map(task).collect())
        }
        _ => return None,
    })
}

fn task(value: Raw<'_>) -> Option<Task> {
    Some(Task {
        id: value.get("task_id").text()?,
        description: value.get("description").text().unwrap_or_default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(line: &str, expected: Option<&TaskEvent>) {
        let value = Raw::parse(line).unwrap();
        let subtype = value.get("subtype").text().unwrap();
        assert_eq!(read(&subtype, value).as_ref(), expected, "{line}");
    }

    fn task(id: &str, description: &str) -> Task {
        Task {
            id: id.into(),
            description: description.into(),
        }
    }

    #[test]
    fn tasks_begin_and_end_as_both_versions_tell() {
        check(
            r#"{"subtype":"task_started","task_id":"b1","tool_use_id":"t","description":"sleep 600","task_type":"local_bash"}"#,
            Some(&TaskEvent::Started(task("b1", "sleep 600"))),
        );
        let ended = |by_itself| {
            let id = "b1".into();
            TaskEvent::Ended { id, by_itself }
        };
        check(
            r#"{"subtype":"task_notification","task_id":"b1","status":"completed","summary":"s"}"#,
            Some(&ended(true)),
        );
        check(
            r#"{"subtype":"task_notification","task_id":"b1","status":"stopped","summary":"s"}"#,
            Some(&ended(false)),
        );
        check(
            r#"{"subtype":"task_updated","task_id":"b1","patch":{"status":"killed","end_time":1}}"#,
            Some(&ended(false)),
        );
        check(
            r#"{"subtype":"task_updated","task_id":"b1","patch":{"is_backgrounded":true}}"#,
            None,
        );
        check(
            r#"{"subtype":"background_tasks_changed","tasks":[{"task_id":"a","description":"look"},{"x":1}]}"#,
            Some(&TaskEvent::Listed(vec![task("a", "look")])),
        );
        check(r#"{"subtype":"background_tasks_changed"}"#, None);
        check(r#"{"subtype":"task_progress","task_id":"b1"}"#, None);
    }
}
