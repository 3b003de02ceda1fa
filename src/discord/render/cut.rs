//! Picks the best place to end a message.

use std::ops::Range;

use unicode_segmentation::UnicodeSegmentation;

use super::{
    block::{Blocks, Role},
    boundary::{breaks_without_space, ends_sentence},
    is_blank, units,
};

/// The text to be cut, and all that is known of it.
#[derive(Debug)]
pub(super) struct Source<'a> {
    pub(super) text: &'a str,
    pub(super) blocks: Blocks<'a>,
    /// What should not be cut in two: in order, apart from one another.
    pub(super) spans: Vec<Range<usize>>,
    /// The units of a message.
    pub(super) limit: usize,
}

/// An end of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cut {
    /// Where the message's share of the text ends.
    pub(super) at: usize,
    /// The fence that has to be closed there.
    pub(super) fence: Option<usize>,
    /// The message's length so far.
    units: usize,
}

/// What a cut falls between, the worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Between {
    /// Grapheme clusters of a word.
    Clusters,
    /// Words of something that should not be cut in two.
    WordsOfSpan,
    Words,
    Sentences,
    /// Lines of code.
    CodeLines,
    Lines,
    /// Paragraphs, or a fence and what stands beside it.
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
}

/// Ends the message that begins at byte `from`, in the line `line`, after `used` units of its own.
///
/// The first kind of place that fills half of the message wins; failing that, the last place that breaks nothing;
/// failing that, a grapheme cluster; and within a cluster longer than a message, a character.
pub(super) fn end(source: &Source<'_>, from: usize, line: usize, used: usize) -> Cut {
    let mut search = Search::new(source, from, used);
    match search.run(line) {
        Some(end_of_text) => end_of_text,
        None => search.best(),
    }
}

/// The places found so far.
struct Search<'a> {
    source: &'a Source<'a>,
    from: usize,
    /// Units of the message up to where the search stands.
    units: usize,
    /// The fence that the search stands in, and what closing it takes.
    fence: Option<usize>,
    closing: usize,
    /// The last place of each kind that fits.
    last: [Option<Cut>; 7],
    /// The last place between characters that fits.
    last_char: Cut,
    /// The last fence that opens in the message, and the last place before it.
    before_fence: Option<(usize, Cut)>,
    /// The first span that ends after where the search stands.
    span: usize,
}

impl<'a> Search<'a> {
    fn new(source: &'a Source<'a>, from: usize, used: usize) -> Self {
        let first_char = source.text[from..].chars().next().map_or(0, char::len_utf8);
        Self {
            source,
            from,
            units: used,
            fence: None,
            closing: 0,
            last: [None; 7],
            last_char: Cut {
                at: from + first_char,
                fence: None,
                units: used,
            },
            before_fence: None,
            span: source.spans.partition_point(|span| span.end <= from),
        }
    }

    /// Looks at one line after the other until the message is full. Returns the end of the text if it is reached.
    fn run(&mut self, first: usize) -> Option<Cut> {
        let Source {
            text,
            blocks,
            limit,
            ..
        } = self.source;
        // A unit takes at most three bytes of UTF-8: two messages' worth, so that a cluster that is cut by the window
        // is one that does not fit.
        let window = text.floor_char_boundary(self.from + 6 * limit);
        for (index, line) in blocks.lines.iter().enumerate().skip(first) {
            self.enter(line.role);
            let start = line.start.max(self.from);
            let content = self.read_line(start..line.end.min(window), line.words, line.role);
            if self.units > *limit {
                return None;
            }
            let next = blocks.lines.get(index + 1).map(|line| line.role);
            if let Some((at, units)) = content {
                let cut = Cut {
                    at,
                    fence: self.fence,
                    units,
                };
                if next.is_none() && units + self.closing <= *limit {
                    return Some(cut);
                }
                if let Some(kind) = self.after_line(at, line.role, next) {
                    self.offer(kind, cut);
                }
            }
            self.units += 1;
        }
        None
    }

    /// Minds the fence that a line opens, goes on with, or closes.
    fn enter(&mut self, role: Role) {
        let fence = match role {
            Role::Open(fence) | Role::Body(fence) => Some(fence),
            _ => None,
        };
        if let Role::Open(fence) = role {
            let before = self.last[Between::Paragraphs as usize];
            self.before_fence = before.map(|cut| (fence, cut));
        }
        if fence != self.fence {
            self.fence = fence;
            let fence = fence.map(|fence| &self.source.blocks.fences[fence]);
            self.closing = fence.map_or(0, |fence| 1 + units(&fence.closing()));
        }
    }

