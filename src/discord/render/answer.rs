//! Keeps long answers short: what would fill many pages goes into files.
//!
//! What is shown is decided while the answer grows and never taken back: the beginning of it, and of each code block.

use super::{
    PageOptions,
    boundary::last_break,
    file_name::{self, FileNames},
    html::{PREFORMATTED_END, closes_preformatted},
    renderer::Renderer,
    scan::{Chunk, Scanner},
    units,
};
use crate::chat::{PostFile, without_control_sequences};

/// How much of an answer is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AnswerLimits {
    /// How its pages look.
    pub page: PageOptions,
    /// The most characters of an answer.
    pub answer_chars: usize,
    /// The most lines of a code block.
    pub code_lines: usize,
}

impl Default for AnswerLimits {
    fn default() -> Self {
        Self {
            page: PageOptions::default(),
            answer_chars: 6_000,
            code_lines: 60,
        }
    }
}

/// An answer in pages, and what they leave out in files.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Rendered {
    /// The pages, none of them blank.
    pub pages: Vec<String>,
    /// Each long code block, and the whole answer if only its beginning is shown.
    pub files: Vec<PostFile>,
}

/// The last page while more of the answer comes than is shown.
const REST_FOLLOWS: &str = "*The rest comes as a file.*";
/// The same for a code block.
const CODE_FOLLOWS: &str = "*The rest of this code comes as a file.*";
const REST_ATTACHED: &str = "The full answer is in the attached file.";

/// Discord takes ten files in a message (its developer docs, "Create Message"). One is kept for the answer itself.
const MOST_CODE_FILES: usize = 9;

/// Near the limit an answer ends with a whole line, if that has no more characters than this.
const LONGEST_DROPPED_LINE: usize = 600;

/// Renders a whole answer within limits.
#[must_use]
pub fn render_answer(text: &str, limits: &AnswerLimits) -> Rendered {
    let mut answer = AnswerRenderer::new(limits);
    answer.push(text);
    answer.finish(text)
}

/// An answer that grows, within limits. A page that is followed by another one stays as it is, up to the end.
#[derive(Debug, Clone)]
pub struct AnswerRenderer {
    limits: AnswerLimits,
    /// Renders what is shown.
    renderer: Renderer,
    /// Reads lines, to know where code begins and ends.
    scanner: Scanner,
    /// The beginning of a line, and how many bytes of it are shown.
    line: String,
    line_shown: usize,
    /// How many characters are shown, and how many were when the line began.
    shown: usize,
    shown_before_line: usize,
    /// Whether nothing more is shown.
    is_full: bool,
    /// The last line of words before a code block.
    lead_in: String,
    block: CodeBlock,
    files: Vec<PostFile>,
    file_names: FileNames,
}

/// A code block that is being read.
#[derive(Debug, Clone, Default)]
struct CodeBlock {
    language: String,
    /// What its info string or the line above calls its file.
    file_name: Option<String>,
    code: String,
    lines: usize,
    /// Whether its end is left to a file.
    is_long: bool,
}

impl AnswerRenderer {
    /// Begins an answer.
    #[must_use]
    pub fn new(limits: &AnswerLimits) -> Self {
        Self {
            limits: *limits,
            renderer: Renderer::new(&limits.page),
            scanner: Scanner::default(),
            line: String::new(),
            line_shown: 0,
            shown: 0,
            shown_before_line: 0,
            is_full: false,
            lead_in: String::new(),
            block: CodeBlock::default(),
            files: Vec::new(),
            file_names: FileNames::default(),
        }
    }

    /// Adds to the answer.
    pub fn push(&mut self, text: &str) {
        for part in text.split_inclusive('\n') {
            // The rest of a block that has begun is still needed for its file.
            if self.is_full && !self.scanner.is_in_code() {
                return;
            }
            // Colors come everywhere, since only here it is known what is an `ansi` block.
            let colored = without_control_sequences(part, self.scanner.is_in_ansi());
            self.line.push_str(&colored);
            if part.ends_with('\n') {
                self.end_line();
                self.shown_before_line = self.shown;
            } else {
                self.show_words();
            }
        }
    }

