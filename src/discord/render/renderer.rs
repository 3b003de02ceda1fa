//! Renders a text that comes bit by bit.

use super::{
    PageOptions,
    boundary::last_break,
    dialect,
    edit::{Fragment, TableLayout},
    fence::{Fence, defuse, strip_list_marks, strip_quotes},
    html::may_open_preformatted,
    pager::Pager,
    scan::{Chunk, LONGEST, Prose, Scanner},
};
use crate::chat::without_control_sequences;

/// The least that a page may be limited to: room for the marks of a block of code, and for some of it.
const LEAST_LIMIT: usize = 20;

/// The longest link that is held back until it is whole.
const LONGEST_LINK: usize = 500;

/// A text that grows, in pages. Each byte is read a bounded number of times, however small the parts in which it comes.
///
/// ```
/// use switchboard::discord::render::{PageOptions, Renderer};
///
/// let mut renderer = Renderer::new(&PageOptions::default());
/// renderer.push("Some **bold wor");
/// assert_eq!(renderer.tail(), ["Some **bold**"]);
/// renderer.push("ds**");
/// assert_eq!(renderer.finish(), ["Some **bold words**"]);
/// ```
#[derive(Debug, Clone)]
pub struct Renderer {
    table_columns: usize,
    /// The beginning of a line.
    pending: String,
    /// How many bytes of it hold no line feed.
    searched: usize,
    scanner: Scanner,
    /// The table that goes on.
    table: Option<TableLayout>,
    pager: Pager,
    pages: Vec<String>,
    has_feed: bool,
}

impl Renderer {
    #[must_use]
    pub fn new(options: &PageOptions) -> Self {
        Self {
            table_columns: options.table_columns,
            pending: String::new(),
            searched: 0,
            scanner: Scanner::default(),
            table: None,
            pager: Pager::new(options.limit.max(LEAST_LIMIT)),
            pages: Vec::new(),
            has_feed: false,
        }
    }

    pub fn push(&mut self, text: &str) {
        if let Some(last) = text.chars().next_back() {
            self.has_feed = last == '\n';
        }
        let mut pending = std::mem::take(&mut self.pending);
        pending.push_str(text);
        let mut start = 0;
        loop {
            let feed = pending[self.searched..]
                .find('\n')
                .map(|at| self.searched + at);
            let end = feed.unwrap_or(pending.len());
            self.searched = end;
            if end - start > LONGEST {
                let part = part(&pending[start..end]);
                self.read(part, false);
                start += part.len();
            } else if feed.is_some() {
                self.read(&pending[start..end], true);
                start = end + 1;
                self.searched = start;
            } else {
                break;
            }
        }
        pending.drain(..start);
        self.searched -= start;
        self.pending = pending;
    }

    /// The pages that are final: whatever comes, they stay as they are.
    #[must_use]
    pub fn pages_done(&self) -> &[String] {
        &self.pages
    }

    /// The pages after those, as they are to be shown while the text grows. What is open is closed; a word, a link, a
    /// comment and a row of a table that have only begun are held back, and marks whose meaning is still open.
    #[must_use]
    pub fn tail(&self) -> Vec<String> {
        self.tail_and_settled().0
    }

    /// The same, and how many of these pages the rest of a long paragraph or list item can hardly change: nothing that
    /// has only begun is near a cut that ends them.
    pub(super) fn tail_and_settled(&self) -> (Vec<String>, usize) {
        let mut copy = Self {
            table_columns: self.table_columns,
            pending: String::new(),
            searched: 0,
            scanner: self.scanner.clone(),
            table: self.table.clone(),
            pager: self.pager.clone(),
            pages: Vec::new(),
            has_feed: self.has_feed,
        };
        let stable = self.stable();
        if stable.is_empty() {
            copy.scanner.hold_back();
        } else {
            copy.read(stable, false);
        }
        copy.scanner.hold_back_comment();
        copy.end(true)
    }

    /// Ends the text and returns all pages.
    #[must_use]
    pub fn finish(mut self) -> Vec<String> {
        let pending = std::mem::take(&mut self.pending);
        if !pending.is_empty() {
            self.read(&pending, false);
        }
        self.end(false).0
    }

    fn end(mut self, goes_on: bool) -> (Vec<String>, usize) {
        let may_settle = goes_on && !self.scanner.may_change_form();
        let mut chunks = Vec::new();
        self.scanner.finish(&mut chunks);
        for chunk in chunks {
            self.take(chunk);
        }
        if may_settle {
            self.pager.fill_without(LONGEST_LINK, &mut self.pages);
        }
        let settled = self.pages.len();
        self.pager.finish(self.has_feed, goes_on, &mut self.pages);
        (self.pages, settled)
    }

