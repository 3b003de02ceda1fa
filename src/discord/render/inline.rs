//! Reads a paragraph as Discord does: where bold, italic, underlined, struck and hidden words and inline code begin and
//! end, and which links there are. So it is known what a cut must close and open again.

use std::{collections::HashMap, ops::Range};

use super::{brackets::Brackets, is_blank, shows_nothing};

/// Words shorter than this between two marks are not cut in two if it can be helped.
const SHORT: usize = 100;

/// A paragraph.
#[derive(Debug, Default)]
pub(super) struct Inline {
    spans: Vec<Span>,
    /// For each byte, and the end: how many units a cut there must close.
    closing: Vec<u8>,
    places: Vec<CutEffect>,
}

/// What a cut would do there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum CutEffect {
    /// Cut words.
    Free,
    /// Cut inline code, or a few words that belong together.
    InSpan,
    /// Cut a link.
    Forbidden,
    /// Cut a mark, leave nothing between two marks, or make a longer run of backticks.
    Never,
}

/// Words between two marks.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Span {
    mark: String,
    inner: Range<usize>,
    /// Whether its end is there.
    is_closed: bool,
}

impl Inline {
    /// Reads a paragraph. Unclosed marks are plain text if the paragraph `is_whole`; otherwise they are assumed to close
    /// later. Links longer than most of a page of `limit` units may be cut, and marks of words are ignored
    /// in pages that have no room for them.
    pub(super) fn read(text: &str, is_whole: bool, limit: usize) -> Self {
        const LEAST_ROOM: usize = 100;
        let known = if is_whole || text.ends_with('\n') {
            text
        } else {
            // more marks may come in this line
            text.trim_end_matches(['*', '_', '~', '|', '`'])
        };
        let mut reader = Reader::new(known, is_whole);
        reader.run();
        let Reader {
            mut spans,
            open,
            brackets: Brackets { links, .. },
            ..
        } = reader;
        if !is_whole {
            spans.extend(
                open.into_iter()
                    .filter(|open| open.is_certain)
                    .map(|open| Span {
                        mark: open.mark.to_owned(),
                        inner: open.end..text.len(),
                        is_closed: false,
                    }),
            );
        }
        spans.retain(|span| limit >= LEAST_ROOM || span.mark.starts_with('`'));
        spans.sort_by_key(|span| span.inner.start);
        let mut inline = Self {
            closing: vec![0; text.len() + 1],
            places: vec![CutEffect::Free; text.len() + 1],
            spans,
        };
        inline.fill(text);
        for link in links.into_iter().filter(|link| link.len() <= limit * 7 / 8) {
            for place in &mut inline.places[link.start + 1..link.end] {
                *place = (*place).max(CutEffect::Forbidden);
            }
        }
        inline
    }

    fn fill(&mut self, text: &str) {
        for Span {
            mark,
            inner,
            is_closed,
        } in &self.spans
        {
            let (start, end) = (inner.start, inner.end);
            let units = u8::try_from(mark.len()).unwrap_or(u8::MAX);
            for closing in &mut self.closing[start..=end] {
                *closing = closing.saturating_add(units);
            }
            if mark.starts_with('`') || (*is_closed && end - start < SHORT) {
                for place in &mut self.places[start..end] {
                    *place = (*place).max(CutEffect::InSpan);
                }
            }
            if mark.starts_with('`') {
                for (at, _) in text[start..end].match_indices('`') {
                    // white space at a cut is left out
                    let (before, after) = (&text[start..start + at], &text[start + at + 1..end]);
                    let from = start + before.trim_end().len();
                    let to = end - after.trim_start().len();
                    self.places[from..=to].fill(CutEffect::Never);
                }
            }
            let words = &text[start..end];
            let first = start + words.len() - words.trim_start().len();
            self.places[start + 1 - mark.len()..=first].fill(CutEffect::Never);
            if *is_closed {
                let last = start + words.trim_end().len();
                self.places[last..end + mark.len()].fill(CutEffect::Never);
            }
        }
    }

    /// How many units a cut at `at` must close.
    pub(super) fn closing(&self, at: usize) -> usize {
        self.closing.get(at).copied().unwrap_or_default().into()
    }

    pub(super) fn place(&self, at: usize) -> CutEffect {
        self.places.get(at).copied().unwrap_or(CutEffect::Free)
    }

    /// The marks that are open at `at`, the outermost first.
    pub(super) fn open_at(&self, at: usize) -> Vec<String> {
        let is_open = |span: &&Span| span.inner.start <= at && at <= span.inner.end;
        let open = self.spans.iter().filter(is_open);
        open.map(|span| span.mark.clone()).collect()
    }

    /// The marks that begin within the first `end` bytes and that nothing closes, the outermost first.
    pub(super) fn unclosed(&self, end: usize) -> Vec<String> {
        let is_unclosed = |span: &&Span| span.inner.start <= end && !span.is_closed;
        let unclosed = self.spans.iter().filter(is_unclosed);
        unclosed.map(|span| span.mark.clone()).collect()
    }
}

/// A mark that is not closed yet.
#[derive(Debug)]
struct Open {
    mark: &'static str,
    end: usize,
    /// Whether it opens something even if its end is not in view.
    is_certain: bool,
}

