//! Picks the best place to end a page.

use unicode_segmentation::UnicodeSegmentation;

use super::{
    boundary::{breaks_without_space, ends_sentence},
    fence::{Fence, strip_heading_mark, strip_list_mark},
    inline::{CutEffect, Inline},
    is_blank,
    line::{LineKind, MarkdownLine},
    shows_nothing, units,
    view::{Cut, View},
};

/// What a cut falls between, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Between {
    /// Characters of a grapheme cluster.
    Characters,
    Clusters,
    /// Words that belong together.
    WordsOfSpan,
    Words,
    Sentences,
    /// Lines of code.
    CodeLines,
    Lines,
    /// Paragraphs, or a code block and what stands beside it.
    Paragraphs,
}

impl Between {
    /// Those that break nothing, the best first.
    const CLEAN: [Self; 5] = [
        Self::Paragraphs,
        Self::Lines,
        Self::CodeLines,
        Self::Sentences,
        Self::Words,
    ];
    const BROKEN: [Self; 3] = [Self::WordsOfSpan, Self::Clusters, Self::Characters];
}

/// A paragraph of the view.
struct Paragraph {
    first: usize,
    /// Where each line's words begin in it.
    starts: Vec<usize>,
    inline: Inline,
}

impl View<'_> {
    /// Ends the page.
    ///
    /// The first kind of place that fills three quarters of the page wins, unless it is within a sentence; failing that,
    /// the first that fills half of it; then the last place that breaks nothing; then whatever fits. `None` if nothing
    /// does.
    pub(super) fn cut(&self) -> Option<Cut> {
        let mut search = Search {
            view: self,
            units: 0,
            fence: None,
            closing: 0,
            fence_shows: false,
            last: Default::default(),
            before_fence: None,
            paragraph: None,
        };
        search.run();
        search.best()
    }
}

/// The places found so far.
struct Search<'a> {
    view: &'a View<'a>,
    /// The length of the page's text scanned so far.
    units: usize,
    /// The code block that the search is in, and what closing it takes.
    fence: Option<usize>,
    closing: usize,
    /// Whether the page shows anything of it.
    fence_shows: bool,
    /// The last place of each kind that fits.
    last: [Option<Cut>; 8],
    /// The last code block that opens in the page, and the last good place before it.
    before_fence: Option<(usize, Cut)>,
    paragraph: Option<Paragraph>,
}

