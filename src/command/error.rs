//! Errors in commands, as shown to the person.

use std::fmt;

use unicode_segmentation::UnicodeSegmentation;

use super::Period;

/// A message that is almost a command. `Display` is Discord markdown.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CommandError {
    #[error(
        "I don't know {}. Did you mean `!{meant}`? To write to Claude, leave out the `!`.",
        InlineCode(&format!("!{typed}"))
    )]
    NearMiss { typed: String, meant: &'static str },
    #[error(
        "`!{name}` takes {}. {} To write to Claude, leave out the `!`.",
        if *.takes_argument { "only one argument" } else { "no arguments" },
        nothing_was_done(name)
    )]
    TooManyWords {
        name: &'static str,
        takes_argument: bool,
    },
    #[error(
        "{} is not a period of `!usage`. Choose one of {}, or leave it out for today.",
        InlineCode(typed),
        List(&Period::NAMED.map(|(name, _)| name))
    )]
    UnknownPeriod { typed: String },
    #[error(
        "{} is not a mode of `!{command}`. Choose one of {}.",
        InlineCode(typed),
        List(valid)
    )]
    UnknownWord {
        command: &'static str,
        typed: String,
        valid: Vec<&'static str>,
    },
    #[error(
        "{} is not an amount. Write dollars, such as `!budget 5` or `!budget 2.50`, or `!budget reset`.",
        InlineCode(typed)
    )]
    UnknownAmount { typed: String },
    #[error(
        "{} is not a number of turns. Write one such as `!{command} 5`, or leave it out for all.",
        InlineCode(typed)
    )]
    UnknownCount {
        command: &'static str,
        typed: String,
    },
    #[error("Unknown model {}. Choose one of {}.", InlineCode(typed), List(valid))]
    UnknownModel { typed: String, valid: Vec<String> },
    /// A slash command or one of its options, while Discord still shows an older list.
    #[error(
        "I don't know {}. Discord may show an older list; `/help` shows the current one.",
        InlineCode(typed)
    )]
    UnknownSlash { typed: String },
}

fn nothing_was_done(command: &str) -> &'static str {
    match command {
        "budget" => "The budget was not changed.",
        "clear" => "Nothing was cleared.",
        "resume" => "The session was not changed.",
        "compact" => "Nothing was summarized.",
        "export" => "Nothing was exported.",
        "model" => "The model was not changed.",
        "mode" | "stream" | "verbose" => "The mode was not changed.",
        "queue" => "The mode was not changed; `!queue mode MODE` changes it.",
        "stop" => "Nothing was stopped.",
        "tools" => "Nothing was revoked; `!tools revoke RULE` takes a rule back.",
        _ => "Nothing was done.",
    }
}

/// Inline code from untrusted text: one line without backticks, truncated to 40 characters.
pub(super) struct InlineCode<'a>(pub(super) &'a str);

impl fmt::Display for InlineCode<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const LONGEST: usize = 40;
        let plain = |c: char| if c == '`' || c.is_control() { '\'' } else { c };
        let mut chars = self.0.chars();
        let mut shown: String = chars.by_ref().take(LONGEST).map(plain).collect();
        if chars.next().is_some() {
            // The last cluster may be incomplete.
            let end = shown
                .grapheme_indices(true)
                .next_back()
                .map_or(0, |(at, _)| at);
            shown.truncate(end);
            shown.push('…');
        }
        write!(f, "`{shown}`")
    }
}

/// A list of names in inline code, shortened if it is long.
pub(super) struct List<'a, T>(pub(super) &'a [T]);

impl<T: AsRef<str>> fmt::Display for List<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MOST: usize = 12;
        for (index, name) in self.0.iter().take(MOST).enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{}", InlineCode(name.as_ref()))?;
        }
        match self.0.len().checked_sub(MOST) {
            None | Some(0) => Ok(()),
            Some(more) => write!(f, " and {more} more"),
        }
    }
}

#[cfg(test)]
mod tests;
