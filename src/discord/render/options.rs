//! How messages are to look, and what they may hold.

/// How many characters a message may have (Discord developer docs, "Create message"), counted by [`units`].
pub const LIMIT: usize = 2000;

/// How messages are to look.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PageOptions {
    /// The most [`units`] of a page, at least 20. In a page of fewer than 100 the marks of bold words and the like are not
    /// closed where it ends.
    pub limit: usize,
    /// The most columns of a table: a wider one becomes lines.
    pub table_columns: usize,
}

impl Default for PageOptions {
    fn default() -> Self {
        Self {
            limit: LIMIT,
            table_columns: 60,
        }
    }
}

/// Whether a text is whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Completeness {
    /// The text is still growing: unfinished constructs are closed or held back.
    Growing,
    /// The text is complete.
    Final,
}

/// The length of `text` in UTF-16 code units.
///
/// Discord's API counts code points (its staff in `discord-api-docs`, issue 1315) and its clients, written in
/// JavaScript, count code units, which are never fewer. What passes here passes both.
#[must_use]
pub fn units(text: &str) -> usize {
    text.chars().map(char::len_utf16).sum()
}
