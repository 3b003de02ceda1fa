//! Finds links: `[words](address)`.

use std::ops::Range;

#[derive(Default)]
pub(super) struct Brackets {
    /// The brackets and parentheses that are open, and where the link of each would begin.
    open: Vec<(u8, usize)>,
    /// How many of each are open.
    counts: [usize; 2],
    pub(super) links: Vec<Range<usize>>,
}

impl Brackets {
    /// Reads the bracket or parenthesis that stands at `at`. Returns where to read on.
    pub(super) fn read(&mut self, text: &str, at: usize) -> usize {
        let next = at + 1;
        match text.as_bytes()[at] {
            b'[' => self.begin(b'[', at),
            b'(' if self.counts[1] > 0 => self.begin(b'(', usize::MAX),
            b']' => {
                let start = self.end(b'[');
                if let Some(start) = start.filter(|_| text[next..].starts_with('(')) {
                    self.begin(b'(', start);
                    return next + 1;
                }
            }
            b')' => {
                let start = self.end(b'(').filter(|start| *start < at);
                self.links.extend(start.map(|start| start..next));
            }
            _ => {}
        }
        next
    }

    fn begin(&mut self, kind: u8, start: usize) {
        self.counts[usize::from(kind == b'(')] += 1;
        self.open.push((kind, start));
    }

    /// Closes the innermost bracket of a kind, and whatever was left open within it.
    fn end(&mut self, kind: u8) -> Option<usize> {
        if self.counts[usize::from(kind == b'(')] == 0 {
            return None;
        }
        while let Some((byte, start)) = self.open.pop() {
            self.counts[usize::from(byte == b'(')] -= 1;
            if byte == kind {
                return Some(start);
            }
        }
        None
    }
}
