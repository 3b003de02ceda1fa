//! What becomes of HTML, which Discord does not know: some tags have a twin in Markdown, some only structure a page, and
//! all others stay as they are.

use std::ops::Range;

use super::edit::Replacement;

/// What replaces an opening tag and its closing tag.
enum Meaning {
    /// Both tags, if both are there.
    Pair(&'static str, &'static str),
    /// Each tag by itself.
    Single(&'static str),
}

fn meaning(name: &str) -> Option<Meaning> {
    Some(match name {
        "b" | "strong" | "summary" | "h4" | "h5" | "h6" => Meaning::Pair("**", "**"),
        "i" | "em" | "var" | "cite" => Meaning::Pair("*", "*"),
        "u" | "ins" => Meaning::Pair("__", "__"),
        "s" | "del" | "strike" => Meaning::Pair("~~", "~~"),
        "code" | "kbd" | "samp" | "tt" => Meaning::Pair("`", "`"),
        "h1" => Meaning::Pair("# ", ""),
        "h2" => Meaning::Pair("## ", ""),
        "h3" => Meaning::Pair("### ", ""),
        "li" => Meaning::Pair("- ", ""),
        "sup" => Meaning::Pair("^", ""),
        "sub" => Meaning::Pair("_", ""),
        "br" => Meaning::Single("\n"),
        "hr" => Meaning::Single("────────────────────"),
        "details" => Meaning::Single(""),
        "p" | "div" | "span" | "center" | "font" | "small" | "big" | "mark" | "ul" | "ol"
        | "dl" | "abbr" | "picture" | "section" | "article" => Meaning::Pair("", ""),
        _ => return None,
    })
}

/// After these, words stand in a line of their own.
const ENDS_LINE: [&str; 9] = ["summary", "h1", "h2", "h3", "h4", "h5", "h6", "li", "p"];

/// A tag in a text.
struct Tag<'a> {
    range: Range<usize>,
    name: String,
    source: &'a str,
    is_closing: bool,
    /// Whether it belongs to a block of HTML.
    is_block: bool,
}

/// The tags of a text, in order, and edits that are certain.
#[derive(Default)]
pub(super) struct Tags<'a> {
    tags: Vec<Tag<'a>>,
    edits: Vec<Replacement>,
}

impl<'a> Tags<'a> {
    /// Reads all tags and comments of a part of `text`.
    pub(super) fn read(&mut self, text: &'a str, range: Range<usize>, is_block: bool) {
        let mut at = range.start;
        while let Some(found) = text[at..range.end].find('<') {
            let start = at + found;
            let rest = &text[start..range.end];
            at = start + 1;
            if rest.starts_with("<!--") {
                if let Some(end) = rest.find("-->") {
                    at = start + end + 3;
                    self.edits
                        .push(Replacement::text(whole_line(text, start..at), ""));
                } else {
                    return;
                }
            } else if let Some(tag) = tag(rest, start, is_block) {
                at = tag.range.end;
                self.tags.push(tag);
            }
        }
        self.finish_lines(text, range, is_block);
    }

    /// A block's line that holds nothing but tags that show nothing is dropped.
    fn finish_lines(&mut self, text: &str, range: Range<usize>, is_block: bool) {
        if !is_block {
            return;
        }
        let mut start = range.start;
        for line in text[range].split_inclusive('\n') {
            let end = start + line.len();
            let first = self.tags.partition_point(|tag| tag.range.start < start);
            let mut tags = self.tags[first..]
                .iter()
                .take_while(|tag| tag.range.start < end);
            let bytes: usize = tags.clone().map(|tag| tag.range.len()).sum();
            if bytes > 0 && bytes == line.trim().len() && tags.all(Tag::shows_nothing) {
                self.edits
                    .push(Replacement::text(with_blank_line(text, start..end), ""));
            }
            start = end;
        }
    }

