//! Marks that are open where a page or the text ends.

use super::Pager;
use crate::discord::render::{inline::Inline, units};

impl Pager {
    /// Closes marks of the previous page that nothing closes, if the end of their paragraph is in view.
    pub(super) fn settle_marks(&mut self) {
        if self.carried == 0 || self.is_settled {
            return;
        }
        let view = self.view();
        let (text, starts, is_whole) = view.paragraph(0);
        if is_whole {
            let unclosed = Inline::read(&text, false, self.limit).unclosed(self.carried);
            let last = starts.len() - 1;
            self.is_settled = true;
            self.append(last, &unclosed);
        }
    }

    /// Closes the marks that are open at the end.
    pub(super) fn close_marks(&mut self) {
        let view = self.view();
        let last = self.lines.len().checked_sub(1);
        if let Some(first) = last.and_then(|last| view.paragraph_of(last)) {
            let (text, ..) = view.paragraph(first);
            let unclosed = Inline::read(&text, false, self.limit).unclosed(text.len());
            if self.units + unclosed.concat().len() < self.limit {
                self.append(self.lines.len() - 1, &unclosed);
            }
        }
    }

    fn append(&mut self, line: usize, marks: &[String]) {
        let line = &mut self.lines[line];
        line.text.truncate(line.text.trim_end().len());
        self.units -= line.units;
        for mark in marks.iter().rev() {
            // a longer run of backticks would mean something else
            if line.text.ends_with('`') && mark.starts_with('`') {
                line.text.push('\u{200b}');
            }
            line.text.push_str(mark);
        }
        line.units = units(&line.text);
        self.units += line.units;
    }
}
