//! Reads a text line by line: which lines belong to a code fence, which are quoted, where the words begin.
//!
//! A fence opens at a line of three or more backticks or tildes at any indentation, in a list item or in a block
//! quote, and is closed as `CommonMark` says: by at least as many of the same mark alone on a line that is not
//! indented much more than the opening, or by the end of its quote. Other than in `CommonMark`, a fence in a list
//! item does not end with the item, since Discord knows no such thing.

use std::ops::Range;

use super::units;

/// Quotes all that follows it in a message (Discord's own; `CommonMark` does not know it).
pub(super) const LONG_QUOTE: &str = ">>> ";

/// A text's lines and fences, in order.
#[derive(Debug)]
pub(super) struct Blocks<'a> {
    pub(super) lines: Vec<Line>,
    pub(super) fences: Vec<Fence<'a>>,
    /// Where what a [`LONG_QUOTE`] quotes begins.
    pub(super) long_quote: Option<usize>,
}

/// A line, by its place in the text.
#[derive(Debug, Clone)]
pub(super) struct Line {
    pub(super) start: usize,
    /// Before the line feed, or the end of the text.
    pub(super) end: usize,
    /// Where the `>`s of a block quote end: `start` if there are none.
    pub(super) quote_end: usize,
    /// Where the line's own words begin, past quote, list and heading marks; for a line that opens a fence, past
    /// its marks.
    pub(super) words: usize,
    pub(super) role: Role,
}

/// What a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// White space alone, outside fences.
    Blank,
    Text,
    Heading,
    /// The first line of the fence with this index.
    Open(usize),
    /// A line of its code.
    Body(usize),
    /// Its last line.
    Close(usize),
}

impl Role {
    /// The fence that the line belongs to.
    pub(super) fn fence(self) -> Option<usize> {
        match self {
            Self::Open(fence) | Self::Body(fence) | Self::Close(fence) => Some(fence),
            Self::Blank | Self::Text | Self::Heading => None,
        }
    }
}

/// A code fence.
#[derive(Debug)]
pub(super) struct Fence<'a> {
    /// The block quote's marks, for lines that are put in.
    quote: &'a str,
    /// How many characters stand between the quote's marks and the fence's.
    indent: usize,
    /// What opens it: three or more of one mark.
    marks: &'a str,
    /// What its info string names as the language, if Discord would highlight that.
    language: &'a str,
    /// From the start of its first line to the end of its last.
    pub(super) range: Range<usize>,
}

impl Fence<'_> {
    /// What follows a line feed to close the fence.
    pub(super) fn closing(&self) -> String {
        format!("{}{}{}", self.quote, " ".repeat(self.indent), self.marks)
    }

    /// What opens the fence again, with its line feed.
    pub(super) fn reopening(&self) -> String {
        format!("{}{}\n", self.closing(), self.language)
    }

    /// How many units a message needs at most for opening the fence again, quoting the rest of a line in it, and
    /// closing it.
    fn overhead(&self) -> usize {
        let quote = units(self.quote);
        let mark = quote + self.indent + self.marks.len();
        (mark + self.language.len() + 1) + quote + (1 + mark)
    }

    /// Makes the fence cheap enough to be opened and closed in messages of `limit` units: without its language if that
    /// takes much of a message. False if even that is too dear (it has hundreds of marks, say).
    fn fit(&mut self, limit: usize) -> bool {
        if self.overhead() + LONG_QUOTE.len() > limit / 4 {
            self.language = "";
        }
        self.overhead() + LONG_QUOTE.len() <= limit / 2
    }
}

/// Reads `text`. Fences that could not be closed and opened again in messages of `limit` units are read as text.
pub(super) fn read(text: &str, limit: usize) -> Blocks<'_> {
    let mut blocks = Blocks {
        lines: Vec::new(),
        fences: Vec::new(),
        long_quote: None,
    };
    let mut open = None;
    let mut start = 0;
    for line in text.split_inclusive('\n') {
        let end = start + line.trim_end_matches('\n').len();
        let code = open.and_then(|fence| Some((fence, blocks.code(fence, &text[start..end])?)));
        open = match code {
            Some((fence, code)) => blocks.read_code(start..end, fence, code),
            None => blocks.read_line(text, start..end),
        };
        start += line.len();
    }
    let fits: Vec<bool> = blocks
        .fences
        .iter_mut()
        .map(|fence| fence.fit(limit))
        .collect();
    for line in &mut blocks.lines {
        if line.role.fence().is_some_and(|fence| !fits[fence]) {
            line.role = Role::Text;
            line.words = line.quote_end;
        }
    }
    blocks
}

