//! Replacements of parts of a text.

use std::ops::Range;

use super::fence::Fence;

/// A part of a message in Discord's Markdown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fragment {
    Text(String),
    Code { fence: Fence, lines: Vec<String> },
}

/// Replaces a part of the source.
#[derive(Debug)]
pub(super) struct Edit {
    pub(super) range: Range<usize>,
    pub(super) by: Fragment,
}

impl Edit {
    pub(super) fn text(range: Range<usize>, text: impl Into<String>) -> Self {
        Self {
            range,
            by: Fragment::Text(text.into()),
        }
    }
}
