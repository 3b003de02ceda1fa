//! Marks of lines: what opens and closes a code block, what makes a quote, a list item or a heading.

/// Quotes the rest of a message. Discord's own: `CommonMark` does not know it.
pub(super) const LONG_QUOTE: &str = ">>> ";

/// Prefix of a quoted line.
pub(super) const QUOTE: &str = "> ";

/// Opens and closes a code block in Discord.
pub(super) const MARKS: &str = "```";

/// A code block as Discord gets it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Fence {
    pub(super) is_quoted: bool,
    /// May be empty.
    pub(super) language: String,
    /// First lines that every page repeats: the header of a table.
    pub(super) header: Vec<String>,
}

impl Fence {
    fn prefix(&self) -> &'static str {
        if self.is_quoted { QUOTE } else { "" }
    }

    pub(super) fn opening(&self) -> String {
        format!("{}{MARKS}{}", self.prefix(), self.language)
    }

    pub(super) fn closing(&self) -> String {
        format!("{}{MARKS}", self.prefix())
    }

    /// A line of code in which nothing ends the block.
    pub(super) fn code(&self, line: &str) -> String {
        format!("{}{}", self.prefix(), defuse(line))
    }
}

/// Puts zero-width spaces into runs of three or more backticks, which would open or close a code block anywhere.
pub(super) fn defuse(text: &str) -> String {
    if !text.contains(MARKS) {
        return text.to_owned();
    }
    let mut defused = String::with_capacity(text.len() + 6);
    let mut run = 0;
    for c in text.chars() {
        run = if c == '`' { run + 1 } else { 0 };
        if run == 3 {
            defused.push('\u{200b}');
            run = 1;
        }
        defused.push(c);
    }
    defused
}

/// The opening marks of a code block in the source.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Marks {
    mark: char,
    count: usize,
    /// How far the marks are indented.
    pub(super) indent: usize,
}

impl Marks {
    /// Reads what opens a code block, and its info string. `before` precedes `text` in its line.
    pub(super) fn read<'a>(before: &str, text: &'a str) -> Option<(Self, &'a str)> {
        let mark = text.chars().next().filter(|c| matches!(c, '`' | '~'))?;
        let info = text.trim_start_matches(mark);
        let count = text.len() - info.len();
        let is_inline_code = mark == '`' && info.contains('`');
        let marks = Self {
            mark,
            count,
            indent: before.chars().count(),
        };
        (count >= 3 && !is_inline_code).then_some((marks, info.trim()))
    }

    pub(super) fn closing(self) -> String {
        self.mark.to_string().repeat(self.count)
    }

    /// Whether a line of the block ends it.
    pub(super) fn are_closed_by(self, line: &str) -> bool {
        let rest = line.trim_start();
        let indent = line[..line.len() - rest.len()].chars().count();
        let after = rest.trim_start_matches(self.mark);
        indent <= self.indent + 3
            && rest.len() - after.len() >= self.count
            && after.trim().is_empty()
    }
}

/// The language that an info string names, and what it says if that is no language at all.
pub(super) fn language(info: &str) -> (&str, &str) {
    const LONGEST: usize = 32;
    let is_name = |c: char| c.is_ascii_alphanumeric() || "_+-.#".contains(c);
    let word = info.split_whitespace().next().unwrap_or_default();
    let word = word.trim_start_matches(['{', '.']);
    let end = word.find(|c| !is_name(c)).unwrap_or(word.len());
    let ends_well = word[end..]
        .chars()
        .next()
        .is_none_or(|c| matches!(c, ',' | ':' | ';' | '{' | '}' | '=' | '(' | '['));
    let is_language = (1..=LONGEST).contains(&end) && ends_well && !word[end..].starts_with('=');
    if is_language {
        (&word[..end], "")
    } else {
        ("", info)
    }
}

/// What follows the marks of all quotes around a line; `None` if it is not quoted. A comparison (`>90%`) is no quote.
pub(super) fn strip_quotes(line: &str) -> Option<&str> {
    let mut rest = None;
    let mut line = line;
    while let Some(after) = line.trim_start_matches([' ', '\t']).strip_prefix('>') {
        if after.starts_with(|c: char| c == '=' || c.is_ascii_digit()) {
            break;
        }
        line = after.strip_prefix(' ').unwrap_or(after);
        rest = Some(line);
    }
    rest
}

/// What follows a list item's mark.
pub(super) fn strip_list_mark(text: &str) -> Option<&str> {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    let after = match digits {
        0 => text.strip_prefix(['-', '*', '+'])?,
        1..=9 => text[digits..].strip_prefix(['.', ')'])?,
        _ => return None,
    };
    after.starts_with([' ', '\t']).then_some(after)
}

/// What follows the marks of all list items that begin in a line, and the white space around them.
pub(super) fn strip_list_marks(text: &str) -> &str {
    let mut rest = text.trim_start();
    while let Some(after) = strip_list_mark(rest) {
        rest = after.trim_start();
    }
    rest
}

/// What follows the mark of a heading or of small text, as Discord knows them.
pub(super) fn strip_heading_mark(text: &str) -> Option<&str> {
    ["# ", "## ", "### ", "-# "]
        .iter()
        .find_map(|mark| text.strip_prefix(mark))
}

#[cfg(test)]
mod tests;
