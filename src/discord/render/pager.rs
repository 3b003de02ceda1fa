//! Fills pages with lines. A page is final once as much of the text has come as any cut looks at.

use std::collections::VecDeque;

use super::{
    fence::{Fence, LONG_QUOTE, QUOTE, defuse},
    line::{LineKind, MarkdownLine, skip_blank},
    shows_nothing, units,
    view::{Cut, View},
};

mod marks;

/// Lines that are not yet assigned to a page.
#[derive(Debug, Clone, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are independent of one another"
)]
pub(super) struct Pager {
    limit: usize,
    lines: VecDeque<MarkdownLine>,
    /// Of all lines, with their line feeds.
    units: usize,
    /// How many of the first lines repeat lines of the previous page.
    repeated: usize,
    /// How many bytes of the first line's words are marks that the last page has closed.
    carried: usize,
    /// Whether all of those are closed now.
    is_settled: bool,
    /// The code block that the last line belongs to.
    fence: Option<Fence>,
    is_fence_empty: bool,
    /// Whether the text takes more than one page.
    is_cut: bool,
    /// Whether the first line is yet to be made fit to begin a page.
    is_raw: bool,
    /// Whether all is quoted.
    is_quoted: bool,
    /// How far lines are moved to the left: the list item that began the page was indented.
    indent: usize,
    /// How many units cuts have looked at.
    #[cfg(test)]
    pub(super) work: usize,
}

