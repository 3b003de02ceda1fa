//! Tables, which Discord does not know: aligned columns in a code block, or lines if they are too wide for that.

use std::ops::Range;

use pulldown_cmark::{Alignment, Event, Tag, TagEnd};
use unicode_width::UnicodeWidthStr;

use super::{
    edit::{Fragment, TableLayout},
    fence::Fence,
};

const SEPARATOR: &str = " | ";

/// A table that is being read.
#[derive(Debug, Default)]
pub(super) struct Table {
    alignments: Vec<Alignment>,
    /// The header and the rows, as they are read.
    rows: Vec<Vec<Cell>>,
    inline: PlainText,
    /// Where the last cell ends.
    cell_end: usize,
}

#[derive(Debug, Default)]
struct Cell {
    /// Its words alone.
    plain: String,
    /// Its words in Markdown.
    source: String,
}

impl Table {
    pub(super) fn new(alignments: &[Alignment]) -> Self {
        Self {
            alignments: alignments.to_vec(),
            ..Self::default()
        }
    }

    /// Reads the next event, which stands at `range` of `text`.
    pub(super) fn take(&mut self, event: &Event<'_>, text: &str, range: Range<usize>) {
        let source = &text[range.clone()];
        match event {
            Event::Start(Tag::TableHead | Tag::TableRow) => self.rows.push(Vec::new()),
            Event::Start(Tag::TableCell) => self.inline = PlainText::default(),
            Event::End(TagEnd::TableCell) => {
                let cell = Cell {
                    plain: std::mem::take(&mut self.inline).finish(),
                    source: source.trim().trim_matches('|').trim().replace("\\|", "|"),
                };
                self.cell_end = range.end;
                if let Some(row) = self.rows.last_mut() {
                    row.push(cell);
                }
            }
            Event::End(TagEnd::TableRow) => self.keep_rest(&text[self.cell_end..range.end]),
            event => self.inline.take(event, source),
        }
    }

    /// Adds cells that the header has no column for to the last one.
    fn keep_rest(&mut self, rest: &str) {
        let rest = rest.trim().trim_matches('|').trim();
        let last = self.rows.last_mut().and_then(|row| row.last_mut());
        if let Some(cell) = last.filter(|_| !rest.is_empty()) {
            for words in [&mut cell.plain, &mut cell.source] {
                words.push_str(if words.is_empty() { "" } else { SEPARATOR });
                words.push_str(rest);
            }
        }
    }

    /// The table in a code block, or in lines if it is wider than `most` columns. If rows of it came before, their
    /// `layout` is kept.
    pub(super) fn show(self, most: usize, layout: Option<TableLayout>) -> Fragment {
        let layout = layout.unwrap_or_else(|| self.layout(most));
        let TableLayout::Columns(widths) = &layout else {
            return Fragment::Table {
                fence: None,
                lines: self.lines(),
                layout,
            };
        };
        let mut rows = self.rows.iter().map(|row| self.row(row, widths));
        let header = rows.next().unwrap_or_default();
        let rule: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
        let fence = Fence {
            header: vec![header, rule.join("-|-")],
            ..Fence::default()
        };
        Fragment::Table {
            fence: Some(fence),
            lines: rows.collect(),
            layout,
        }
    }

    fn layout(&self, most: usize) -> TableLayout {
        let columns = self.alignments.len();
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells
                .map(|cell| cell.plain.width())
                .max()
                .unwrap_or_default()
                .max(1)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        let total = widths.iter().sum::<usize>() + SEPARATOR.len() * columns.saturating_sub(1);
        if total > most && self.rows.len() > 1 {
            TableLayout::Lines
        } else {
            TableLayout::Columns(widths)
        }
    }

    fn row(&self, row: &[Cell], widths: &[usize]) -> String {
        let cells = widths.iter().zip(&self.alignments).enumerate();
        let cells = cells.map(|(column, (width, alignment))| {
            let text = row.get(column).map_or("", |cell| cell.plain.as_str());
            let space = width.saturating_sub(text.width());
            let before = match alignment {
                Alignment::Right => space,
                Alignment::Center => space / 2,
                Alignment::Left | Alignment::None => 0,
            };
            format!("{}{text}{}", " ".repeat(before), " ".repeat(space - before))
        });
        let cells: Vec<String> = cells.collect();
        cells.join(SEPARATOR).trim_end().to_owned()
    }

    /// Each row as a title and a line for each other cell, with a blank line between rows.
    fn lines(&self) -> Vec<String> {
        let header = self.rows.first().map_or(&[][..], Vec::as_slice);
        let mut lines = Vec::new();
        for row in self.rows.iter().skip(1) {
            if !lines.is_empty() {
                lines.push(String::new());
            }
            for (column, cell) in row.iter().enumerate() {
                let name = header.get(column).map_or("", |cell| cell.plain.as_str());
                if cell.source.is_empty() {
                    continue;
                }
                lines.push(match (column, name) {
                    (0, "") => format!("**{}**", cell.plain),
                    (0, name) => format!("**{name}: {}**", cell.plain),
                    (_, "") => cell.markdown(),
                    (_, name) => format!("**{name}**: {}", cell.markdown()),
                });
            }
        }
        lines
    }
}

impl Cell {
    /// As it was written, or plain if Discord would show that differently.
    fn markdown(&self) -> String {
        if self.source.contains(['<', '!', '&'])
            || self.source.contains("](") && !self.source.contains("](http")
        {
            self.plain.clone()
        } else {
            self.source.clone()
        }
    }
}

/// Words without marks.
#[derive(Debug, Default)]
struct PlainText {
    text: String,
    /// Where the words of each open link or image begin, and where it leads.
    links: Vec<(usize, String)>,
}

impl PlainText {
    fn take(&mut self, event: &Event<'_>, source: &str) {
        match event {
            Event::Text(text) | Event::Code(text) => self.text.push_str(text),
            Event::SoftBreak | Event::HardBreak => self.text.push(' '),
            Event::InlineHtml(tag) if is_break(tag) => self.text.push(' '),
            Event::InlineHtml(tag) if is_format(tag) => {}
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                self.links.push((self.text.len(), dest_url.to_string()));
            }
            Event::End(TagEnd::Link | TagEnd::Image) => {
                if let Some((start, address)) = self.links.pop() {
                    if self.text[start..].is_empty() {
                        self.text.push_str(&address);
                    } else if self.text[start..] != address && !address.is_empty() {
                        self.text.extend([" (", &address, ")"]);
                    }
                }
            }
            Event::Start(_) | Event::End(_) => {}
            _ => self.text.push_str(source),
        }
    }

    fn finish(self) -> String {
        self.text.split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

fn is_break(tag: &str) -> bool {
    tag.trim_end_matches(['>', '/', ' '])
        .eq_ignore_ascii_case("<br")
}

fn is_format(tag: &str) -> bool {
    const NAMES: [&str; 10] = [
        "b", "strong", "i", "em", "u", "s", "del", "code", "kbd", "span",
    ];
    let name = tag.trim_matches(['<', '/', '>']).to_ascii_lowercase();
    NAMES.contains(&name.as_str())
}

#[cfg(test)]
mod tests;
