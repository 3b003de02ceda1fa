//! Text that grows, and what of it can be shown.

use super::{split_colors, unfinished_control_sequence, with_line_feeds};
use crate::redact::Redactor;

/// Text that grows. Each byte of it is looked at a bounded number of times.
#[derive(Debug, Default)]
pub struct SettledText {
    /// What may be a part of a control sequence, depending on what follows.
    raw: String,
    /// What may be a part of a secret, depending on what follows, without control sequences.
    unsettled: String,
    /// The colors in it, each with its place.
    colors: Vec<(usize, String)>,
    /// The end of what comes before that, unredacted.
    before: String,
    keeps_colors: bool,
}

impl SettledText {
    /// Begins with `text`, after the text `before`. Keeps colors.
    pub fn new(text: &str, before: String) -> Self {
        Self {
            raw: text.to_owned(),
            keeps_colors: true,
            before,
            ..Self::default()
        }
    }

    pub fn append(&mut self, text: &str) {
        self.raw.push_str(text);
    }

    /// How many bytes wait for more text.
    #[cfg(test)]
    pub(crate) fn held_back(&self) -> usize {
        self.raw.len() + self.unsettled.len()
    }

    /// Takes what is new and can be shown, redacted and without control sequences other than the colors it keeps.
    pub fn take(&mut self, redactor: &Redactor) -> String {
        let mut end = unfinished_control_sequence(&self.raw);
        if self.raw[..end].ends_with('\r') {
            // Its line feed may follow.
            end -= 1;
        }
        self.clean(end);
        let end = redactor.settled(&self.before, &self.unsettled);
        self.settle(end, redactor)
    }

    /// Takes the rest, because nothing follows.
    pub fn finish(&mut self, redactor: &Redactor) -> String {
        self.clean(self.raw.len());
        self.settle(self.unsettled.len(), redactor)
    }

    /// Moves on what has come whole, without control sequences: they may hold the parts of a secret apart.
    fn clean(&mut self, end: usize) {
        let text = with_line_feeds(&self.raw[..end]);
        let (bare, colors) = split_colors(&text);
        if self.keeps_colors {
            let start = self.unsettled.len();
            let colors = colors.into_iter().map(|(at, color)| (start + at, color));
            self.colors.extend(colors);
        }
        self.unsettled.push_str(&bare);
        drop(text);
        self.raw.drain(..end);
    }

    fn settle(&mut self, end: usize, redactor: &Redactor) -> String {
        let later = self.colors.partition_point(|(at, _)| *at <= end);
        let mut later = self.colors.split_off(later);
        for (at, _) in &mut later {
            *at -= end;
        }
        let colors = std::mem::replace(&mut self.colors, later);
        let text = &self.unsettled[..end];
        if text.is_empty() {
            return colors.into_iter().map(|(_, color)| color).collect();
        }
        let shown = redactor.redact_around(&self.before, text, &colors).text;
        self.before = redactor.tail(&self.before, text);
        self.unsettled.drain(..end);
        shown.into_owned()
    }
}

#[cfg(test)]
mod tests;