impl Pager {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            limit,
            ..Self::default()
        }
    }

    #[cfg(test)]
    pub(super) fn held(&self) -> usize {
        self.units
    }

    pub(super) fn push_prose(&mut self, text: &str, is_quoted: bool) {
        for source in text.split_inclusive('\n') {
            let words = source.trim_end_matches('\n');
            let text = match self.take_open() {
                Some(start) => defuse(&(start + words)),
                None if is_quoted => format!("{QUOTE}{words}"),
                None => words.to_owned(),
            };
            self.push(MarkdownLine::prose(text), !source.ends_with('\n'));
        }
    }

    pub(super) fn open(&mut self, mut fence: Fence) {
        let lines = fence.header.iter().map(|line| fence.code(line));
        let header: usize = lines.map(|line| units(&line) + 1).sum();
        let header_lines = fence.header.clone();
        if header > self.limit / 4 {
            fence.header.clear();
        }
        if fence.language.len() > self.limit / 8 {
            fence.language.clear();
        }
        self.end_line();
        let role = LineKind::Open(Box::new(fence.clone()));
        self.push(MarkdownLine::code(fence.opening(), role, &fence), false);
        self.fence = Some(fence);
        self.is_fence_empty = true;
        for line in header_lines {
            self.push_code(&line, true);
        }
    }

    pub(super) fn push_code(&mut self, code: &str, ends: bool) {
        let Some(fence) = &self.fence else { return };
        let fence = fence.clone();
        let text = match self.take_open() {
            Some(start) => defuse(&(start + code)),
            None => fence.code(code),
        };
        self.is_fence_empty = false;
        let line = MarkdownLine::code(text, LineKind::Code, &fence);
        self.push(line, !ends);
    }

    pub(super) fn close(&mut self) {
        if std::mem::take(&mut self.is_fence_empty) {
            // Discord shows no block without code.
            self.push_code(" ", true);
        }
        self.end_line();
        if let Some(fence) = self.fence.take() {
            self.push(
                MarkdownLine::code(fence.closing(), LineKind::Close, &fence),
                false,
            );
        }
    }

    /// Removes the last line if more of it comes.
    fn take_open(&mut self) -> Option<String> {
        let last = self.lines.pop_back_if(|last| last.is_open)?;
        self.units -= last.length();
        Some(last.text)
    }

    fn end_line(&mut self) {
        if let Some(last) = self.lines.back_mut().filter(|last| last.is_open) {
            last.is_open = false;
            self.units += 1;
        }
    }

    fn push(&mut self, mut line: MarkdownLine, is_open: bool) {
        self.unindent(&mut line);
        line.is_open = is_open;
        self.units += line.length();
        self.lines.push_back(line);
    }

    fn unindent(&mut self, line: &mut MarkdownLine) {
        if self.indent == 0 || line.role == LineKind::Blank {
            return;
        }
        let own = line.text.len() - line.text.trim_start_matches(' ').len();
        if line.is_text() && own >= self.indent {
            *line = MarkdownLine::prose(line.text.split_off(self.indent));
        } else {
            self.indent = 0;
        }
    }

    /// How many units of the text a cut looks at: few more than fill a page, since a page is not final before they have
    /// come.
    fn range(&self) -> usize {
        self.limit + self.limit / 4 + 64
    }

    /// Moves the pages that are final to `pages`.
    pub(super) fn fill(&mut self, pages: &mut Vec<String>) {
        self.fill_without(0, pages);
    }

    /// Moves the pages to `pages` that are final even if the last units should change.
    pub(super) fn fill_without(&mut self, last: usize, pages: &mut Vec<String>) {
        loop {
            self.begin_page();
            if self.units < self.range() + last {
                return;
            }
            self.turn(pages);
        }
    }

    /// Moves everything to `pages`. Whether the text ends with a line feed, and whether it goes on, so that what is open
    /// is closed for the time being.
    pub(super) fn finish(&mut self, has_feed: bool, goes_on: bool, pages: &mut Vec<String>) {
        self.close();
        if let Some(last) = self
            .lines
            .back_mut()
            .filter(|last| !has_feed && !last.is_open)
        {
            last.is_open = true;
            self.units -= 1;
        }
        loop {
            self.begin_page();
            self.settle_marks();
            if self.is_cut {
                while self
                    .lines
                    .pop_back_if(|line| line.role == LineKind::Blank)
                    .is_some()
                {}
                self.units = self.lines.iter().map(MarkdownLine::length).sum();
            }
            let feed =
                usize::from(self.is_cut && self.lines.back().is_some_and(|line| !line.is_open));
            if self.units - feed <= self.limit {
                break;
            }
            self.turn(pages);
        }
        if goes_on {
            self.close_marks();
        }
        let mut page = String::new();
        for line in &self.lines {
            page.push_str(&line.text);
            page.push_str(if line.is_open { "" } else { "\n" });
        }
        let shows = if self.is_cut {
            page.truncate(page.trim_end().len());
            self.lines.iter().any(MarkdownLine::shows)
        } else {
            !shows_nothing(&page)
        };
        if shows {
            pages.push(page);
        }
        self.lines.clear();
    }

    /// Makes the first line fit to begin a page, unless nothing is cut.
    fn begin_page(&mut self) {
        if !self.is_cut {
            return;
        }
        while let Some(line) = self.lines.get(self.repeated) {
            if self.repeated > 0 && line.role == LineKind::Close {
                // nothing is left of the code
                self.remove_first(self.repeated + 1);
                self.repeated = 0;
            } else if line.is_blank() {
                let line = self.lines.remove(self.repeated);
                self.units -= line.map_or(0, |line| line.length());
            } else {
                break;
            }
        }
        if self.is_raw && self.lines.len() > self.repeated {
            self.is_raw = false;
            self.begin_with(self.repeated);
        }
    }

    fn begin_with(&mut self, repeated: usize) {
        let Some(first) = self.lines.front_mut() else {
            return;
        };
        self.units -= first.length();
        let blank = first.text.len() - first.text.trim_start().len();
        if first.is_text() && blank > self.limit / 4 {
            *first = MarkdownLine {
                is_open: first.is_open,
                ..MarkdownLine::prose(first.text.split_off(blank))
            };
        }
        let own = first.text.len() - first.text.trim_start_matches(' ').len();
        if self.is_quoted && !first.quotes_the_rest() {
            first.text.insert_str(0, LONG_QUOTE);
            first.units += LONG_QUOTE.len();
            first.words += if repeated > 0 { 0 } else { LONG_QUOTE.len() };
        }
        self.units += first.length();
        if first.role == (LineKind::Text { is_item: true }) && own > 0 && !self.is_quoted {
            self.indent = own;
            for mut line in std::mem::take(&mut self.lines) {
                let is_open = line.is_open;
                self.unindent(&mut line);
                line.is_open = is_open;
                self.lines.push_back(line);
            }
            self.units = self.lines.iter().map(MarkdownLine::length).sum();
        }
    }

    fn view(&self) -> View<'_> {
        let whole = View {
            lines: &self.lines,
            repeated: self.repeated,
            carried: self.carried,
            end: self.lines.len(),
            last_line: self.lines.back().map_or(0, |line| line.text.len()),
            is_whole: true,
            limit: self.limit,
        };
        whole.limited_to(self.range())
    }

    /// Moves one page to `pages`.
    fn turn(&mut self, pages: &mut Vec<String>) {
        if !self.is_cut {
            self.is_cut = true;
            return;
        }
        self.settle_marks();
        #[cfg(test)]
        {
            self.work += self.units.min(self.range());
        }
        let view = self.view();
        let (cut, marks) = match view.cut() {
            Some(cut) => (cut, view.open_marks(cut)),
            None => (view.force(), Vec::new()),
        };
        let fence = cut.fence.and_then(|line| match &self.lines[line].role {
            LineKind::Open(fence) => Some((**fence).clone()),
            _ => None,
        });
        let last = &self.lines[cut.line];
        let shows = self
            .lines
            .range(self.repeated..cut.line)
            .any(MarkdownLine::shows)
            || last.shows_up_to(cut.at);
        self.is_quoted |= self
            .lines
            .range(..=cut.line)
            .any(MarkdownLine::quotes_the_rest);
        let page = self.take_page(cut, &marks, fence.as_ref());
        if shows {
            pages.push(page);
        }
        self.continue_with(&marks, fence);
    }

    /// Removes a page's lines. What is left of the last one stays, without its marks.
    fn take_page(&mut self, cut: Cut, marks: &[String], fence: Option<&Fence>) -> String {
        let mut page = String::new();
        for line in self.lines.range(..cut.line) {
            page.push_str(&line.text);
            page.push('\n');
        }
        self.remove_first(cut.line);
        if let Some(last) = self.lines.pop_front() {
            self.units -= last.length();
            let (before, after) = last.text.split_at(cut.at);
            page.push_str(before);
            let rest = skip_blank(after);
            if !rest.is_empty() {
                let line = match fence {
                    Some(fence) => MarkdownLine::code(fence.code(rest), LineKind::Code, fence),
                    None => MarkdownLine::prose(format!("{}{rest}", last.mark())),
                };
                self.units += line.units + usize::from(!last.is_open);
                self.lines.push_front(MarkdownLine {
                    is_open: last.is_open,
                    ..line
                });
            }
        }
        page.truncate(page.trim_end().len());
        page.extend(marks.iter().rev().map(String::as_str));
        if let Some(fence) = fence {
            page.push('\n');
            page.push_str(&fence.closing());
        }
        page
    }

    /// Reopens what the previous page has closed.
    fn continue_with(&mut self, marks: &[String], fence: Option<Fence>) {
        (self.repeated, self.carried, self.is_raw) = (0, 0, true);
        self.is_settled = false;
        if let Some(fence) = fence {
            let lines = fence.reopened();
            self.repeated = lines.len();
            for line in lines.into_iter().rev() {
                self.units += line.length();
                self.lines.push_front(line);
            }
        }
        let first = self.lines.front_mut();
        if let Some(first) =
            first.filter(|first| first.is_text() || first.role == LineKind::Heading)
        {
            let mut opening = marks.concat();
            self.carried = opening.len();
            // a longer run of backticks would mean something else
            if opening.ends_with('`') && first.text[first.words..].starts_with('`') {
                opening.push('\u{200b}');
            }
            first.text.insert_str(first.words, &opening);
            first.units += units(&opening);
            self.units += units(&opening);
        }
    }

    fn remove_first(&mut self, count: usize) {
        self.units -= self
            .lines
            .drain(..count)
            .map(|line| line.length())
            .sum::<usize>();
    }
}
