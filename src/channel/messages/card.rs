//! The card of a turn.

use std::time::Duration;

use chrono::{DateTime, Utc};

use super::{
    endings::api_trouble,
    figures::{count, dollars, plain},
};
use crate::{
    channel::progress::{Activity, Progress, Step, StepState, Todo, TodoState},
    config::Verbosity,
    money::Usd,
};

pub(crate) const STOP_LABEL: &str = "Stop";
pub(crate) const SHOW_STEPS_LABEL: &str = "Show steps";
pub(crate) const HIDE_STEPS_LABEL: &str = "Hide steps";

/// The card of a turn that ended with the bot.
pub(crate) const CARD_CUT_OFF: &str = "✗ Cut off by a restart";

/// How many characters of steps a card shows.
const STEPS_LENGTH: usize = 1_600;

/// How many steps a compact card shows.
const FEW: usize = 5;

/// How many to-dos and background tasks are shown.
const MOST_LINES: usize = 8;

/// How a turn with a card ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CardEnd {
    Done,
    Failed,
    Stopped,
}

/// A task in the background: what it does, and since when.
pub(crate) type TaskLine = (String, DateTime<Utc>);

/// The card of a running turn.
pub(crate) fn working(progress: &Progress, tasks: &[TaskLine], verbosity: Verbosity) -> String {
    let is_current = |step: &&Step| step.state == StepState::Running && !progress.is_child(step);
    let current = progress.steps.iter().filter(is_current).rev().take(3);
    let mut lines: Vec<String> = current
        .map(|step| {
            let mut line = format!("**{}**", step.words.doing);
            if !step.words.object.is_empty() {
                line = format!("{line} {}", step.words.object);
            }
            if !step.note.is_empty() {
                line = format!("{line} ({})", step.note);
            }
            format!("{line} · {}", started(step.since))
        })
        .collect();
    if lines.is_empty() {
        lines.push(match progress.activity {
            Some((activity, since)) => doing(activity, since),
            None => "Working".into(),
        });
    }
    let most = if verbosity == Verbosity::Full {
        usize::MAX
    } else {
        FEW
    };
    let before = step_lines(progress, verbosity, most, |step| !is_current(&step));
    lines.extend(before);
    lines.extend(todo_lines(&progress.todos));
    lines.extend(task_lines(tasks));
    lines.join("\n")
}

fn doing(activity: Activity, since: DateTime<Utc>) -> String {
    let what = match activity {
        Activity::Waiting => "Waiting for Claude".to_owned(),
        Activity::Thinking => "Thinking".to_owned(),
        Activity::Writing => "Writing the answer".to_owned(),
        Activity::Preparing => "Preparing the next step".to_owned(),
        Activity::Retrying {
            attempt,
            of,
            status,
        } => {
            let trouble = api_trouble(status);
            format!("{trouble}. Retrying: attempt {attempt} of {of}")
        }
        Activity::Compacting => "Summarizing the conversation to free up context".to_owned(),
        Activity::LimitedUntil(until) => {
            return format!("Claude's usage limit is reached until <t:{until}:t>");
        }
    };
    format!("{what} · {}", started(since))
}

/// Discord shows how long ago it was, and counts on by itself.
fn started(since: DateTime<Utc>) -> String {
    format!("started <t:{}:R>", since.timestamp())
}

/// The newest steps, oldest first, and how many came before them.
fn step_lines(
    progress: &Progress,
    verbosity: Verbosity,
    most: usize,
    is_shown: impl Fn(&Step) -> bool,
) -> Vec<String> {
    let shown = progress.steps.iter().filter(|step| is_shown(step));
    let mut length = 0;
    let mut lines: Vec<String> = Vec::new();
    for step in shown.rev().take(most) {
        let line = step_line(step, progress.is_child(step), verbosity);
        length += line.chars().count();
        if length > STEPS_LENGTH {
            break;
        }
        lines.push(line);
    }
    let running = progress.steps.iter().filter(|step| !is_shown(step)).count();
    let earlier = progress.count.saturating_sub(running + lines.len());
    if earlier > 0 {
        lines.push(format!("- … {}", count(earlier as u64, "earlier step")));
    }
    lines.reverse();
    lines
}

