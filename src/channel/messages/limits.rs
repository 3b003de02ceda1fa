//! Texts about skipped files and limits.

use std::fmt::{Display, Write as _};

use super::budgets::budget_name;
use crate::{
    external::{File, FileContent, FileState, Layout, sanitize},
    limits::{Quantity, Reached, Scope},
};

/// How many files are named.
const NAMED: usize = 5;

/// How many characters of a file name are shown.
const NAME: usize = 60;

/// The API refused a picture or a PDF.
pub(crate) const MEDIA_REFUSED: &str = "-# Claude's API could not process a picture or PDF of this message, so Claude answered without it.";

/// The names of the files that Claude does not get, or gets without seeing them, and why; `None` if there are none.
pub(crate) fn files_left(files: &[File]) -> Option<String> {
    let mut skipped = Vec::new();
    let mut unseen = Vec::new();
    for file in files {
        if let FileState::Skipped(why) = &file.state {
            skipped.push((file, why as &dyn Display));
        } else if let FileContent::Unseen(why) = file.content() {
            unseen.push((file, why as &dyn Display));
        }
    }
    let lines = [
        line("Not passed to Claude:", &skipped),
        line("Saved for Claude, but not shown to it:", &unseen),
    ];
    let lines: Vec<_> = lines.into_iter().flatten().collect();
    (!lines.is_empty()).then(|| lines.join("\n"))
}

fn line(lead: &str, files: &[(&File, &dyn Display)]) -> Option<String> {
    if files.is_empty() {
        return None;
    }
    let mut text = format!("-# {lead}");
    for (place, (file, why)) in files.iter().take(NAMED).enumerate() {
        let name = sanitize(&file.name, NAME, Layout::SingleLine).replace('`', "'");
        let comma = if place == 0 { " " } else { "; " };
        let _infallible = write!(text, "{comma}`{name}` ({why})");
    }
    if let Some(more @ 1..) = files.len().checked_sub(NAMED) {
        let _infallible = write!(text, "; and {more} more");
    }
    text.push('.');
    Some(text)
}

/// The message exceeds a limit. Discord shows the time in the reader's time zone.
pub(crate) fn limit_reached(reached: &Reached) -> String {
    let who = match reached.scope {
        Scope::User => "You've",
        Scope::Channel => "This channel has",
    };
    let what = match reached.quantity {
        Quantity::Messages if reached.scope == Scope::User => "your hourly limit",
        Quantity::Messages => "its hourly limit",
        Quantity::Cost { period, .. } => budget_name(period),
    };
    format!(
        "{who} reached {what}. This message was not run. Try again <t:{}:R>.",
        reached.until.timestamp()
    )
}

#[cfg(test)]
mod tests;
