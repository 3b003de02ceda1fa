//! Answers to `!context` and `!ping`.

use std::fmt::Write as _;

use super::figures::{inline, tokens};
use crate::claude::protocol::ContextUsage;

/// How many characters the bar has.
const BAR: u64 = 20;

/// How many kinds of content are listed.
const CATEGORIES: usize = 10;

/// The category of what fills nothing.
const FREE: &str = "Free space";

/// From this share on, in percent, the answer names `!compact`.
const NEARLY_FULL: u64 = 75;

pub(crate) const NO_CONTEXT: &str =
    "The context is empty: no session has begun here. The next message starts one.";

/// How full the context is. `window` is the number of tokens that it can hold.
pub(crate) fn context(used: u64, window: Option<u64>) -> String {
    let Some(window) = window.filter(|window| *window > 0) else {
        let used = tokens(used);
        return format!("**Context** {used}. How many it can hold is known after the next turn.");
    };
    let percent = used.saturating_mul(100) / window;
    let full = (used.saturating_mul(BAR).div_ceil(window)).min(BAR);
    let bar: String = (0..BAR)
        .map(|at| if at < full { '█' } else { '░' })
        .collect();
    let mut text = format!(
        "**Context** `{bar}` {percent} %: {} of {}",
        tokens(used),
        tokens(window)
    );
    if percent >= NEARLY_FULL {
        text.push_str("\n`!compact` summarizes the conversation to make room.");
    }
    text
}

/// The same with what fills it, the largest first.
pub(crate) fn context_counted(usage: &ContextUsage) -> String {
    let mut text = context(usage.total_tokens, Some(usage.max_tokens));
    let mut categories: Vec<_> = usage.categories.iter().collect();
    categories.retain(|category| category.tokens > 0 && category.name != FREE);
    categories.sort_by_key(|category| std::cmp::Reverse(category.tokens));
    for category in categories.iter().take(CATEGORIES) {
        let name = inline(&category.name, 40);
        let _infallible = write!(text, "\n- {name} {}", tokens(category.tokens));
    }
    text
}

/// The answer to `!ping`, with how long the message took to the bot, in milliseconds, if it is known.
pub(crate) fn pong(took_ms: Option<i64>) -> String {
    match took_ms {
        Some(took) if took >= 0 => format!("Pong. Your message took {took} ms to reach me."),
        _ => "Pong.".to_owned(),
    }
}

#[cfg(test)]
mod tests;
