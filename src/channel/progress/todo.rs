//! Claude's to-do list.

use crate::{channel::messages::todo_line, claude::protocol::Json};

/// How many to-dos are kept.
pub(super) const MOST_TODOS: usize = 50;

#[derive(Debug)]
pub(crate) struct Todo {
    /// The CLI's number for it, or the id of the call that creates it.
    pub(super) id: String,
    /// As Markdown.
    pub(crate) text: String,
    pub(crate) state: TodoState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TodoState {
    Pending,
    Active,
    Done,
}

pub(super) fn todo_list(input: &Json) -> Vec<Todo> {
    let todos = input.get("todos").entries().unwrap_or_default();
    let todos = todos.iter().take(MOST_TODOS).map(|todo| Todo {
        id: String::new(),
        text: todo_line(&todo.get("content").read::<String>()),
        state: todo_state(&todo.get("status")),
    });
    todos.collect()
}

pub(super) fn todo_state(status: &Json) -> TodoState {
    match status.str().as_deref() {
        Some("completed") => TodoState::Done,
        Some("in_progress") => TodoState::Active,
        _ => TodoState::Pending,
    }
}