    /// Reads what the message may take of a line and notes the places in it. Returns where the line's last visible
    /// cluster ends, and the units up to there.
    fn read_line(
        &mut self,
        range: Range<usize>,
        words: usize,
        role: Role,
    ) -> Option<(usize, usize)> {
        let (start, limit) = (range.start, self.source.limit);
        let mut content = None;
        let mut before: Option<&str> = None;
        for (offset, cluster) in self.source.text[range].grapheme_indices(true) {
            let at = start + offset;
            let is_visible = !cluster.chars().all(is_blank);
            if let Some(before) = before
                && at > words
                && let Some(kind) = self.within_line(at, before, cluster, is_visible, role)
            {
                let cut = Cut {
                    at,
                    fence: self.fence,
                    units: self.units,
                };
                self.offer(kind, cut);
            }
            self.take(at, cluster, words, role);
            if self.units > limit {
                break;
            }
            before = is_visible.then_some(cluster);
            if is_visible {
                content = Some((at + cluster.len(), self.units));
            }
        }
        content
    }

    /// Counts a cluster and notes the places between its characters.
    fn take(&mut self, at: usize, cluster: &str, words: usize, role: Role) {
        let is_open = |end| match role {
            Role::Open(_) => end >= words,
            Role::Close(_) => false,
            _ => true,
        };
        for (offset, c) in cluster.char_indices() {
            self.units += c.len_utf16();
            let end = at + offset + c.len_utf8();
            if self.units + self.closing <= self.source.limit && is_open(end) {
                self.last_char = Cut {
                    at: end,
                    fence: self.fence,
                    units: self.units,
                };
            }
        }
    }

    /// What lies at `at` in a line, after the visible cluster `before`; `None`: no place to cut.
    fn within_line(
        &mut self,
        at: usize,
        before: &str,
        after: &str,
        is_visible: bool,
        role: Role,
    ) -> Option<Between> {
        match role {
            Role::Close(_) => return None,
            Role::Open(_) => return Some(Between::Clusters),
            Role::Body(_) if is_visible => return Some(Between::Clusters),
            Role::Body(_) => return Some(Between::Words),
            Role::Blank | Role::Text | Role::Heading => {}
        }
        if is_visible && !breaks_without_space(before, after) {
            Some(Between::Clusters)
        } else if self.is_in_span(at) {
            Some(Between::WordsOfSpan)
        } else if ends_sentence(&self.source.text[self.from..at]) {
            Some(Between::Sentences)
        } else {
            Some(Between::Words)
        }
    }

    /// What lies after a line's last visible cluster, at `at`.
    fn after_line(&mut self, at: usize, role: Role, next: Option<Role>) -> Option<Between> {
        Some(match role {
            Role::Blank | Role::Open(_) => return None,
            Role::Body(_) => Between::CodeLines,
            Role::Close(_) => Between::Paragraphs,
            Role::Text | Role::Heading if self.is_in_span(at) => Between::WordsOfSpan,
            // a heading should stand over what it heads
            Role::Heading => Between::Words,
            Role::Text => match next {
                None | Some(Role::Blank | Role::Open(_)) => Between::Paragraphs,
                Some(_) => Between::Lines,
            },
        })
    }

    fn is_in_span(&mut self, at: usize) -> bool {
        let spans = &self.source.spans;
        while spans.get(self.span).is_some_and(|span| span.end <= at) {
            self.span += 1;
        }
        spans.get(self.span).is_some_and(|span| span.start < at)
    }

    /// Notes a place if the message fits up to there.
    fn offer(&mut self, kind: Between, cut: Cut) {
        if cut.units + self.closing <= self.source.limit {
            self.last[kind as usize] = Some(cut);
        }
    }

    fn best(&self) -> Cut {
        let limit = self.source.limit;
        let last = |kind: Between| self.last[kind as usize];
        let cut = Between::CLEAN
            .into_iter()
            .filter_map(last)
            .find(|cut| cut.units >= limit / 2)
            .or_else(|| {
                Between::CLEAN
                    .into_iter()
                    .filter_map(last)
                    .max_by_key(|cut| cut.at)
            })
            .or(last(Between::WordsOfSpan))
            .or(last(Between::Clusters))
            .unwrap_or(self.last_char);
        match self.before_fence {
            Some((fence, before))
                if cut.fence == Some(fence) && before.units >= limit / 3 && self.fits(fence) =>
            {
                before
            }
            _ => cut,
        }
    }

    /// Whether a fence fits into one message as it is.
    fn fits(&self, fence: usize) -> bool {
        let range = self.source.blocks.fences[fence].range.clone();
        range.len() <= 3 * self.source.limit && units(&self.source.text[range]) <= self.source.limit
    }
}
