//! Control sequences: terminals interpret them, and a chat shows them as garbage.

use std::borrow::Cow;

/// The longest control sequence: more is taken for words after a stray introducer.
const LONGEST: usize = 4096;

/// Removes control sequences, but for colors if it `keeps_colors`, and control characters other than line feeds and tabs.
#[must_use]
pub fn without_control_sequences(text: &str, keeps_colors: bool) -> Cow<'_, str> {
    if !has_control_characters(text) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(take_out(text, |cleaned, sequence| {
        if keeps_colors && is_color(sequence) {
            cleaned.push_str(sequence);
        }
    }))
}

/// Removes control sequences. Returns the colors among them by themselves, each with its place in what is left.
#[must_use]
pub fn split_colors(text: &str) -> (Cow<'_, str>, Vec<(usize, String)>) {
    if !has_control_characters(text) {
        return (Cow::Borrowed(text), Vec::new());
    }
    let mut colors = Vec::new();
    let bare = take_out(text, |bare, sequence| {
        if is_color(sequence) {
            colors.push((bare.len(), sequence.to_owned()));
        }
    });
    (Cow::Owned(bare), colors)
}

/// The text without control sequences. Each is handed to `found` with what precedes it.
fn take_out(text: &str, mut found: impl FnMut(&mut String, &str)) -> String {
    let (mut bare, mut rest) = (String::with_capacity(text.len()), text);
    while let Some(at) = rest.find(is_control) {
        bare.push_str(&rest[..at]);
        let (sequence, after) = rest[at..].split_at(sequence_length(&rest[at..]));
        found(&mut bare, sequence);
        rest = after;
    }
    bare.push_str(rest);
    bare
}

/// Ends lines with line feeds: a carriage return and a line feed, or a lone carriage return, become one.
#[must_use]
pub fn with_line_feeds(text: &str) -> Cow<'_, str> {
    if text.contains('\r') {
        Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"))
    } else {
        Cow::Borrowed(text)
    }
}

/// Where a control sequence begins of which more may follow `text`; the text's length if there is none.
#[must_use]
pub fn unfinished_control_sequence(text: &str) -> usize {
    let mut start = 0;
    while let Some(next) = text[start..].find(is_control) {
        start += next;
        let sequence = &text[start..];
        if is_unfinished(sequence) {
            return start;
        }
        start += sequence_length(sequence);
    }
    text.len()
}

/// Whether more text may belong to the control sequence that `text` begins with: then one of the ends does.
fn is_unfinished(text: &str) -> bool {
    let length = sequence_length(text);
    let text = &text[..text.floor_char_boundary(5 * LONGEST)];
    ["m", "\u{7}", "\\"]
        .iter()
        .any(|end| sequence_length(&format!("{text}{end}")) > length)
}

/// Whether there is a control character other than line feeds and tabs.
#[must_use]
pub fn has_control_characters(text: &str) -> bool {
    text.chars().any(is_control)
}

fn is_control(c: char) -> bool {
    c.is_control() && !matches!(c, '\n' | '\t')
}

fn is_color(sequence: &str) -> bool {
    let parameters = sequence
        .strip_prefix("\u{1b}[")
        .and_then(|rest| rest.strip_suffix('m'));
    parameters.is_some_and(|all| all.bytes().all(|b| b.is_ascii_digit() || b == b';'))
}

/// The length of the control sequence that `text` begins with.
fn sequence_length(text: &str) -> usize {
    let mut chars = text.chars();
    let first = chars.next().unwrap_or_default();
    let (kind, body) = match first {
        '\u{1b}' => match chars.next() {
            Some(second @ ('[' | ']' | 'P' | 'X' | '^' | '_')) => (second, 2),
            // an escape of two characters, or with intermediate bytes before its last one
            Some(second) if second.is_ascii_graphic() => {
                let after = text[1..].trim_start_matches(|c: char| (' '..='/').contains(&c));
                let last = after.chars().next().filter(char::is_ascii_graphic);
                return text.len() - after.len() + last.map_or(0, char::len_utf8);
            }
            _ => return 1,
        },
        '\u{9b}' => ('[', 2),
        '\u{9d}' => (']', 2),
        '\u{90}' | '\u{98}' | '\u{9e}' | '\u{9f}' => ('P', 2),
        _ => return first.len_utf8(),
    };
    let rest = &text[body..];
    if kind == '[' {
        let parameters = rest.len()
            - rest
                .trim_start_matches(|c: char| (' '..='?').contains(&c))
                .len();
        let last = rest[parameters..].chars().next();
        let is_whole = last.is_some_and(|c| ('@'..='~').contains(&c)) && parameters <= LONGEST;
        // of a sequence that is cut off, only what can be none of the words
        return if is_whole {
            body + parameters + 1
        } else {
            body
        };
    }
    let end = rest
        .char_indices()
        .take(LONGEST)
        .take_while(|(_, c)| *c != '\n')
        .find_map(|(at, c)| match c {
            '\u{7}' => Some(at + 1),
            '\u{9c}' => Some(at + 2),
            '\u{1b}' => Some(at + 1 + usize::from(rest[at + 1..].starts_with('\\'))),
            _ => None,
        });
    end.map_or(body, |end| body + end)
}
