//! What is said of what Claude does in the background.

use std::time::Duration;

use crate::claude::protocol::Task;

/// Tasks in the background were ended at a person's wish.
#[must_use]
pub fn tasks_stopped(tasks: &[Task]) -> String {
    format!("Stopped in the background: {}.", names(tasks))
}

/// Tasks in the background ended with the process.
#[must_use]
pub fn tasks_lost(tasks: &[Task]) -> String {
    format!(
        "Claude's process ended with tasks still running in the background: {}.",
        names(tasks)
    )
}

/// Tasks in the background ended with the bot, which could not say so then.
#[must_use]
pub fn tasks_lost_in_restart(tasks: &[Task]) -> String {
    format!(
        "I was restarted with tasks still running in the background: {}.",
        names(tasks)
    )
}

/// Tasks in the background took too long. The time is the limit.
#[must_use]
pub fn tasks_timed_out(tasks: &[Task], limit: Duration) -> String {
    format!(
        "Timed out in the background after {} s: {}.",
        limit.as_secs(),
        names(tasks)
    )
}

/// A turn of Claude's own took too long. The time is the limit.
#[must_use]
pub fn report_timed_out(limit: Duration) -> String {
    format!(
        "Claude's report on its background tasks took longer than {} s, so I ended it.",
        limit.as_secs()
    )
}

/// Claude's report of what it did in the background was ended, and these tasks with it.
#[must_use]
pub fn report_over_limit(tasks: &[Task]) -> String {
    let mut text =
        "Today's budget is used up, so I ended Claude's report on its background tasks.".to_owned();
    if !tasks.is_empty() {
        text.push(' ');
        text.push_str(&tasks_stopped(tasks));
    }
    text
}

/// How many tasks are named, and how many characters of each.
const NAMED: usize = 5;
const NAME: usize = 80;

fn names(tasks: &[Task]) -> String {
    let name = |task: &Task| {
        let line: String = task
            .description
            .split_whitespace()
            .collect::<Vec<_>>()
            .join(" ");
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
