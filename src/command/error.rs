//! What a person reads when a command is nearly right.

use std::fmt;

use unicode_segmentation::UnicodeSegmentation;

use super::Period;

/// A command that is nearly right. Its `Display` is what the person reads: Discord markdown, one message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseError {
    /// The name is close to a command's.
    #[error(
        "I don't know {}. Did you mean `!{meant}`? (If it was meant for Claude, write it without the `!`.)",
        Code(&format!("!{typed}"))
    )]
    NearMiss {
        /// The name as typed, without prefix.
        typed: String,
        /// The command's name.
        meant: &'static str,
    },
    /// More words than the command takes.
    #[error(
        "`!{name}` {}, so I did nothing. Write {usage}; to say something to Claude, leave out the `!`.",
        if *.takes_argument { "takes one word" } else { "stands alone" },
        usage = Usage(name, *.takes_argument)
    )]
    TooManyWords {
        /// The command's name.
        name: &'static str,
        /// Whether it takes a word at all.
        takes_argument: bool,
    },
    /// `usage` with a period that there is not.
    #[error(
        "I have no usage for {}. Write `!usage` with one of {}, or alone for today.",
        Code(typed),
        List(&Period::NAMED.map(|(name, _)| name))
    )]
    UnknownPeriod {
        /// The word as typed.
        typed: String,
    },
    /// A model that is not configured.
    #[error(
        "There is no model {} here. Choose one of {}.",
        Code(typed),
        List(valid)
    )]
    UnknownModel {
        /// The name as typed.
        typed: String,
        /// The names that would do.
        valid: Vec<String>,
    },
    /// A slash command, or an option of one, that the bot does not know: Discord still shows an older list.
    #[error(
        "I don't know {} (any more). Discord may show an older list; `/help` names what there is.",
        Code(typed)
    )]
    UnknownSlash {
        /// The slash command, with the option if that is what is unknown.
        typed: String,
    },
}

/// How a command is written.
struct Usage<'a>(&'a str, bool);

impl fmt::Display for Usage<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(name, takes_argument) = self;
        write!(f, "`!{name}` alone")?;
        if *takes_argument {
            f.write_str(" or with one word after it")?;
        }
        Ok(())
    }
}

/// Someone's word as inline code, which it cannot break out of: cut at 40 characters, on one line, without
/// backticks.
pub(super) struct Code<'a>(pub(super) &'a str);

impl fmt::Display for Code<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const LONGEST: usize = 40;
        let plain = |c: char| if c == '`' || c.is_control() { '\'' } else { c };
        let mut chars = self.0.chars();
        let mut shown: String = chars.by_ref().take(LONGEST).map(plain).collect();
        if chars.next().is_some() {
            // the last cluster may have been cut in two
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

/// Names as a list in inline code: all of them, or as many as are read with pleasure.
pub(super) struct List<'a, T>(pub(super) &'a [T]);

impl<T: AsRef<str>> fmt::Display for List<'_, T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        const MOST: usize = 12;
        for (index, name) in self.0.iter().take(MOST).enumerate() {
            let comma = if index == 0 { "" } else { ", " };
            write!(f, "{comma}{}", Code(name.as_ref()))?;
        }
        match self.0.len().checked_sub(MOST) {
            None | Some(0) => Ok(()),
            Some(more) => write!(f, " and {more} more"),
        }
    }
}

#[cfg(test)]
mod tests;