    /// The part of the pending line that can be shown.
    fn stable(&self) -> &str {
        let begun = self.pending.trim_start();
        if begun.starts_with("``") || begun.starts_with("~~~") {
            return "";
        }
        let whole_words = self.pending[..last_break(&self.pending)].trim_end();
        if self.scanner.is_in_code() {
            return whole_words;
        }
        let content = strip_quotes(begun).unwrap_or(begun).trim_start();
        let may_be_block =
            content.starts_with('|') || may_open_preformatted(strip_list_marks(content));
        if may_be_block || self.scanner.is_in_table() {
            return "";
        }
        let link = whole_words.rfind('[').filter(|at| {
            let link = &whole_words[*at..];
            let is_begun = match link.find(']') {
                None => true,
                Some(end) => link[end..].starts_with("](") && !link[end..].contains(')'),
            };
            is_begun && link.len() < LONGEST_LINK
        });
        let words = link.map_or(whole_words, |at| &whole_words[..at]);
        if may_become_markup(words) { "" } else { words }
    }

    /// Reads a line, or a part of one.
    fn read(&mut self, line: &str, ends: bool) {
        let line = without_control_sequences(line, self.scanner.is_in_ansi());
        let mut chunks = Vec::new();
        self.scanner.read(&line, ends, &mut chunks);
        for chunk in chunks {
            self.take(chunk);
        }
        self.pager.fill(&mut self.pages);
    }

    fn take(&mut self, chunk: Chunk) {
        match chunk {
            Chunk::Open(fence) => self.pager.open(fence),
            Chunk::Code { line, ends } => self.pager.push_code(&line, ends),
            Chunk::Close => self.pager.close(),
            Chunk::Prose(prose) => self.take_prose(&prose),
        }
    }

    fn take_prose(&mut self, prose: &Prose) {
        #[cfg(test)]
        {
            self.pager.work += prose.text.len();
        }
        let is_quoted = prose.is_quoted;
        let layout = self.table.clone();
        let mut fragments = dialect::translate(prose, self.table_columns, layout.clone());
        let is_table = |fragment: &Fragment| matches!(fragment, Fragment::Table { .. });
        // The header, and what precedes it, came with the first rows.
        let rest = layout.and_then(|_| fragments.iter().position(is_table));
        if rest.is_none() {
            self.end_table();
        }
        if rest.is_none() && prose.header > 0 {
            // It only looked like a table.
            let text = prose.text.get(prose.header..).unwrap_or_default();
            let words = Prose {
                text: text.to_owned(),
                ..prose.clone()
            };
            fragments = dialect::translate(&words, self.table_columns, None);
        }
        let last = fragments.len().saturating_sub(1);
        for (index, fragment) in fragments.into_iter().enumerate().skip(rest.unwrap_or(0)) {
            match fragment {
                Fragment::Text(text) => self.pager.push_prose(&text, is_quoted),
                Fragment::Code { fence, lines } => {
                    self.pager.open(Fence { is_quoted, ..fence });
                    for line in lines {
                        self.pager.push_code(&line, true);
                    }
                    self.pager.close();
                }
                Fragment::Table {
                    fence,
                    lines,
                    layout,
                } => {
                    self.push_table(fence, &lines, is_quoted, rest == Some(index));
                    self.table = Some(layout);
                    if !prose.is_continued || index < last {
                        self.end_table();
                    }
                }
            }
        }
    }

    fn push_table(
        &mut self,
        fence: Option<Fence>,
        lines: &[String],
        is_quoted: bool,
        is_rest: bool,
    ) {
        if let Some(fence) = fence {
            if !is_rest {
                self.pager.open(Fence { is_quoted, ..fence });
            }
            for line in lines {
                self.pager.push_code(line, true);
            }
        } else {
            if is_rest && !lines.is_empty() {
                self.pager.push_prose("\n", is_quoted);
            }
            for line in lines {
                self.pager.push_prose(&(defuse(line) + "\n"), is_quoted);
            }
        }
    }

    /// Closes the block of the table that is open.
    fn end_table(&mut self) {
        if let Some(TableLayout::Columns(_)) = self.table.take() {
            self.pager.close();
        }
    }

    /// How much is kept that is in no final page.
    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.pending.len() + self.pager.held()
    }

    /// How many bytes and units have been looked at.
    #[cfg(test)]
    pub(super) fn work(&self) -> usize {
        self.pager.work
    }
}

/// Whether a line that has begun may yet become an item, a heading, a rule, a row or the underline of what is above it.
fn may_become_markup(line: &str) -> bool {
    let line = line.trim_end();
    let boxes = ["[ ]", "[x]", "[X]"];
    let task = boxes.iter().find_map(|task| line.strip_suffix(task));
    let is_mark = |c: char| c.is_whitespace() || c.is_ascii_digit() || "-=+*#>|_.)".contains(c);
    task.unwrap_or(line).chars().all(is_mark)
}

/// The first part of a line that is too long to be read as a whole.
fn part(line: &str) -> &str {
    let longest = &line[..line.floor_char_boundary(LONGEST)];
    match longest.rfind(char::is_whitespace) {
        Some(at) if at > LONGEST / 2 => &longest[..at],
        _ => longest,
    }
}