    /// The pages as they are to be shown while the answer grows: those that are final or as good as that, and one more.
    #[must_use]
    pub fn pages(&self) -> Vec<String> {
        let (mut pages, settled) = self.shown_pages();
        if self.is_full {
            self.add_note(&mut pages, "\n\n", REST_FOLLOWS);
            return pages;
        }
        // What follows may still move the cuts between the others.
        let shown = settled + 1;
        if self.block.is_long && pages.len() == shown {
            self.add_note(&mut pages, "\n", CODE_FOLLOWS);
        }
        pages.truncate(shown);
        pages
    }

    /// Ends the answer, whose whole text is `text`. Only the last of its pages changes.
    #[must_use]
    pub fn finish(mut self, text: &str) -> Rendered {
        if !self.line.is_empty() {
            self.end_line();
        }
        let closing = self.scanner.closing().unwrap_or_default();
        self.end_block("", &closing);
        if !self.is_full {
            return Rendered {
                pages: self.renderer.finish(),
                files: self.files,
            };
        }
        let (mut pages, _) = self.shown_pages();
        self.add_note(&mut pages, "\n\n", REST_ATTACHED);
        self.files.push(PostFile {
            name: file_name::ANSWER.into(),
            content: text.into(),
        });
        Rendered {
            pages,
            files: self.files,
        }
    }

    /// How many bytes and units have been looked at.
    #[cfg(test)]
    pub(in crate::discord) fn work(&self) -> usize {
        self.renderer.work()
    }

    /// All pages, and how many of them stay as they are.
    fn shown_pages(&self) -> (Vec<String>, usize) {
        let mut pages = self.renderer.pages_done().to_vec();
        let (tail, settled) = self.renderer.tail_and_settled();
        let settled = pages.len() + settled;
        pages.extend(tail);
        (pages, settled)
    }

    fn add_note(&self, pages: &mut Vec<String>, space: &str, note: &str) {
        match pages.last_mut() {
            Some(last) if units(last) + units(space) + units(note) <= self.limits.page.limit => {
                last.truncate(last.trim_end().len());
                last.push_str(space);
                last.push_str(note);
            }
            _ => pages.push(note.to_owned()),
        }
    }

    /// Shows the whole words of the line that has begun.
    fn show_words(&mut self) {
        const LONGEST_WORD: usize = 400;
        if self.is_full {
            return;
        }
        let left = self
            .limits
            .answer_chars
            .saturating_sub(self.shown_before_line);
        let rest = &self.line[self.line_shown..];
        let dropped = self.longest_dropped_line();
        let waits = left <= dropped && self.line.chars().nth(dropped).is_none();
        let is_rest_of_code =
            self.scanner.is_in_code() && self.block.lines >= self.limits.code_lines;
        if !waits && !is_rest_of_code {
            let end = match last_break(rest) {
                0 if rest.len() > LONGEST_WORD => rest.len(),
                end => end,
            };
            let words = rest[..end].to_owned();
            self.line_shown += end;
            // Words that reach the limit are those of a long line: others wait for its end.
            self.show(&words, true);
        }
    }

    fn longest_dropped_line(&self) -> usize {
        LONGEST_DROPPED_LINE.min(self.limits.answer_chars / 4)
    }

