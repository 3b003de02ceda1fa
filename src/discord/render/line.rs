//! A line of Discord's Markdown.

use unicode_segmentation::GraphemeCursor;

use super::{
    fence::{Fence, LONG_QUOTE, QUOTE, strip_heading_mark, strip_list_marks},
    shows_nothing, units,
};

/// A line, without its line feed.
#[derive(Debug, Clone)]
pub(super) struct MarkdownLine {
    pub(super) text: String,
    pub(super) role: LineKind,
    pub(super) units: usize,
    /// Where its own words begin, past the marks of quotes, list items and headings.
    pub(super) words: usize,
    /// Whether more of it may come.
    pub(super) is_open: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum LineKind {
    Blank,
    /// Words. Whether they are a list item's first.
    Text {
        is_item: bool,
    },
    Heading,
    /// Opens a code block.
    Open(Box<Fence>),
    Code,
    /// Closes a code block.
    Close,
}

impl MarkdownLine {
    /// A line of prose.
    pub(super) fn prose(text: String) -> Self {
        let quoted = text.trim_start_matches(' ');
        let quoted = quoted.strip_prefix(LONG_QUOTE).unwrap_or(quoted);
        let quoted = quoted.strip_prefix(QUOTE).unwrap_or(quoted);
        let (role, words) = if shows_nothing(quoted) {
            (LineKind::Blank, text.len())
        } else if let Some(words) = strip_heading_mark(quoted) {
            (LineKind::Heading, text.len() - words.len())
        } else {
            let words = strip_list_marks(quoted);
            let is_item = words.len() < quoted.trim_start().len();
            (LineKind::Text { is_item }, text.len() - words.len())
        };
        Self {
            units: units(&text),
            words,
            role,
            text,
            is_open: false,
        }
    }

    /// A line of a code block, or one that opens or closes it.
    pub(super) fn code(text: String, role: LineKind, fence: &Fence) -> Self {
        Self {
            units: units(&text),
            words: if fence.is_quoted { QUOTE.len() } else { 0 },
            role,
            text,
            is_open: false,
        }
    }

    pub(super) fn is_text(&self) -> bool {
        matches!(self.role, LineKind::Text { .. })
    }

    /// Whether it shows nothing.
    pub(super) fn is_blank(&self) -> bool {
        match self.role {
            LineKind::Blank => true,
            LineKind::Code => shows_nothing(&self.text[self.words..]),
            _ => false,
        }
    }

    /// Its units, with its line feed if it has come.
    pub(super) fn length(&self) -> usize {
        self.units + usize::from(!self.is_open)
    }

    /// Whether it shows more than that there is a code block.
    pub(super) fn shows(&self) -> bool {
        !self.is_blank() && !matches!(self.role, LineKind::Open(_) | LineKind::Close)
    }

    /// Whether its first `end` bytes show anything. The mark of a list item does.
    pub(super) fn shows_up_to(&self, end: usize) -> bool {
        let is_item = self.role == LineKind::Text { is_item: true };
        let start = if is_item { 0 } else { self.words.min(end) };
        self.shows() && !shows_nothing(&self.text[start..end])
    }

    /// What precedes the rest of the line when that begins a page of its own.
    pub(super) fn mark(&self) -> &str {
        match self.role {
            LineKind::Heading => &self.text[..self.words],
            _ if self.text.starts_with(QUOTE) => QUOTE,
            _ => "",
        }
    }

    /// Whether all that follows in its message is quoted.
    pub(super) fn quotes_the_rest(&self) -> bool {
        self.role != LineKind::Code && self.text.trim_start_matches(' ').starts_with(LONG_QUOTE)
    }
}

/// What follows the white space that a text begins with; never within a grapheme cluster.
pub(super) fn skip_blank(text: &str) -> &str {
    let at = text.len() - text.trim_start().len();
    match text[..at].chars().next_back() {
        // a mark that combines with the last space
        Some(c) if GraphemeCursor::new(at, text.len(), true).is_boundary(text, 0) == Ok(false) => {
            &text[at - c.len_utf8()..]
        }
        _ => &text[at..],
    }
}