    /// What to change, once all tags are read.
    pub(super) fn edits(mut self, text: &str) -> Vec<Replacement> {
        let mut open: Vec<usize> = Vec::new();
        let mut partner = vec![false; self.tags.len()];
        for (index, tag) in self.tags.iter().enumerate() {
            if !tag.is_closing {
                open.push(index);
            } else if let Some(place) = open.iter().rposition(|at| self.tags[*at].name == tag.name)
            {
                partner[index] = true;
                partner[open[place]] = true;
                open.truncate(place);
            }
        }
        let mut addresses: Vec<Option<String>> = Vec::new();
        for (tag, has_partner) in self.tags.iter().zip(partner) {
            let by = match tag.name.as_str() {
                "a" if has_partner && tag.is_closing => addresses
                    .pop()
                    .flatten()
                    .map(|address| format!("]({address})")),
                "a" if has_partner => {
                    let address = attribute(tag.source, "href").filter(|to| to.starts_with("http"));
                    addresses.push(address.map(str::to_owned));
                    address.map(|_| "[".to_owned())
                }
                "img" => attribute(tag.source, "src").map(|source| {
                    match attribute(tag.source, "alt").filter(|alt| !alt.is_empty()) {
                        Some(alt) => format!("{alt} ({source})"),
                        None => source.to_owned(),
                    }
                }),
                // at the end of a line, it breaks it once
                "br" if text[tag.range.end..].starts_with('\n') => Some(String::new()),
                name => match meaning(name) {
                    Some(Meaning::Single(by)) => Some(by.to_owned()),
                    Some(Meaning::Pair(_, closing))
                        if has_partner
                            && tag.is_closing
                            && ENDS_LINE.contains(&name)
                            && words_follow(&text[tag.range.end..]) =>
                    {
                        Some(format!("{closing}\n"))
                    }
                    Some(Meaning::Pair(opening, closing)) if has_partner => {
                        Some(if tag.is_closing { closing } else { opening }.to_owned())
                    }
                    Some(Meaning::Pair("", _)) if tag.is_block => Some(String::new()),
                    _ => None,
                },
            };
            self.edits
                .extend(by.map(|by| Replacement::text(tag.range.clone(), by)));
        }
        self.edits
    }
}

impl Tag<'_> {
    fn shows_nothing(&self) -> bool {
        matches!(
            meaning(&self.name),
            Some(Meaning::Single("") | Meaning::Pair("", _))
        )
    }
}

/// The tag that `text` begins with.
fn tag(text: &str, start: usize, is_block: bool) -> Option<Tag<'_>> {
    let inner = text.strip_prefix('<')?;
    let is_closing = inner.starts_with('/');
    let inner = inner.strip_prefix('/').unwrap_or(inner);
    let length = inner.bytes().take_while(u8::is_ascii_alphanumeric).count();
    let name = inner[..length].to_ascii_lowercase();
    let after = &inner[length..];
    let is_tag = length > 0 && after.starts_with(['>', '/', ' ', '\n', '\t']);
    let end = text.find('>').filter(|_| is_tag)?;
    let source = &text[..=end];
    Some(Tag {
        range: start..start + end + 1,
        name,
        source,
        is_closing,
        is_block,
    })
}

fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let at = tag.find(&format!(" {name}="))? + name.len() + 2;
    let quote = tag[at..]
        .chars()
        .next()
        .filter(|c| matches!(c, '"' | '\''))?;
    tag[at + 1..].split(quote).next()
}

/// Whether the line goes on with more than tags.
fn words_follow(text: &str) -> bool {
    let line = text.split('\n').next().unwrap_or_default();
    let mut parts = line.split('<');
    let before = parts.next().unwrap_or_default();
    let words = |part: &str| {
        part.split_once('>')
            .is_none_or(|(_, words)| !words.trim().is_empty())
    };
    !before.trim().is_empty() || parts.any(words)
}

/// The range, with its line's end if there is nothing else in the line.
fn whole_line(text: &str, range: Range<usize>) -> Range<usize> {
    let starts = range.start == 0 || text[..range.start].ends_with('\n');
    if starts && text[range.end..].starts_with('\n') {
        with_blank_line(text, range.start..range.end + 1)
    } else {
        range
    }
}

/// Extends a range of whole lines by the blank line after it, if a blank line precedes it.
fn with_blank_line(text: &str, range: Range<usize>) -> Range<usize> {
    let is_after_blank = range.start == 0 || text[..range.start].ends_with("\n\n");
    range.start..range.end + usize::from(is_after_blank && text[range.end..].starts_with('\n'))
}

/// Closes preformatted text.
pub(super) const PREFORMATTED_END: &str = "</pre>";

/// Whether a line that has begun may open preformatted text.
pub(super) fn may_open_preformatted(line: &str) -> bool {
    let tag = line.strip_prefix("<pre");
    tag.is_some_and(|tag| tag.starts_with(['>', ' ']))
}

/// What follows the opening tags of preformatted text in the line that they begin: nothing, or a text that ends in the
/// same line. Other lines speak of the tag.
pub(super) fn opens_preformatted(line: &str) -> Option<&str> {
    let inner = line.split_once('>')?.1;
    let code = inner
        .strip_prefix("<code")
        .and_then(|code| code.split_once('>'));
    let inner = code.map_or(inner, |(_, inner)| inner);
    let is_opening = inner.trim().is_empty() || inner.contains(PREFORMATTED_END);
    (may_open_preformatted(line) && is_opening).then_some(inner)
}

/// What precedes and what follows the closing tags of preformatted text.
pub(super) fn closes_preformatted(line: &str) -> Option<(&str, &str)> {
    let (inner, after) = line.split_once(PREFORMATTED_END)?;
    let code = inner.trim_end().strip_suffix("</code>");
    Some((code.unwrap_or(inner), after))
}

#[cfg(test)]
mod tests;
