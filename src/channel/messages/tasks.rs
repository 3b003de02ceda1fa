//! Texts about Claude's background tasks and its reports on them.

use std::time::Duration;

use super::{answers::duration, budgets::budget_name};
use crate::{
    claude::protocol::Task,
    limits::{Quantity, Reached},
};

/// `!stop` ended the tasks.
pub(crate) fn tasks_stopped(tasks: &[Task]) -> String {
    format!("Stopped in the background: {}.", names(tasks))
}

/// The tasks ended because Claude's process did.
pub(crate) fn tasks_lost(tasks: &[Task]) -> String {
    format!(
        "Claude's process ended with tasks still running in the background: {}.",
        names(tasks)
    )
}

/// The tasks ended because the bot did.
pub(crate) fn tasks_lost_in_restart(tasks: &[Task]) -> String {
    format!(
        "I was restarted with tasks still running in the background: {}.",
        names(tasks)
    )
}

pub(crate) fn tasks_timed_out(tasks: &[Task], limit: Duration) -> String {
    format!(
        "Timed out in the background after {} s: {}.",
        limit.as_secs(),
        names(tasks)
    )
}

pub(crate) fn report_timed_out(limit: Duration) -> String {
    format!(
        "Claude's report on its background tasks took longer than {} s, so I ended it.",
        limit.as_secs()
    )
}

/// The budget ended `tasks` and, if there is one, the report.
pub(crate) fn background_over_budget(
    reached: &Reached,
    is_reporting: bool,
    tasks: &[Task],
) -> String {
    let name = match reached.quantity {
        Quantity::Cost { period, .. } => budget_name(period),
        Quantity::Messages => "the hourly limit",
    };
    let what = if is_reporting {
        "Claude's report on its background tasks"
    } else {
        "Claude's work in the background"
    };
    let text = format!("I ended {what} because {name} is used up.");
    if tasks.is_empty() {
        text
    } else {
        format!("{text} {}", tasks_stopped(tasks))
    }
}

/// Tells whoever had the task started.
pub(crate) fn task_ended(task: &Task, took: Duration) -> String {
    let (took, task) = (duration(took), names(std::slice::from_ref(task)));
    format!("Ended in the background after {took}: {task}.")
}

/// Claude could not report on the task, which is not always known. `why` is a text about the end of a turn.
pub(crate) fn report_failed(task: Option<&Task>, why: &str) -> String {
    let task = task.map_or_else(
        || "A background task".to_owned(),
        |task| format!("The background task {}", names(std::slice::from_ref(task))),
    );
    format!("{task} has ended, but Claude couldn't report on it. {why}")
}

/// How many tasks are named.
const NAMED: usize = 5;

/// How many characters of a description are shown.
const NAME: usize = 80;

fn names(tasks: &[Task]) -> String {
    let name = |task: &Task| {
        let line: Vec<_> = task.description.split_whitespace().collect();
        let line = line.join(" ");
        let short: String = line.chars().take(NAME).collect();
        let cut = if short.len() < line.len() { "…" } else { "" };
        format!("`{}{cut}`", short.replace('`', "'"))
    };
    let named: Vec<_> = tasks.iter().take(NAMED).map(name).collect();
    match tasks.len().saturating_sub(NAMED) {
        0 => named.join(", "),
        more => format!("{} and {more} more", named.join(", ")),
    }
}

#[cfg(test)]
mod tests;
