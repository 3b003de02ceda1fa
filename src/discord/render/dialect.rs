//! Translates Claude's `CommonMark`, with its usual extensions, into Discord's Markdown. What Discord shows correctly
//! stays byte for byte; the rest becomes edits of the source.

use std::{cmp::Reverse, ops::Range};

use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Options, Parser, Tag, TagEnd};

use super::{
    edit::{Fragment, Replacement, TableLayout},
    fence::{Fence, defuse},
    html::Tags,
    link::Link,
    scan::Prose,
    symbols,
    table::Table,
};

/// How deep lists may be nested in Discord's client.
const DEEPEST: usize = 11;

const RULE: &str = "────────────────────";

/// Translates a chunk of prose. Tables wider than `table_columns` columns become lines. If it continues a table, `layout`
/// is how that is shown.
pub(super) fn translate(
    prose: &Prose,
    table_columns: usize,
    layout: Option<TableLayout>,
) -> Vec<Fragment> {
    if prose.is_mid_line {
        // Nothing at its start is at the start of a line.
        let mut blocks = translate_text(&format!("x{}", prose.text), true, table_columns, None);
        if let Some(Fragment::Text(text)) = blocks.first_mut() {
            text.remove(0);
        }
        return blocks;
    }
    let first = prose.text.trim_start_matches('\n');
    let indent = first.len() - first.trim_start_matches(' ').len();
    if prose.is_in_list && indent > 0 {
        // It follows a code block within a list item, after which Discord's list is at its end.
        let lines = prose.text.split_inclusive('\n').map(|line| {
            let own = line.len() - line.trim_start_matches(' ').len();
            &line[own.min(indent)..]
        });
        return translate_text(&lines.collect::<String>(), true, table_columns, layout);
    }
    translate_text(&prose.text, prose.is_in_list, table_columns, layout)
}

fn translate_text(
    text: &str,
    is_continued: bool,
    table_columns: usize,
    table_layout: Option<TableLayout>,
) -> Vec<Fragment> {
    let options = Options::ENABLE_TABLES
        | Options::ENABLE_TASKLISTS
        | Options::ENABLE_STRIKETHROUGH
        | Options::ENABLE_MATH;
    let mut translator = Translator {
        text,
        is_continued,
        table_columns,
        table_layout,
        ..Translator::default()
    };
    for (event, range) in Parser::new_ext(text, options).into_offset_iter() {
        translator.take(&event, range);
    }
    let mut edits = translator.edits;
    edits.extend(translator.tags.edits(text));
    edits.extend(symbols::edits(text, &translator.opaque));
    apply(text, edits)
}

/// A heading that Discord shows differently or not at all.
struct Heading {
    range: Range<usize>,
    level: HeadingLevel,
    /// Its words.
    inner: Option<Range<usize>>,
}

#[derive(Default)]
struct Translator<'a> {
    text: &'a str,
    is_continued: bool,
    table_columns: usize,
    /// Of the first table.
    table_layout: Option<TableLayout>,
    edits: Vec<Replacement>,
    /// Where symbols are not looked for.
    opaque: Vec<Range<usize>>,
    tags: Tags<'a>,
    /// Of lists.
    depth: usize,
    heading: Option<Heading>,
    links: Vec<Link>,
    table: Option<Table>,
    /// The block of HTML that is being read.
    html: Option<Range<usize>>,
}

