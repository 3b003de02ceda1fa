//! Where a text stands between two lines, and what a line adds to the block that is open.

use super::chunk::Chunk;
use crate::discord::render::{
    fence::{Fence, Marks, QUOTE},
    html::PREFORMATTED_END,
};

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) enum ScanState {
    #[default]
    Prose,
    Code {
        marks: Marks,
        is_quoted: bool,
        is_ansi: bool,
    },
    /// Preformatted text in HTML.
    Preformatted { is_quoted: bool },
    /// Math, up to this line.
    Math {
        closing: &'static str,
        is_quoted: bool,
    },
}

impl ScanState {
    /// What would close the block that is open.
    pub(super) fn closing(&self) -> Option<String> {
        let (closing, is_quoted) = match *self {
            Self::Prose => return None,
            Self::Code {
                marks, is_quoted, ..
            } => (marks.closing(), is_quoted),
            Self::Preformatted { is_quoted } => (PREFORMATTED_END.to_owned(), is_quoted),
            Self::Math { closing, is_quoted } => (closing.to_owned(), is_quoted),
        };
        Some(if is_quoted {
            QUOTE.to_owned() + &closing
        } else {
            closing
        })
    }
}

pub(super) fn code(line: &str, ends: bool) -> Chunk {
    Chunk::Code {
        line: line.to_owned(),
        ends,
    }
}

pub(super) fn block(is_quoted: bool) -> Fence {
    Fence {
        is_quoted,
        ..Fence::default()
    }
}

/// What a line adds to a block; `None` if the block's quote ended before it.
pub(super) fn content(line: &str, is_quoted: bool) -> Option<&str> {
    if is_quoted {
        let after = line.trim_start_matches([' ', '\t']).strip_prefix('>')?;
        Some(after.strip_prefix(' ').unwrap_or(after))
    } else {
        Some(line)
    }
}

pub(super) fn unindent(line: &str, most: usize) -> &str {
    let indent = line.bytes().take(most).take_while(|b| *b == b' ').count();
    &line[indent..]
}

/// Whether a line of preformatted text opens a code block, so that the tag that closes the text is missing. Tildes only
/// underline something.
pub(super) fn opens_fence(line: &str) -> bool {
    let line = line.trim_start();
    line.starts_with('`') && Marks::read("", line).is_some()
}