impl<'a> Blocks<'a> {
    /// What a line that follows an open fence adds to it; `None` if the fence's quote ended before it.
    fn code<'t>(&self, fence: usize, line: &'t str) -> Option<&'t str> {
        strip_quote(line, self.fences[fence].quote.matches('>').count())
    }

    /// Reads a line of an open fence and returns the fence unless the line closes it.
    fn read_code(&mut self, line: Range<usize>, index: usize, code: &str) -> Option<usize> {
        let Range { start, end } = line;
        let fence = &mut self.fences[index];
        fence.range.end = end;
        let is_last = closes(code, fence);
        self.lines.push(Line {
            start,
            end,
            quote_end: end - code.len(),
            words: end - code.len(),
            role: if is_last {
                Role::Close(index)
            } else {
                Role::Body(index)
            },
        });
        (!is_last).then_some(index)
    }

    /// Reads a line outside fences and returns the fence that it opens.
    fn read_line(&mut self, text: &'a str, line: Range<usize>) -> Option<usize> {
        let Range { start, end } = line;
        let whole = &text[start..end];
        let (mut quote_end, mut from) = (start, start);
        if self.long_quote.is_none() {
            if let Some(rest) = strip_long_quote(whole) {
                from = end - rest.len();
                self.long_quote = Some(from);
            } else {
                quote_end = end - strip_all_quotes(whole).len();
                from = quote_end;
            }
        }
        let mut rest = text[from..end].trim_start();
        while let Some(after) = strip_list_mark(rest) {
            rest = after.trim_start();
        }
        let at = end - rest.len();
        let (words, role) = if let Some((marks, info)) = fence_marks(rest) {
            self.fences.push(Fence {
                quote: &text[start..quote_end],
                indent: text[from..at].chars().count(),
                marks,
                language: language(info),
                range: start..end,
            });
            (at + marks.len(), Role::Open(self.fences.len() - 1))
        } else if let Some(words) = strip_heading_mark(rest) {
            (end - words.len(), Role::Heading)
        } else if whole.trim().is_empty() {
            (end, Role::Blank)
        } else {
            (at, Role::Text)
        };
        self.lines.push(Line {
            start,
            end,
            quote_end,
            words,
            role,
        });
        role.fence()
    }
}

/// What follows `depth` quote marks and a space after each; `None` if there are fewer.
fn strip_quote(line: &str, depth: usize) -> Option<&str> {
    (0..depth).try_fold(line, |rest, _| {
        let after = rest.trim_start_matches([' ', '\t']).strip_prefix('>')?;
        Some(after.strip_prefix(' ').unwrap_or(after))
    })
}

fn strip_all_quotes(line: &str) -> &str {
    let mut rest = line;
    while let Some(after) = strip_quote(rest, 1) {
        rest = after;
    }
    rest
}

fn strip_long_quote(line: &str) -> Option<&str> {
    line.trim_start_matches(' ').strip_prefix(LONG_QUOTE)
}

fn strip_list_mark(text: &str) -> Option<&str> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let after = match digits {
        0 => text.strip_prefix(['-', '*', '+'])?,
        1..=9 => text[digits..].strip_prefix(['.', ')'])?,
        _ => return None,
    };
    after.starts_with([' ', '\t']).then_some(after)
}

fn strip_heading_mark(text: &str) -> Option<&str> {
    let after = text.trim_start_matches('#');
    let is_heading = (1..=6).contains(&(text.len() - after.len())) && after.starts_with(' ');
    is_heading.then_some(after.trim_start())
}

/// The marks that open a fence and what follows them.
fn fence_marks(text: &str) -> Option<(&str, &str)> {
    let mark = text.chars().next().filter(|c| matches!(c, '`' | '~'))?;
    let info = text.trim_start_matches(mark);
    let marks = &text[..text.len() - info.len()];
    let is_inline_code = mark == '`' && info.contains('`');
    (marks.len() >= 3 && !is_inline_code).then_some((marks, info))
}

fn closes(line: &str, fence: &Fence<'_>) -> bool {
    let rest = line.trim_start();
    let indent = line[..line.len() - rest.len()].chars().count();
    let after = rest.trim_start_matches(|c| fence.marks.starts_with(c));
    indent <= fence.indent + 3
        && rest.len() - after.len() >= fence.marks.len()
        && after.trim().is_empty()
}

/// The language that a fence's info string names; empty if it is none that Discord would highlight, or longer than
/// any of them.
fn language(info: &str) -> &str {
    const LONGEST: usize = 32;
    let word = info.split_whitespace().next().unwrap_or_default();
    let is_name = |b: u8| b.is_ascii_alphanumeric() || b"_+-.#".contains(&b);
    if word.len() <= LONGEST && word.bytes().all(is_name) {
        word
    } else {
        ""
    }
}

#[cfg(test)]
mod tests;