#[derive(Default)]
struct Reader<'a> {
    text: &'a str,
    is_whole: bool,
    at: usize,
    open: Vec<Open>,
    spans: Vec<Span>,
    brackets: Brackets,
    /// For each run of backticks, where the next one of its length begins.
    code: HashMap<usize, usize>,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str, is_whole: bool) -> Self {
        Self {
            text,
            is_whole,
            code: code_ends(text),
            ..Self::default()
        }
    }

    fn run(&mut self) {
        let bytes = self.text.as_bytes();
        while let Some(byte) = bytes.get(self.at) {
            match byte {
                b'\\' => {
                    self.at += 1;
                    self.at +=
                        usize::from(bytes.get(self.at).is_some_and(u8::is_ascii_punctuation));
                }
                b'`' => self.code(),
                b'h' | b'<' if self.skips_address() => {}
                b'*' | b'_' | b'~' | b'|' => self.marks(*byte),
                b'[' | b']' | b'(' | b')' => self.at = self.brackets.read(self.text, self.at),
                _ => self.at += 1,
            }
        }
    }

    fn code(&mut self) {
        let run = run_length(self.text, self.at);
        let start = self.at + run;
        let end = self.code.get(&self.at);
        match end.filter(|end| !shows_nothing(&self.text[start..**end])) {
            Some(end) => {
                self.spans.push(Span {
                    mark: "`".repeat(run),
                    inner: start..*end,
                    is_closed: true,
                });
                self.at = end + run;
            }
            // its end may come later
            None if !self.is_whole && end.is_none() && run <= 2 => {
                let mark = if run == 1 { "`" } else { "``" };
                let is_certain = self.begins_words(self.at..start);
                self.open.push(Open {
                    mark,
                    end: start,
                    is_certain,
                });
                self.at = self.text.len();
            }
            None => self.at = start,
        }
    }

    /// Skips a bare address, and the content of angle brackets without spaces: neither holds marks.
    fn skips_address(&mut self) -> bool {
        let rest = &self.text[self.at..];
        let begins = |begin: &str| rest.starts_with(begin);
        if !["http://", "https://"].into_iter().any(begins)
            && !["<http", "<@", "<#", "<:", "<a:", "<t:"]
                .into_iter()
                .any(begins)
        {
            return false;
        }
        let ends =
            |c: char| c.is_whitespace() || matches!(c, '>' | '(' | ')' | ']' | '*' | '|' | '"');
        self.at += rest.find(ends).unwrap_or(rest.len());
        true
    }

    fn marks(&mut self, byte: u8) {
        let start = self.at;
        let mut run = run_length(self.text, start);
        self.at = start + run;
        let before = self.text[..start].chars().next_back();
        let after = self.text[self.at..].chars().next();
        let touches_before = before.is_some_and(|c| !c.is_whitespace());
        let touches_after = after.is_some_and(|c| !c.is_whitespace());
        let is_word = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        let (closes, opens) = match byte {
            b'|' => (true, true),
            b'_' => (
                touches_before && !is_word(after),
                touches_after && !is_word(before),
            ),
            _ => (touches_before, touches_after),
        };
        while run > 0 && closes {
            let Some((mark, place)) = self.closable(byte, run) else {
                break;
            };
            let open = &self.open[place];
            let end = self.at - run;
            if end > open.end {
                self.spans.push(Span {
                    mark: mark.to_owned(),
                    inner: open.end..end,
                    is_closed: true,
                });
            }
            self.open.truncate(place);
            run -= mark.len();
        }
        let first = self.open.len();
        while run > 0 && opens {
            let double = double(byte);
            let single = single(byte);
            let is_open = |mark: &str| self.open.iter().any(|open| open.mark == mark);
            let mark = if run >= 2 && !is_open(double) {
                double
            } else if let Some(single) = single.filter(|mark| !is_open(mark)) {
                single
            } else {
                break;
            };
            run -= mark.len();
            self.open.push(Open {
                mark,
                end: self.at - run,
                is_certain: false,
            });
        }
        let is_certain = run == 0 && self.begins_words(start..self.at);
        for open in &mut self.open[first..] {
            open.is_certain = is_certain;
        }
    }

    /// Whether a run of marks stands before words and not within one.
    fn begins_words(&self, run: Range<usize>) -> bool {
        let before = self.text[..run.start].chars().next_back();
        let after = self.text[run.end..].chars().next();
        before.is_none_or(|c| !c.is_alphanumeric()) && after.is_some_and(|c| !is_blank(c))
    }

    /// The mark that a run can close now.
    fn closable(&self, byte: u8, run: usize) -> Option<(&'static str, usize)> {
        let place = |mark: &'static str| {
            let place = self.open.iter().rposition(|open| open.mark == mark)?;
            Some((mark, place))
        };
        let long = (run >= 2).then(|| place(double(byte))).flatten();
        let short = single(byte).and_then(place);
        match (long, short) {
            (Some(long), Some(short)) if short.1 > long.1 && run != 2 => Some(short),
            (Some(long), _) => Some(long),
            (None, short) => short,
        }
    }
}

fn double(byte: u8) -> &'static str {
    match byte {
        b'*' => "**",
        b'_' => "__",
        b'~' => "~~",
        _ => "||",
    }
}

fn single(byte: u8) -> Option<&'static str> {
    match byte {
        b'*' => Some("*"),
        b'_' => Some("_"),
        _ => None,
    }
}

fn run_length(text: &str, at: usize) -> usize {
    let bytes = &text.as_bytes()[at..];
    bytes.iter().take_while(|byte| **byte == bytes[0]).count()
}

/// For each run of one or two backticks, where the next of the same length begins. Longer ones have become words.
fn code_ends(text: &str) -> HashMap<usize, usize> {
    let (mut ends, mut next) = (HashMap::new(), [None; 3]);
    let mut rest = text;
    while let Some(last) = rest.rfind('`') {
        let start = rest[..last].trim_end_matches('`').len();
        let run = last + 1 - start;
        if let Some(end) = next.get_mut(run).and_then(|next| next.replace(start)) {
            ends.insert(start, end);
        }
        rest = &rest[..start];
    }
    ends
}

#[cfg(test)]
mod tests;