impl Search<'_> {
    fn run(&mut self) {
        let view = self.view;
        for index in 0..view.end {
            let line = &view.lines[index];
            self.enter(index, &line.role);
            let before = self.units + usize::from(index > 0);
            let whole = before + line.units;
            if before > view.limit {
                return;
            }
            if whole + self.closing > view.limit || index + 1 == view.end && !view.is_whole {
                self.within_line(index, before);
                return;
            }
            self.units = whole;
            self.fence_shows |=
                index >= view.repeated && line.role == LineKind::Code && !line.is_blank();
            if index >= view.repeated
                && let Some(kind) = self.after_line(index)
            {
                self.offer(kind, index, line.text.trim_end().len(), whole);
            }
        }
    }

    fn enter(&mut self, index: usize, role: &LineKind) {
        match role {
            LineKind::Open(fence) => {
                let good = [Between::Paragraphs, Between::Lines];
                let before = good.iter().filter_map(|kind| self.last[*kind as usize]);
                let before = before.max_by_key(|cut| cut.line);
                self.before_fence = before.map(|cut| (index, cut));
                self.fence = Some(index);
                self.fence_shows = false;
                self.closing = 1 + units(&fence.closing());
            }
            LineKind::Close => (self.fence, self.closing) = (None, 0),
            LineKind::Text { is_item } => {
                let goes_on = !is_item && index > 0 && self.view.lines[index - 1].is_text();
                if !goes_on {
                    self.read_paragraph(index);
                }
            }
            LineKind::Heading => self.read_paragraph(index),
            LineKind::Blank | LineKind::Code => {}
        }
    }

    fn read_paragraph(&mut self, first: usize) {
        let (inline, starts) = self.view.read(first);
        self.paragraph = Some(Paragraph {
            first,
            starts,
            inline,
        });
    }

    /// What lies after a line.
    fn after_line(&self, index: usize) -> Option<Between> {
        let next = self
            .view
            .lines
            .get(index + 1)
            .filter(|_| index + 1 < self.view.end);
        let next = next.map(|line| &line.role);
        match self.view.lines[index].role {
            LineKind::Blank | LineKind::Open(_) => None,
            LineKind::Code if next == Some(&LineKind::Close) => None,
            LineKind::Code => Some(Between::CodeLines),
            LineKind::Close => Some(Between::Paragraphs),
            // a heading stays with its text
            LineKind::Heading => Some(Between::Words),
            LineKind::Text { .. } => Some(match next {
                None | Some(LineKind::Blank | LineKind::Open(_)) => {
                    let is_lead_in = self.view.lines[index].text.trim_end().ends_with(':');
                    if is_lead_in {
                        Between::Words
                    } else {
                        Between::Paragraphs
                    }
                }
                _ => Between::Lines,
            }),
        }
    }

    /// Notes the places within a line that does not fit.
    fn within_line(&mut self, index: usize, mut used: usize) {
        let view = self.view;
        let line = &view.lines[index];
        let is_code = match line.role {
            LineKind::Blank | LineKind::Open(_) | LineKind::Close => return,
            LineKind::Code => true,
            LineKind::Text { .. } | LineKind::Heading => false,
        };
        if is_code && self.last[Between::CodeLines as usize].is_some() && self.fits_alone(line) {
            return;
        }
        let text = view.text(index);
        let words = line.words + if index == 0 { view.carried } else { 0 };
        let mut before: Option<&str> = None;
        for (at, cluster) in text.grapheme_indices(true) {
            if used > view.limit {
                break;
            }
            let is_visible = !shows_nothing(cluster);
            // at the beginning of a page, it would be read as something else
            let is_within_space = !is_visible && before.is_none();
            let begins_block = !is_code && (is_within_space || begins_block(&text[at..]));
            if let Some(before) = before
                && at > words
                && !begins_block
            {
                let kind = if is_visible && (is_code || !breaks_without_space(before, cluster)) {
                    Between::Clusters
                } else if !is_code && ends_sentence(&text[..at]) {
                    Between::Sentences
                } else {
                    Between::Words
                };
                self.offer(kind, index, at, used);
            }
            for (offset, c) in cluster.char_indices() {
                if at + offset > words && !(begins_block && offset == 0) {
                    self.offer(Between::Characters, index, at + offset, used);
                }
                used += c.len_utf16();
                self.fence_shows |= !is_blank(c) && at + offset >= line.words;
            }
            before = is_visible.then_some(cluster);
        }
    }

    /// Whether a line of code fits into a page without others.
    fn fits_alone(&self, line: &MarkdownLine) -> bool {
        let fence = self.fence.map(|index| &self.view.lines[index].role);
        let Some(LineKind::Open(fence)) = fence else {
            return false;
        };
        let opening: usize = fence.reopened().iter().map(|line| line.units + 1).sum();
        opening + line.units + self.closing <= self.view.limit
    }

    /// Notes a place if the page fits up to there.
    fn offer(&mut self, mut kind: Between, line: usize, at: usize, units: usize) {
        if self.fence.is_some() && !self.fence_shows {
            return;
        }
        let mut closing = self.closing;
        let source = &self.view.lines[line];
        if (source.is_text() || source.role == LineKind::Heading)
            && let Some(Paragraph {
                first,
                starts,
                inline,
            }) = &self.paragraph
        {
            let offset = starts[line - first] + at.saturating_sub(source.words);
            closing += inline.closing(offset);
            match inline.place(offset) {
                CutEffect::Free => {}
                CutEffect::InSpan => kind = kind.min(Between::WordsOfSpan),
                CutEffect::Forbidden => kind = Between::Characters,
                CutEffect::Never => return,
            }
        }
        if units + closing <= self.view.limit && (at > 0 || line > 0) {
            self.last[kind as usize] = Some(Cut {
                line,
                at,
                fence: self.fence,
                units,
            });
        }
    }

    fn best(&self) -> Option<Cut> {
        let limit = self.view.limit;
        let last = |kind: &Between| self.last[*kind as usize];
        let clean = || Between::CLEAN.iter().filter_map(last);
        let whole = Between::CLEAN
            .iter()
            .filter(|kind| **kind != Between::Words);
        let cut = whole
            .filter_map(last)
            .find(|cut| cut.units >= limit / 4 * 3)
            .or_else(|| clean().find(|cut| cut.units >= limit / 2))
            .or_else(|| clean().max_by_key(|cut| (cut.line, cut.at)))
            .or_else(|| Between::BROKEN.iter().find_map(last))?;
        // a code block begins a page rather than be cut: on a page of its own, most are whole
        Some(match self.before_fence {
            Some((fence, before)) if cut.fence == Some(fence) && before.units >= limit / 3 => {
                before
            }
            _ => cut,
        })
    }
}

/// Whether words would be read as something else at the beginning of a page.
fn begins_block(text: &str) -> bool {
    let text = text.trim_start();
    strip_list_mark(text).is_some() || strip_heading_mark(text).is_some() || text.starts_with('>')
}

impl Fence {
    /// The lines that begin a page in the middle of the block.
    pub(super) fn reopened(&self) -> Vec<MarkdownLine> {
        let opening =
            MarkdownLine::code(self.opening(), LineKind::Open(Box::new(self.clone())), self);
        let header = self
            .header
            .iter()
            .map(|line| MarkdownLine::code(self.code(line), LineKind::Code, self));
        std::iter::once(opening).chain(header).collect()
    }
}
