//! Replacements of parts of a text.

use std::ops::Range;

use super::fence::Fence;

/// A part of a message in Discord's Markdown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fragment {
    Text(String),
    Code {
        fence: Fence,
        lines: Vec<String>,
    },
    /// A table in a code block or, if it has none, as text, and how its rows are shown.
    Table {
        fence: Option<Fence>,
        lines: Vec<String>,
        layout: TableLayout,
    },
}

/// How the rows of a table are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum TableLayout {
    /// In columns of these widths.
    Columns(Vec<usize>),
    /// Each as a title and a line for each other cell.
    Lines,
}

/// Replaces a part of the source.
#[derive(Debug)]
pub(super) struct Replacement {
    pub(super) range: Range<usize>,
    pub(super) by: Fragment,
}

impl Replacement {
    pub(super) fn text(range: Range<usize>, text: impl Into<String>) -> Self {
        Self {
            range,
            by: Fragment::Text(text.into()),
        }
    }
}
