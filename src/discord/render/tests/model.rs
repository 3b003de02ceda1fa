//! A small model of how Discord's client reads a message.

/// A character that is seen, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Seen {
    pub(super) c: char,
    pub(super) style: Style,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Style {
    pub(super) is_quoted: bool,
    pub(super) heading: usize,
    /// The language of a code block.
    pub(super) code_block: Option<String>,
    pub(super) is_code: bool,
    /// Marks around it, in alphabetical order.
    pub(super) marks: Vec<&'static str>,
}

/// A part of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Block {
    Code {
        is_quoted: bool,
        language: String,
        lines: Vec<String>,
    },
    Prose {
        is_quoted: bool,
        text: String,
    },
}

/// Reads code blocks, quotes and prose. Panics where code would be prose or the other way round.
#[track_caller]
pub(super) fn blocks(message: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut code: Option<(bool, String, Vec<String>)> = None;
    let mut is_rest_quoted = false;
    for line in message.split('\n') {
        let line = match line.strip_prefix(">>> ") {
            Some(rest) if code.is_none() => {
                is_rest_quoted = true;
                rest
            }
            _ => line,
        };
        let quoted = line.strip_prefix("> ").filter(|_| !is_rest_quoted);
        if let Some((is_quoted, _, lines)) = &mut code {
            let content = if *is_quoted {
                quoted.unwrap_or_else(|| panic!("code leaves its quote in {message:?}"))
            } else {
                line
            };
            match content.find("```") {
                None => lines.push(content.to_owned()),
                Some(at) => {
                    assert_eq!(
                        (at, content),
                        (0, "```"),
                        "code ends within a line of {message:?}"
                    );
                    let (is_quoted, language, lines) = code.take().unwrap();
                    assert!(!lines.is_empty(), "an empty code block in {message:?}");
                    blocks.push(Block::Code {
                        is_quoted,
                        language,
                        lines,
                    });
                }
            }
            continue;
        }
        let is_quoted = quoted.is_some();
        let text = quoted.unwrap_or(line);
        if let Some(language) = text.strip_prefix("```") {
            let is_name = |c: char| c.is_ascii_alphanumeric() || "_+-.#".contains(c);
            assert!(
                language.chars().all(is_name),
                "code after the marks in {message:?}"
            );
            code = Some((is_quoted, language.to_owned(), Vec::new()));
            continue;
        }
        assert!(
            !text.contains("```"),
            "code begins within a line of {message:?}"
        );
        blocks.push(Block::Prose {
            is_quoted,
            text: text.to_owned(),
        });
    }
    assert!(code.is_none(), "code is left open in {message:?}");
    blocks
}

/// What is seen of a message, but for white space.
#[track_caller]
pub(super) fn seen(message: &str) -> Vec<Seen> {
    let mut seen = Vec::new();
    let mut paragraph: Option<(Style, String)> = None;
    for block in blocks(message) {
        match block {
            Block::Code {
                is_quoted,
                language,
                lines,
            } => {
                end(&mut paragraph, &mut seen);
                let style = Style {
                    is_quoted,
                    code_block: Some(language),
                    ..Style::default()
                };
                push(&lines.concat(), &style, &mut seen);
            }
            Block::Prose { is_quoted, text } => {
                let heading = text.bytes().take_while(|b| *b == b'#').count();
                let is_heading = (1..=3).contains(&heading) && text[heading..].starts_with(' ');
                let heading = if is_heading { heading } else { 0 };
                let item = text.trim_start_matches(' ');
                let is_item =
                    item.starts_with("- ") || item.starts_with(|c: char| c.is_ascii_digit());
                let style = Style {
                    is_quoted,
                    heading,
                    ..Style::default()
                };
                let text = if is_heading { &text[heading..] } else { &text };
                let goes_on = paragraph
                    .as_ref()
                    .is_some_and(|(before, _)| *before == style);
                if !goes_on || is_item || is_heading || text.trim().is_empty() {
                    end(&mut paragraph, &mut seen);
                }
                let (_, words) = paragraph.get_or_insert((style, String::new()));
                words.push_str(text);
                words.push('\n');
            }
        }
    }
    end(&mut paragraph, &mut seen);
    seen
}

fn end(paragraph: &mut Option<(Style, String)>, seen: &mut Vec<Seen>) {
    if let Some((style, text)) = paragraph.take() {
        inline(&text, &style, seen);
    }
}

fn push(text: &str, style: &Style, seen: &mut Vec<Seen>) {
    seen.extend(text.chars().filter(|c| !c.is_whitespace()).map(|c| Seen {
        c,
        style: style.clone(),
    }));
}

/// Reads marks from the left: the first that has an end wins, as Discord's expressions do.
fn inline(text: &str, style: &Style, seen: &mut Vec<Seen>) {
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        if c == '\\' && rest[1..].starts_with(|c: char| c.is_ascii_punctuation()) {
            push(&rest[1..2], style, seen);
            rest = &rest[2..];
        } else if let Some((inner, after)) = code(rest) {
            push(
                inner,
                &Style {
                    is_code: true,
                    ..style.clone()
                },
                seen,
            );
            rest = after;
        } else if let Some((mark, inner, after)) = marked(rest) {
            let mut style = style.clone();
            style.marks.push(mark);
            style.marks.sort_unstable();
            inline(inner, &style, seen);
            rest = after;
        } else {
            push(&rest[..c.len_utf8()], style, seen);
            rest = &rest[c.len_utf8()..];
        }
    }
}

fn code(text: &str) -> Option<(&str, &str)> {
    let inner = text.trim_start_matches('`');
    let run = text.len() - inner.len();
    if run == 0 {
        return None;
    }
    let mut from = 0;
    loop {
        let at = from + inner[from..].find('`')?;
        let length = inner[at..].len() - inner[at..].trim_start_matches('`').len();
        if length == run {
            return Some((&inner[..at], &inner[at + run..]));
        }
        from = at + length;
    }
}

fn marked(text: &str) -> Option<(&'static str, &str, &str)> {
    for mark in ["**", "__", "~~", "||", "*"] {
        let Some(inner) = text.strip_prefix(mark) else {
            continue;
        };
        let mut from = inner.chars().next().map_or(0, char::len_utf8);
        while let Some(found) = inner[from..].find(mark) {
            let at = from + found;
            let mut end = at + mark.len();
            let after = &inner[end..];
            let byte = mark.as_bytes()[0];
            if mark.len() == 2 && mark != "||" && after.as_bytes().first() == Some(&byte) {
                // the last two of a run close
                from = at + 1;
                continue;
            }
            if mark == "*" {
                if after.starts_with('*') {
                    let run = 1 + after.bytes().take_while(|b| *b == b'*').count();
                    if run == 2 {
                        from = end + 1;
                        continue;
                    }
                    end = at + 1;
                }
                if inner.starts_with(char::is_whitespace)
                    || inner[..at].ends_with(char::is_whitespace)
                {
                    break;
                }
            }
            return Some((mark, &inner[..at], &inner[end..]));
        }
    }
    None
}
