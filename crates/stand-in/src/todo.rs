//! The tools `TaskCreate` and `TaskUpdate`: a list of things to do, as 2.1.197 has it. The newest versions have none.

use serde_json::{Value, json};

use crate::tools::ToolOutput;

/// The list of a session: each status, by number from 1 on.
#[derive(Debug, Default)]
pub(crate) struct TodoList {
    statuses: Vec<String>,
}

impl TodoList {
    /// `TaskCreate`: adds an entry.
    pub(crate) fn create(&mut self, input: &Value) -> ToolOutput {
        self.statuses.push("pending".to_owned());
        let id = self.statuses.len().to_string();
        let subject = input["subject"].as_str().unwrap_or_default();
        ToolOutput {
            content: format!("Task #{id} created successfully: {subject}"),
            is_error: false,
            detail: json!({"task": {"id": id, "subject": subject}}),
        }
    }

    /// `TaskUpdate`: changes the status of an entry.
    pub(crate) fn update(&mut self, input: &Value) -> ToolOutput {
        let id = input["taskId"].as_str().unwrap_or_default();
        let index = id.parse().ok().and_then(|id: usize| id.checked_sub(1));
        let Some(status) = index.and_then(|index| self.statuses.get_mut(index)) else {
            return ToolOutput::error("Task not found".to_owned());
        };
        let to = input["status"].as_str().unwrap_or(status).to_owned();
        let from = std::mem::replace(status, to.clone());
        ToolOutput {
            content: format!("Updated task #{id} status"),
            is_error: false,
            detail: json!({
                "success": true,
                "taskId": id,
                "updatedFields": ["status"],
                "statusChange": {"from": from, "to": to},
            }),
        }
    }
}

#[cfg(test)]
mod tests;