fn step_line(step: &Step, is_child: bool, verbosity: Verbosity) -> String {
    let (mark, words) = match step.state {
        StepState::Running => ("▸", step.words.doing),
        StepState::Done => ("✓", step.words.done),
        StepState::Failed => ("✗", step.words.done),
        StepState::Refused => ("⊘ Refused:", ""),
        StepState::Interrupted => ("■ Interrupted:", ""),
    };
    let indent = if is_child { "  " } else { "" };
    let shows_note = !step.note.is_empty() && verbosity == Verbosity::Full;
    let note = if shows_note {
        format!(": {}", step.note)
    } else {
        String::new()
    };
    let parts = [mark, words, &step.words.object];
    let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    format!("{indent}- {}{note}", parts.join(" "))
}

fn todo_lines(todos: &[Todo]) -> Vec<String> {
    let line = |todo: &Todo| match todo.state {
        TodoState::Pending => format!("☐ {}", todo.text),
        TodoState::Active => format!("▸ **{}**", todo.text),
        TodoState::Done => format!("☑ {}", todo.text),
    };
    // What is done gives way to what is still to do.
    let done = todos
        .iter()
        .take_while(|todo| todo.state == TodoState::Done)
        .count();
    let hidden = done.min(todos.len().saturating_sub(MOST_LINES));
    let mut lines = Vec::new();
    if hidden > 0 {
        lines.push(format!("☑ {hidden} more"));
    }
    lines.extend(todos.iter().skip(hidden).take(MOST_LINES).map(line));
    let rest = todos.len().saturating_sub(hidden + MOST_LINES);
    if rest > 0 {
        lines.push(format!("☐ {rest} more"));
    }
    lines
}

/// Tasks that run in the background.
pub(crate) fn task_lines(tasks: &[TaskLine]) -> Vec<String> {
    let line = |(what, since): &TaskLine| {
        format!(
            "▸ In the background: {} · {}",
            plain(what, 80),
            started(*since)
        )
    };
    let mut lines: Vec<_> = tasks.iter().take(MOST_LINES).map(line).collect();
    if tasks.len() > MOST_LINES {
        lines.push(format!("and {} more", tasks.len() - MOST_LINES));
    }
    lines
}

/// The one line of a card whose turn has ended.
pub(crate) fn summary(
    progress: &Progress,
    took: Duration,
    cost: Option<Usd>,
    end: CardEnd,
) -> String {
    let mark = match end {
        CardEnd::Done if progress.is_refused() => "⊘",
        CardEnd::Done => "✓",
        CardEnd::Failed => "✗ Failed:",
        CardEnd::Stopped => "■ Stopped:",
    };
    let mut parts = vec![match progress.count {
        0 => count(progress.todos.len() as u64, "to-do"),
        steps => count(steps as u64, "step"),
    }];
    let counts = [(progress.failed, "failed"), (progress.refused, "refused")];
    let counts = counts.iter().filter(|(number, _)| *number > 0);
    let counts: Vec<_> = counts
        .map(|(number, what)| format!("{number} {what}"))
        .collect();
    if !counts.is_empty() {
        parts[0] = format!("{} ({})", parts[0], counts.join(", "));
    }
    let seconds = took.as_secs();
    parts.push(match seconds {
        0 => format!("{:.1} s", took.as_secs_f64()),
        1..60 => format!("{seconds} s"),
        _ => format!("{} min {} s", seconds / 60, seconds % 60),
    });
    parts.extend(cost.map(price));
    format!("{mark} {}", parts.join(", "))
}

/// Cents, where there are any.
fn price(usd: Usd) -> String {
    if usd.dollars() < 0.01 {
        dollars(usd)
    } else {
        format!("${:.2}", usd.dollars())
    }
}

/// What the button of a finished card shows.
pub(crate) fn details(progress: &Progress) -> String {
    let mut lines = step_lines(progress, Verbosity::Full, usize::MAX, |_| true);
    lines.extend(todo_lines(&progress.todos));
    lines.join("\n")
}

/// A text about what a press did.
pub(crate) fn pressed_by(text: &str, name: &str) -> String {
    format!("{text}\n-# {} pressed Stop.", plain(name, 40))
}

/// What `!verbose` answers.
pub(crate) fn verbose(now: Verbosity) -> String {
    let what = match now {
        Verbosity::Off => "Claude's steps are not shown here",
        Verbosity::Compact => "Claude's latest steps are shown here",
        Verbosity::Full => {
            "All of Claude's steps are shown here, with the first line of each output"
        }
    };
    format!(
        "{what} (`{}`). Choose from `off`, `compact` and `full`.",
        now.name()
    )
}

#[cfg(test)]
mod tests;
