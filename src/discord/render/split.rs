//! Walks from cut to cut through an answer.

use std::ops::Range;

use unicode_segmentation::GraphemeCursor;

use super::{
    block::{self, LONG_QUOTE, Line, Role},
    cut::{self, Cut, Source},
    is_blank, span, units,
};

/// The least a message may be limited to: room for a fence to be closed and opened again, and for some text.
const LEAST_LIMIT: usize = 20;

/// One message: a part of the text, and what is put around it.
#[derive(Debug)]
pub(super) struct Piece {
    /// Opens again what the cut before closed.
    pub(super) opening: String,
    pub(super) range: Range<usize>,
    /// Closes what the cut after leaves open.
    pub(super) closing: String,
}

/// Cuts `text` into messages of at most `limit` [`units`] (at least 20), none of them empty or white space alone.
///
/// A text that fits is left as it is, even with a fence that is not closed; one that shows nothing gives no message.
#[must_use]
pub fn split(text: &str, limit: usize) -> Vec<String> {
    let limit = limit.max(LEAST_LIMIT);
    if text.chars().all(is_blank) {
        Vec::new()
    } else if units(text) <= limit {
        vec![text.to_owned()]
    } else {
        pieces(text, limit)
            .into_iter()
            .map(|piece| [&piece.opening, &text[piece.range], &piece.closing].concat())
            .collect()
    }
}

/// The pieces of a text that does not fit.
pub(super) fn pieces(text: &str, limit: usize) -> Vec<Piece> {
    let text = text.trim_end_matches(is_blank);
    let blocks = block::read(text, limit);
    let spans = span::find(text, &blocks.lines, limit);
    let source = Source {
        text,
        blocks,
        spans,
        limit,
    };
    let mut pieces = Vec::new();
    let mut line = 0;
    let mut from = source.resume_words(0, line);
    while from < text.len() {
        line = source.line_of(from, line);
        let opening = source.opening(from, line);
        let cut = cut::end(&source, from, line, units(&opening));
        pieces.push(Piece {
            opening,
            range: from..cut.at,
            closing: source.closing(cut),
        });
        from = source.resume(cut, line);
    }
    pieces
}

impl Source<'_> {
    /// The line that holds `at`, which is not before the line `first`.
    fn line_of(&self, at: usize, first: usize) -> usize {
        let rest = self.blocks.lines.get(first + 1..).unwrap_or_default();
        first + rest.iter().take_while(|line| line.start <= at).count()
    }

    /// What a message that begins at `from`, in the line `line`, has to open again.
    fn opening(&self, from: usize, line: usize) -> String {
        let Some(line) = self.blocks.lines.get(line) else {
            return String::new();
        };
        let mut opening = String::new();
        if self.blocks.long_quote.is_some_and(|start| start <= from) {
            opening.push_str(LONG_QUOTE);
        }
        match line.role {
            Role::Body(fence) => opening.push_str(&self.blocks.fences[fence].reopening()),
            Role::Open(fence) if from >= line.words => {
                opening.push_str(&self.blocks.fences[fence].reopening());
            }
            _ => {}
        }
        let quote = &self.text[line.start..line.quote_end];
        if from >= line.quote_end && units(quote) <= self.limit / 4 {
            opening.push_str(quote);
        }
        opening
    }

    fn closing(&self, cut: Cut) -> String {
        cut.fence.map_or(String::new(), |fence| {
            format!("\n{}", self.blocks.fences[fence].closing())
        })
    }

    /// Where the next message begins, after a cut at or after the line `line`.
    fn resume(&self, cut: Cut, line: usize) -> usize {
        if cut.fence.is_none() {
            return self.resume_words(cut.at, line);
        }
        let index = self.line_of(cut.at, line);
        let mut rest = self.blocks.lines.iter().skip(index);
        if let Some(line) = rest.next()
            && let Some(at) = self.first_visible(cut.at..line.end)
        {
            return at;
        }
        for line in rest {
            match line.role {
                Role::Body(fence) if Some(fence) == cut.fence => {
                    if let Some(at) = self.first_visible(line.quote_end..line.end) {
                        return self.with_indentation(line, at);
                    }
                }
                // the closing line that was put in stands for this one
                Role::Close(fence) if Some(fence) == cut.fence => {
                    return self.resume_words(line.end, index);
                }
                _ => return self.resume_words(line.start, index),
            }
        }
        self.text.len()
    }

    /// Where a message outside fences begins, with nothing but white space left out after `end`, which is at or after
    /// the line `line`.
    fn resume_words(&self, end: usize, line: usize) -> usize {
        let at = skip_blank(self.text, end);
        match self.blocks.lines.get(self.line_of(at, line)) {
            Some(line) if end <= line.start => self.with_indentation(line, at),
            _ => at,
        }
    }

    /// The start of a line, or the first place that shows something if the space before it fills much of a message.
    fn with_indentation(&self, line: &Line, first_visible: usize) -> usize {
        if units(&self.text[line.start..first_visible]) > self.limit / 4 {
            first_visible
        } else {
            line.start
        }
    }

    fn first_visible(&self, range: Range<usize>) -> Option<usize> {
        let at = skip_blank(&self.text[..range.end], range.start);
        (at < range.end).then_some(at)
    }
}

/// The first place from `from` on that shows something; never within a grapheme cluster.
fn skip_blank(text: &str, from: usize) -> usize {
    let at = text.len() - text[from..].trim_start_matches(is_blank).len();
    match text[from..at].chars().next_back() {
        // a mark that combines with the last blank character
        Some(c) if GraphemeCursor::new(at, text.len(), true).is_boundary(text, 0) == Ok(false) => {
            at - c.len_utf8()
        }
        _ => at,
    }
}