impl Translator<'_> {
    fn edit(&mut self, range: Range<usize>, by: impl Into<String>) {
        self.edits.push(Replacement::text(range, by));
    }

    fn take(&mut self, event: &Event<'_>, range: Range<usize>) {
        if let Some(table) = &mut self.table {
            if matches!(event, Event::End(TagEnd::Table)) {
                if let Some(table) = self.table.take() {
                    let table = table.show(self.table_columns, self.table_layout.take());
                    self.replace_lines(range, table);
                }
            } else {
                table.take(event, self.text, range);
            }
            return;
        }
        if let Some(heading) = &mut self.heading
            && !matches!(event, Event::End(TagEnd::Heading(_)))
        {
            let inner = heading.inner.get_or_insert_with(|| range.clone());
            inner.end = inner.end.max(range.end);
        }
        if let Some(link) = self.links.last_mut()
            && !matches!(event, Event::End(TagEnd::Link | TagEnd::Image))
        {
            link.words_end = link.words_end.max(range.end);
        }
        match event {
            Event::Start(tag) => self.start(tag, range),
            Event::End(tag) => self.end(*tag),
            Event::Text(text) => self.entity(text, range),
            Event::Code(code) => {
                if self.text[range.clone()].starts_with("```") {
                    self.edit(range.clone(), inline_code(code));
                }
                self.opaque.push(range);
            }
            Event::InlineMath(math) if symbols::is_math(math) => {
                self.edit(range.clone(), inline_code(math));
                self.opaque.push(range);
            }
            Event::DisplayMath(math) => {
                self.edit(range.clone(), inline_code(math.trim()));
                self.opaque.push(range);
            }
            Event::InlineHtml(_) if self.html.is_none() => {
                self.tags.read(self.text, range.clone(), false);
                self.opaque.push(range);
            }
            Event::HardBreak if self.text[range.clone()].starts_with('\\') => {
                self.edit(range.start..range.start + 1, "");
            }
            Event::Rule => self.rule(range),
            Event::TaskListMarker(done) => {
                // It takes the place of a bullet; a number stays.
                let before = self.text[..range.start].trim_end();
                let bullet = before.strip_suffix(['-', '*', '+']).map(str::len);
                let start = bullet.unwrap_or(range.start);
                self.edit(start..range.end, if *done { "☑" } else { "☐" });
            }
            _ => {}
        }
    }

    fn start(&mut self, tag: &Tag<'_>, range: Range<usize>) {
        match tag {
            Tag::Table(alignments) => {
                self.opaque.push(range);
                self.table = Some(Table::new(alignments));
            }
            Tag::Heading { level, .. } => {
                let is_setext = !self.text[range.clone()].starts_with('#');
                if is_setext || *level > HeadingLevel::H3 {
                    self.heading = Some(Heading {
                        range,
                        level: *level,
                        inner: None,
                    });
                }
            }
            // A heading that becomes bold is bold as a whole.
            Tag::Strong if self.is_bold_heading() => {
                self.edit(range.start..range.start + 2, "");
                self.edit(range.end - 2..range.end, "");
            }
            Tag::List(_) => self.depth += 1,
            Tag::Item => self.item(range.start),
            Tag::CodeBlock(CodeBlockKind::Indented) if self.depth == 0 && !self.is_continued => {
                let code = self.text[range.clone()].trim_end();
                let lines = code
                    .split('\n')
                    .map(|line| line.strip_prefix("    ").unwrap_or(line).to_owned());
                let block = Fragment::Code {
                    fence: Fence::default(),
                    lines: lines.collect(),
                };
                self.opaque.push(range.clone());
                self.replace_lines(range, block);
            }
            Tag::HtmlBlock => {
                self.opaque.push(range.clone());
                self.tags.read(self.text, range.clone(), true);
                self.html = Some(range);
            }
            Tag::Link { .. } | Tag::Image { .. } => self.links.extend(Link::begin(tag, range)),
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::List(_) => self.depth -= 1,
            TagEnd::HtmlBlock => self.html = None,
            TagEnd::Heading(_) => {
                if let Some(heading) = self.heading.take() {
                    self.heading(heading);
                }
            }
            TagEnd::Link | TagEnd::Image => {
                if let Some(link) = self.links.pop() {
                    self.opaque.push(link.opaque());
                    let edits = link.edits(self.text, self.links.last_mut());
                    self.edits.extend(edits);
                }
            }
            _ => {}
        }
    }

    fn is_bold_heading(&self) -> bool {
        let level = self.heading.as_ref().map(|heading| heading.level);
        level.is_some_and(|level| level > HeadingLevel::H3)
    }

    fn heading(&mut self, heading: Heading) {
        let Some(inner) = heading.inner else { return };
        let Range { start, end } = heading.range;
        let end = start + self.text[start..end].trim_end().len();
        if heading.level > HeadingLevel::H3 {
            self.edit(start..inner.start, "**");
            self.edit(inner.end..end, "**");
        } else if self.text[inner.clone()].contains('\n') {
            // A paragraph over a line: hardly a heading.
            let line = inner.end + self.text[inner.end..end].find('\n').map_or(0, |at| at + 1);
            self.edit(line..end, RULE);
        } else {
            let mark = if heading.level == HeadingLevel::H1 {
                "# "
            } else {
                "## "
            };
            self.edit(start..start, mark);
            self.edit(inner.end..end, "");
        }
    }

    fn rule(&mut self, range: Range<usize>) {
        let line = self.text[range.clone()].trim_end().len();
        self.edit(range.start..range.start + line, RULE);
    }

    /// Writes a list item's mark as Discord knows it.
    fn item(&mut self, at: usize) {
        let line = self.text[..at].rfind('\n').map_or(0, |end| end + 1);
        let is_first = self.text[line..at].bytes().all(|b| b == b' ');
        if is_first && self.depth > DEEPEST {
            self.edit(line..at, "  ".repeat(DEEPEST - 1));
        }
        let digits = self.text[at..]
            .bytes()
            .take_while(u8::is_ascii_digit)
            .count();
        let (mark, known) = if digits == 0 { ("+", "*") } else { (")", ".") };
        let place = at + digits..at + digits + 1;
        if self.text[at + digits..].starts_with(mark) {
            self.edit(place, known);
        }
    }

    /// Writes a character that has a name in HTML.
    fn entity(&mut self, text: &str, range: Range<usize>) {
        if self.html.is_none()
            && self.text[range.clone()].starts_with('&')
            && self.text[range.clone()] != *text
        {
            let begins_line = self.text[..range.start].ends_with('\n') || range.start == 0;
            let is_mark = text.starts_with(['*', '_', '~', '|', '`', '\\'])
                || begins_line && text.starts_with(['>', '#', '-']);
            let escape = if is_mark { "\\" } else { "" };
            self.edit(range, format!("{escape}{text}"));
        }
    }

    /// Replaces lines, but for what stands before the range in the first one, such as a list item's mark.
    fn replace_lines(&mut self, range: Range<usize>, by: Fragment) {
        let start = self.text[..range.start].rfind('\n').map_or(0, |at| at + 1);
        let is_first = self.text[start..range.start].trim().is_empty();
        let start = if is_first { start } else { range.start };
        self.edits.push(Replacement {
            range: start..range.end,
            by,
        });
    }
}

