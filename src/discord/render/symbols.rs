//! Footnotes and LaTeX inside of prose.

use std::ops::Range;

use super::edit::Replacement;

/// Edits of `text` outside of the parts that are `opaque`.
pub(super) fn edits(text: &str, opaque: &[Range<usize>]) -> Vec<Replacement> {
    let mut opaque = opaque.to_vec();
    opaque.sort_by_key(|range| range.start);
    let mut edits = Vec::new();
    let mut next = opaque.iter().peekable();
    let mut at = 0;
    while let Some(found) = text[at..].find(['[', '\\']) {
        let start = at + found;
        at = start + 1;
        let mut is_opaque = false;
        while let Some(range) = next.next_if(|range| range.start <= start) {
            if start < range.end {
                at = at.max(range.end);
                is_opaque = true;
            }
        }
        if is_opaque {
            continue;
        }
        let limit = next.peek().map_or(text.len(), |range| range.start);
        let edit = footnote(text, start).or_else(|| latex(&text[..limit], start));
        match edit {
            Some(edit) => {
                at = edit.range.end;
                edits.push(edit);
            }
            // an escaped backslash
            None if text[at..].starts_with('\\') => at += 1,
            None => {}
        }
    }
    edits
}

/// A footnote's mark: a raised number, or a name in raised brackets.
fn footnote(text: &str, start: usize) -> Option<Replacement> {
    const LONGEST: usize = 32;
    let rest = text[start..].strip_prefix("[^")?;
    let end = rest.bytes().take(LONGEST).position(|b| b == b']')?;
    let label = &rest[..end];
    let before = text[..start].chars().next_back();
    let is_definition = before.is_none_or(|c| c == '\n') && rest[end..].starts_with("]: ");
    let is_attached = before.is_some_and(|c| !c.is_whitespace() && c != '(' && c != '[');
    let range = start..start + end + 3 + usize::from(is_definition);
    if !label.is_empty() && label.bytes().all(|b| b.is_ascii_digit()) {
        return Some(Replacement::text(
            range,
            label.chars().map(superscript).collect::<String>(),
        ));
    }
    let is_name = label.starts_with(|c: char| c.is_ascii_alphabetic())
        && label.len() > 1
        && label
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
    (is_name && (is_definition || is_attached))
        .then(|| Replacement::text(range, format!("⁽{label}⁾")))
}

fn superscript(digit: char) -> char {
    match digit {
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        _ => char::from_u32(0x2070 + digit.to_digit(10).unwrap_or_default()).unwrap_or(digit),
    }
}

/// Math in `\(..\)` or `\[..\]`. Discord would take the backslashes for escapes.
fn latex(text: &str, start: usize) -> Option<Replacement> {
    const LONGEST: usize = 500;
    let rest = &text[start..];
    let (inner, close, is_certain) = if let Some(inner) = rest.strip_prefix("\\(") {
        (inner, "\\)", inner.find("\\)").is_some_and(|at| at < 8))
    } else {
        (rest.strip_prefix("\\[")?, "\\]", false)
    };
    let window = &inner[..inner.floor_char_boundary(LONGEST)];
    let end = window.find(close)?;
    let math = &inner[..end];
    let is_math = is_certain || is_formula(math);
    (is_math && !math.contains('`') && !math.contains("\n\n") && !math.trim().is_empty()).then(
        || {
            let shown = math.trim().replace('\n', " ");
            Replacement::text(start..start + 2 + end + 2, format!("`{shown}`"))
        },
    )
}

/// Whether words in brackets of LaTeX are math rather than words in escaped brackets.
pub(super) fn is_formula(text: &str) -> bool {
    is_math(text) || text.contains(['+', '_', '<', '>'])
}

/// Whether words between dollar signs are math rather than prices or variables of a shell.
pub(super) fn is_math(text: &str) -> bool {
    let bytes = text.as_bytes();
    let has_command = bytes
        .windows(2)
        .any(|pair| pair[0] == b'\\' && pair[1].is_ascii_alphabetic());
    has_command || text.contains(['^', '=']) || text.contains("_{")
}

#[cfg(test)]
mod tests;
