//! Reads a text line by line and divides it into prose and code.
//!
//! A code block opens at a line of three or more backticks or tildes at any indentation, in a list item or in a quote,
//! and is closed by at least as many of the same mark alone on a line, or by the end of its quote. Math between `$$`
//! or `\[` and `\]` on lines of their own is code as well. Prose is handed on in chunks that can be read apart from one
//! another: whole blocks, items of a list, or parts of a block that is longer than [`LONGEST`].

mod chunk;
mod state;

pub(super) use chunk::{Chunk, Prose};

use state::{ScanState, block, code, content, opens_fence, unindent};

use super::{
    fence::{Fence, LONG_QUOTE, Marks, language, strip_list_mark, strip_list_marks, strip_quotes},
    html::{closes_preformatted, opens_preformatted},
    symbols::is_formula,
};

/// The longest chunk of prose and the longest line that is read as a whole, in bytes.
pub(super) const LONGEST: usize = 8 * 1024;

/// How long a table is when the widths of its columns are decided, in bytes: it may then fill a page.
const LONG_TABLE: usize = 2_500;

/// Where a text stands after the lines read so far.
#[derive(Debug, Clone, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are independent of one another"
)]
pub(super) struct Scanner {
    state: ScanState,
    /// Prose that is not handed on yet.
    prose: Prose,
    /// The line before was blank.
    is_after_blank: bool,
    /// The last line was not read to its end.
    is_mid_line: bool,
    is_in_list: bool,
    /// All is quoted from here on, and no line says so.
    is_in_long_quote: bool,
    /// Neither blank lines nor quotes end a comment.
    is_in_comment: bool,
    /// The first two lines of the table that the prose ends with.
    table: Option<String>,
    /// Where its second line begins in the prose.
    table_start: usize,
    last_line: String,
}

impl Scanner {
    /// Whether the next line belongs to a code block, or to preformatted text.
    pub(super) fn is_in_code(&self) -> bool {
        matches!(
            self.state,
            ScanState::Code { .. } | ScanState::Preformatted { .. }
        )
    }

    /// Whether the next line belongs to a code block with colors.
    pub(super) fn is_in_ansi(&self) -> bool {
        matches!(self.state, ScanState::Code { is_ansi: true, .. })
    }

    /// What would close the block that is open.
    pub(super) fn closing(&self) -> Option<String> {
        self.state.closing()
    }

    /// Whether the next line may be a row of a table.
    pub(super) fn is_in_table(&self) -> bool {
        self.table.is_some()
    }

    /// Whether what follows may show the prose that is not handed on yet in another form, from its beginning.
    pub(super) fn may_change_form(&self) -> bool {
        self.table.is_some() && self.prose.header == 0 || self.is_in_comment
    }

    /// Forgets the last line if it may be the first one of a table.
    pub(super) fn hold_back(&mut self) {
        let is_row = self.table.is_none() && self.last_line.trim_start().starts_with('|');
        let start = self
            .prose
            .text
            .strip_suffix('\n')
            .and_then(|text| text.strip_suffix(&self.last_line));
        if let Some(start) = start.filter(|_| is_row && self.state == ScanState::Prose) {
            self.prose.text.truncate(start.len());
        }
    }

    /// Forgets a comment of which the end is missing. Within code it is none.
    pub(super) fn hold_back_comment(&mut self) {
        let text = &mut self.prose.text;
        let Some(at) = text.rfind("<!--") else { return };
        let is_code = text[..at].matches('`').count() % 2 == 1;
        if self.state == ScanState::Prose && !is_code && !text[at..].contains("-->") {
            text.truncate(text[..at].trim_end_matches(' ').len());
        }
    }