/// Words as inline code, whatever backticks they hold.
fn inline_code(code: &str) -> String {
    let code = defuse(&code.replace('\n', " "));
    if code.contains('`') {
        format!("`` {code} ``")
    } else {
        format!("`{code}`")
    }
}

fn apply(text: &str, mut edits: Vec<Replacement>) -> Vec<Fragment> {
    // what is put in first, then what replaces most
    edits.sort_by_key(|edit| {
        let Range { start, end } = edit.range;
        (start, start != end, Reverse(end))
    });
    let (mut blocks, mut current, mut end) = (Vec::new(), String::new(), 0);
    for Replacement { range, by } in edits {
        if range.start < end {
            continue;
        }
        current.push_str(&text[end..range.start]);
        end = range.end;
        match by {
            Fragment::Text(by) => current.push_str(&by),
            block @ (Fragment::Code { .. } | Fragment::Table { .. }) => {
                let has_fence = !matches!(block, Fragment::Table { fence: None, .. });
                if has_fence && !current.is_empty() && !current.ends_with('\n') {
                    current.push('\n');
                }
                push_text(&mut blocks, &mut current);
                blocks.push(block);
            }
        }
    }
    current.push_str(&text[end..]);
    push_text(&mut blocks, &mut current);
    blocks
}

fn push_text(blocks: &mut Vec<Fragment>, text: &mut String) {
    if !text.is_empty() {
        blocks.push(Fragment::Text(defuse(&std::mem::take(text))));
    }
}

#[cfg(test)]
pub(super) mod tests;
