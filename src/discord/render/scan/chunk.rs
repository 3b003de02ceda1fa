//! What a text is divided into.

use crate::discord::render::fence::Fence;

/// A part of a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::discord::render) enum Chunk {
    Prose(Prose),
    /// A code block begins.
    Open(Fence),
    /// A line of its code, or the rest of one.
    Code {
        line: String,
        ends: bool,
    },
    Close,
}

/// Lines of prose without the marks of a quote around them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are independent of one another"
)]
pub(in crate::discord::render) struct Prose {
    pub(in crate::discord::render) text: String,
    pub(in crate::discord::render) is_quoted: bool,
    /// Whether it goes on in the middle of a line.
    pub(in crate::discord::render) is_mid_line: bool,
    /// Whether indented lines may belong to a list item that came before.
    pub(in crate::discord::render) is_in_list: bool,
    /// How many of its bytes repeat the header of a table whose first rows came before.
    pub(in crate::discord::render) header: usize,
    /// Whether more rows of the table that it ends with follow.
    pub(in crate::discord::render) is_continued: bool,
}