    /// Reads a line, or a part of one if it does not end.
    pub(super) fn read(&mut self, line: &str, ends: bool, chunks: &mut Vec<Chunk>) {
        let goes_on = std::mem::replace(&mut self.is_mid_line, !ends);
        match self.state {
            ScanState::Prose if goes_on => self.add(line, ends, chunks),
            ScanState::Preformatted { .. } if goes_on => {
                self.read_preformatted(line, ends, chunks);
            }
            _ if goes_on => chunks.push(code(line, ends)),
            ScanState::Prose => self.read_prose(line, ends, chunks),
            ScanState::Code {
                marks, is_quoted, ..
            } => match content(line, is_quoted) {
                Some(line) if marks.are_closed_by(line) => self.close(chunks),
                Some(line) => chunks.push(code(unindent(line, marks.indent), ends)),
                None => {
                    self.close(chunks);
                    self.read_prose(line, ends, chunks);
                }
            },
            ScanState::Preformatted { is_quoted } => match content(line, is_quoted) {
                Some(line) if !opens_fence(line) => self.read_preformatted(line, ends, chunks),
                _ => {
                    self.close(chunks);
                    self.read_prose(line, ends, chunks);
                }
            },
            ScanState::Math { closing, is_quoted } => match content(line, is_quoted) {
                Some(line) if line.trim() == closing => self.close(chunks),
                Some(line) if !line.trim().is_empty() => chunks.push(code(line, ends)),
                _ => {
                    self.close(chunks);
                    self.read_prose(line, ends, chunks);
                }
            },
        }
    }

    /// Reads a line of preformatted text, which may end in it.
    fn read_preformatted(&mut self, line: &str, ends: bool, chunks: &mut Vec<Chunk>) {
        let Some((inner, after)) = closes_preformatted(line) else {
            chunks.push(code(line, ends));
            return;
        };
        if !inner.trim().is_empty() {
            chunks.push(code(inner, true));
        }
        self.close(chunks);
        self.is_mid_line = false;
        if !after.trim().is_empty() {
            self.add(after.trim_start(), ends, chunks);
            self.is_mid_line = !ends;
        }
    }

    /// Ends the text.
    pub(super) fn finish(&mut self, chunks: &mut Vec<Chunk>) {
        if self.state == ScanState::Prose {
            self.flush(chunks);
        } else {
            self.close(chunks);
        }
    }

    fn close(&mut self, chunks: &mut Vec<Chunk>) {
        self.state = ScanState::Prose;
        chunks.push(Chunk::Close);
    }

    fn read_prose(&mut self, line: &str, ends: bool, chunks: &mut Vec<Chunk>) {
        self.is_in_long_quote |= line.trim_start_matches(' ').starts_with(LONG_QUOTE);
        let quoted = (!self.is_in_long_quote)
            .then(|| strip_quotes(line))
            .flatten();
        let is_quoted = quoted.is_some();
        let content = quoted.unwrap_or(line);
        if is_quoted != self.prose.is_quoted {
            self.flush(chunks);
            self.prose.is_quoted = is_quoted;
            self.is_in_comment = false;
        }
        if !self.is_in_comment && self.open(content, is_quoted, ends, chunks) {
            return;
        }
        let is_blank = content.trim().is_empty();
        let is_indented = content.starts_with([' ', '\t']);
        let is_item = self.is_in_list && strip_list_mark(content).is_some();
        let is_new =
            (self.is_after_blank || is_item) && !is_blank && !is_indented && !self.is_in_comment;
        // a line without a bar is hardly a row
        let ends_table = self.table.is_some() && !content.contains('|');
        if is_new || ends_table {
            self.flush(chunks);
        }
        if !is_blank && !is_indented && (self.is_after_blank || self.prose.text.is_empty()) {
            self.is_in_list = false;
        }
        self.is_in_list |= strip_list_mark(content.trim_start()).is_some();
        self.is_after_blank = is_blank;
        self.track_comment(content);
        self.track_table(content);
        self.add(content, ends, chunks);
    }