    /// Shows a line, or a part of one, up to the limit. A line that is not long is shown whole or not at all.
    fn show(&mut self, text: &str, is_long: bool) {
        if self.is_full {
            return;
        }
        let left = self.limits.answer_chars.saturating_sub(self.shown);
        // The line feed does not count.
        let Some((end, _)) = text.trim_end_matches('\n').char_indices().nth(left) else {
            self.shown += text.chars().count();
            self.renderer.push(text);
            return;
        };
        self.is_full = true;
        if is_long {
            let fits = &text[..end];
            let place = match last_break(fits) {
                0 if self.shown == self.shown_before_line => end,
                place => place,
            };
            self.renderer.push(&text[..place]);
            // So that its last word counts as complete.
            self.renderer.push(" ");
        }
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        let shown = std::mem::take(&mut self.line_shown);
        let closing = self.scanner.closing().unwrap_or_default();
        let was_in_code = self.scanner.is_in_code();
        let mut chunks = Vec::new();
        self.scanner
            .read(line.trim_end_matches('\n'), true, &mut chunks);
        let (mut is_code, mut is_closed, mut language) = (false, false, None);
        for chunk in chunks {
            match chunk {
                Chunk::Open(fence) => language = Some(fence.language),
                Chunk::Code { line, .. } if was_in_code => {
                    self.block.code.push_str(&line);
                    self.block.code.push('\n');
                    self.block.lines += 1;
                    is_code = true;
                }
                Chunk::Close if was_in_code => is_closed = true,
                _ => {}
            }
        }
        if is_code && self.block.lines > self.limits.code_lines {
            self.block.is_long = true;
            self.is_full |= self.files.len() >= MOST_CODE_FILES;
            if !is_closed {
                return;
            }
        }
        let last = line.trim().trim_start_matches(['>', ' ']);
        let is_mark = !last.is_empty() && last.chars().all(|c| matches!(c, '`' | '~'));
        let is_long = line.chars().nth(self.longest_dropped_line()).is_some();
        // A line that opens another block, or that is not in the block's quote, is not its last one.
        let is_in_quote = !closing.starts_with('>') || line.trim_start().starts_with('>');
        let is_last = is_closed && self.block.is_long && is_in_quote && language.is_none();
        let is_preformatted = is_last && closing.ends_with(PREFORMATTED_END);
        if let Some((_, after)) = closes_preformatted(&line).filter(|_| is_preformatted) {
            self.end_block("", &closing);
            self.show(after.trim_start(), is_long);
        } else if is_last && is_mark {
            self.end_block(&line, &closing);
        } else {
            if is_closed {
                self.end_block("", &closing);
            }
            self.show(&line[shown..], is_long);
        }
        if let Some(language) = language {
            let lead_in = std::mem::take(&mut self.lead_in);
            let file_name = file_name::in_info(&line).or_else(|| file_name::in_prose(&lead_in));
            self.block.file_name = file_name.filter(|name| file_name::fits(name, &language));
            self.block.language = language;
            if self.is_full {
                // None of the block is shown, so it needs no file.
                self.scanner = Scanner::default();
            }
        } else if !was_in_code && !line.trim().is_empty() {
            self.lead_in = line;
        }
    }

    /// Ends a block with its last line or, without one, with `closing`. The end of a long one becomes a file.
    fn end_block(&mut self, last: &str, closing: &str) {
        let block = std::mem::take(&mut self.block);
        if !block.is_long || self.files.len() >= MOST_CODE_FILES {
            return;
        }
        let name = self.file_names.next(block.file_name, &block.language);
        let quote = if closing.starts_with('>') { "> " } else { "" };
        let more = block.lines - self.limits.code_lines;
        let end = if last.is_empty() {
            closing
        } else {
            last.trim_end()
        };
        let feed = if last.is_empty() || last.ends_with('\n') {
            "\n"
        } else {
            ""
        };
        let lines = if more == 1 { "line is" } else { "lines are" };
        let note =
            format!("{end}\n{quote}*{more} more {lines} in the attached file* `{name}`{feed}");
        if !self.is_full {
            self.renderer.push(&note);
        }
        self.files.push(PostFile {
            name,
            content: block.code.into_bytes(),
        });
    }
}

#[cfg(test)]
mod tests;
