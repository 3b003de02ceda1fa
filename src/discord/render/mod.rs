//! Cuts an answer into messages that Discord takes and that read as if each had been written for itself.
//!
//! - `block` reads the lines once: which belong to a code fence, which are quoted, where a line's own words begin.
//! - `span` finds what should not be cut in two within a line: inline code and masked links.
//! - `boundary` knows where a sentence ends, and where a script without spaces may be broken.
//! - `cut` looks at one message's worth of text and picks the best place to end it.
//! - `split` walks from cut to cut, closes the fence that a cut falls into and opens it again in the next message.
//!
//! Nothing is lost, added or moved but white space at the cuts and the lines that close and reopen a fence or a quote.
//! Each step is linear in the text: a cut looks no further than a fixed number of bytes for each character of the
//! limit.
//!
//! The markup is what Claude writes (`CommonMark`) as far as Discord shows it. This module must not know what a
//! message is for, nor how it is sent. Mentions are left as they are: the outbox sends every message with none
//! allowed.

mod block;
mod boundary;
mod cut;
mod span;
mod split;
#[cfg(test)]
mod tests;

pub use split::split;

/// How many characters a message may have (Discord developer docs, "Create message"), counted by [`units`].
pub const LIMIT: usize = 2000;

/// The length of `text` in UTF-16 code units.
///
/// Discord's API counts code points (its staff in `discord-api-docs`, issue 1315) and its clients, written in
/// JavaScript, count code units, which are never fewer. What passes here passes both.
#[must_use]
pub fn units(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}

/// Whether `c` shows nothing by itself. Discord refuses a message that holds nothing else.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || c.is_control()
}