    /// Opens a code block if the line does, and returns whether it does.
    fn open(
        &mut self,
        content: &str,
        is_quoted: bool,
        ends: bool,
        chunks: &mut Vec<Chunk>,
    ) -> bool {
        let rest = match content.trim_start().strip_prefix(LONG_QUOTE) {
            Some(quoted) if self.is_in_long_quote => quoted,
            _ => strip_list_marks(content),
        };
        let before = &content[..content.len() - rest.len()];
        let trimmed = rest.trim();
        let inner = |open: &str, close: &str| {
            let inner = trimmed.strip_prefix(open)?.strip_suffix(close)?.trim();
            (!inner.is_empty() && !inner.contains(open)).then_some(inner)
        };
        let brackets = || inner("\\[", "\\]").filter(|math| is_formula(math));
        let closing = match trimmed {
            "$$" => Some("$$"),
            "\\[" => Some("\\]"),
            _ => None,
        };
        if let Some((marks, info)) = Marks::read(before, rest) {
            let (language, words) = language(info);
            self.lead_in(before, words, chunks);
            self.state = ScanState::Code {
                marks,
                is_quoted,
                is_ansi: language == "ansi",
            };
            chunks.push(Chunk::Open(Fence {
                is_quoted,
                language: language.to_owned(),
                header: Vec::new(),
            }));
        } else if let Some(inner) = opens_preformatted(rest) {
            self.lead_in(before, "", chunks);
            self.state = ScanState::Preformatted { is_quoted };
            chunks.push(Chunk::Open(block(is_quoted)));
            if !inner.trim().is_empty() {
                self.is_after_blank = false;
                self.read_preformatted(inner, ends, chunks);
                return true;
            }
        } else if let Some(closing) = closing {
            self.lead_in(before, "", chunks);
            self.state = ScanState::Math { closing, is_quoted };
            chunks.push(Chunk::Open(block(is_quoted)));
        } else if let Some(inner) = inner("$$", "$$").or_else(brackets) {
            self.lead_in(before, "", chunks);
            chunks.extend([
                Chunk::Open(block(is_quoted)),
                code(inner, true),
                Chunk::Close,
            ]);
        } else {
            return false;
        }
        self.is_mid_line = false;
        self.is_after_blank = false;
        true
    }

    /// What stands before a code block in its line, and words of its info string, get a line of their own.
    fn lead_in(&mut self, before: &str, words: &str, chunks: &mut Vec<Chunk>) {
        for line in [before.trim_end(), words] {
            if !line.trim().is_empty() {
                self.prose.text.push_str(line);
                self.prose.text.push('\n');
                self.is_in_list |= strip_list_mark(&format!("{} ", line.trim_start())).is_some();
            }
        }
        self.flush(chunks);
        self.table = None;
    }

    fn track_comment(&mut self, content: &str) {
        self.is_in_comment |= content.trim_start().starts_with("<!--");
        self.is_in_comment &= !content.contains("-->");
    }

    fn track_table(&mut self, content: &str) {
        let is_rule = content.contains('|')
            && content.contains('-')
            && content.chars().all(|c| "|:- \t".contains(c));
        if !content.contains('|') {
            self.table = None;
        } else if is_rule && self.table.is_none() && self.last_line.contains('|') {
            self.table = Some(format!("{}\n{content}\n", self.last_line));
            self.table_start = self.prose.text.len();
        }
        content.clone_into(&mut self.last_line);
    }

    fn add(&mut self, text: &str, ends: bool, chunks: &mut Vec<Chunk>) {
        self.prose.text.push_str(text);
        if ends {
            self.prose.text.push('\n');
        }
        let header = self.table.as_ref();
        let header = header.filter(|table| ends && table.len() < LONGEST / 8);
        let (start, longest) = match header {
            // So that the header is not read more often than the rows.
            Some(header) if self.prose.header > 0 => (0, 2 * header.len() + LONG_TABLE / 5),
            Some(_) => (self.table_start, LONG_TABLE),
            None => (0, LONGEST),
        };
        let length = self.prose.text.len();
        if length < LONGEST && length - start.min(length) < longest {
            return;
        }
        let header = header.cloned();
        self.prose.is_continued = header.is_some();
        self.flush(chunks);
        self.is_in_comment = false;
        self.prose.is_mid_line = !ends;
        if let Some(header) = header {
            self.prose.header = header.len();
            self.prose.text = header;
        }
    }

    fn flush(&mut self, chunks: &mut Vec<Chunk>) {
        let next = Prose {
            is_quoted: self.prose.is_quoted,
            is_in_list: self.is_in_list,
            ..Prose::default()
        };
        let prose = std::mem::replace(&mut self.prose, next);
        if !prose.text.is_empty() {
            chunks.push(Chunk::Prose(prose));
        }
    }
}

#[cfg(test)]
mod tests;
