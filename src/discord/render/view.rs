//! What a cut may look at.

use std::collections::VecDeque;

use super::{
    inline::Inline,
    line::{LineKind, MarkdownLine},
};

/// An end of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cut {
    /// The last line that has text on the page.
    pub(super) line: usize,
    /// Where it ends in the line.
    pub(super) at: usize,
    /// The line that opened the code block that is cut in two.
    pub(super) fence: Option<usize>,
    /// The page's length so far.
    pub(super) units: usize,
}

/// What is known of the text after the page's beginning: as much for every cut, so that it does not matter how much of
/// the text has come.
#[derive(Debug)]
pub(super) struct View<'a> {
    pub(super) lines: &'a VecDeque<MarkdownLine>,
    /// How many of the first lines repeat what a page before it has.
    pub(super) repeated: usize,
    /// How many bytes of the first line's words do so.
    pub(super) carried: usize,
    /// How many lines are in view.
    pub(super) end: usize,
    /// How many bytes of the last of them are.
    pub(super) last_line: usize,
    /// Whether the text ends there.
    pub(super) is_whole: bool,
    pub(super) limit: usize,
}

impl View<'_> {
    /// The first `units` of it.
    pub(super) fn limited_to(mut self, units: usize) -> Self {
        let mut left = units;
        for (index, line) in self.lines.iter().enumerate() {
            if line.length() < left {
                left -= line.length();
                continue;
            }
            self.end = index + 1;
            self.is_whole = false;
            let mut chars = line.text.char_indices();
            let end = chars.find(|(_, c)| {
                let fits = c.len_utf16() <= left;
                left -= c.len_utf16().min(left);
                !fits
            });
            self.last_line = end.map_or(line.text.len(), |(at, _)| at);
            break;
        }
        self
    }

    /// What is in view of a line.
    pub(super) fn text(&self, line: usize) -> &str {
        let text = &self.lines[line].text;
        if line + 1 == self.end {
            &text[..self.last_line]
        } else {
            text
        }
    }

    /// How many lines the paragraph that begins in a line has.
    fn paragraph_lines(&self, first: usize) -> usize {
        let more = self.lines.range(first + 1..self.end);
        let more = more.take_while(|line| line.role == LineKind::Text { is_item: false });
        if self.lines[first].role == LineKind::Heading {
            1
        } else {
            1 + more.count()
        }
    }

    /// The words of the paragraph that begins in a line, and where those of each line begin. Also says whether its end
    /// is in view.
    pub(super) fn paragraph(&self, first: usize) -> (String, Vec<usize>, bool) {
        let count = self.paragraph_lines(first);
        let (mut text, mut starts) = (String::new(), Vec::new());
        for index in first..first + count {
            starts.push(text.len());
            let line = self.text(index);
            text.push_str(&line[self.lines[index].words.min(line.len())..]);
            if self.is_whole || index + 1 < self.end {
                text.push('\n');
            }
        }
        (text, starts, self.is_whole || first + count < self.end)
    }

    /// The first line of the paragraph that a line belongs to; `None` if it is not in a paragraph.
    pub(super) fn paragraph_of(&self, line: usize) -> Option<usize> {
        match self.lines[line].role {
            LineKind::Heading | LineKind::Text { is_item: true } => Some(line),
            LineKind::Text { is_item: false } => {
                let before = self.lines.range(..line).rev();
                let more = before
                    .take_while(|before| before.role == LineKind::Text { is_item: false })
                    .count();
                let first = line - more;
                let starts = first > 0 && self.lines[first - 1].is_text();
                Some(first - usize::from(starts))
            }
            _ => None,
        }
    }

    pub(super) fn read(&self, first: usize) -> (Inline, Vec<usize>) {
        let (text, starts, is_whole) = self.paragraph(first);
        (Inline::read(&text, is_whole, self.limit), starts)
    }

    /// An end for a page that has no room for what must be closed: about half of it, whatever that breaks.
    pub(super) fn force(&self) -> Cut {
        let opens = |line: &MarkdownLine| matches!(line.role, LineKind::Open(_));
        let line = self.repeated + usize::from(self.lines.get(self.repeated).is_some_and(opens));
        let text = self.text(line);
        let mut left = self.limit / 2;
        let end = text.char_indices().skip(1).find(|(_, c)| {
            let is_full = left < c.len_utf16();
            left = left.saturating_sub(c.len_utf16());
            is_full
        });
        let fence = self.lines.range(..line).rposition(opens);
        Cut {
            line,
            at: end.map_or(text.len(), |(at, _)| at),
            fence: fence.filter(|_| self.lines[line].role == LineKind::Code),
            units: 0,
        }
    }

    /// The marks that are open at a cut, the outermost first.
    pub(super) fn open_marks(&self, cut: Cut) -> Vec<String> {
        let Some(first) = self.paragraph_of(cut.line) else {
            return Vec::new();
        };
        let (inline, starts) = self.read(first);
        let words = cut.at.saturating_sub(self.lines[cut.line].words);
        inline.open_at(starts[cut.line - first] + words)
    }
}
