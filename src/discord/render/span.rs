//! Finds what should not be cut in two within a paragraph: inline code and masked links.
//!
//! Bare links need no care: they hold no white space.

use std::{collections::HashMap, ops::Range};

use super::block::{Line, Role};

/// The spans of `text`, in order and apart from one another. Those longer than `longest` bytes are left out, since
/// they fit into no message anyway.
pub(super) fn find(text: &str, lines: &[Line], longest: usize) -> Vec<Range<usize>> {
    let mut spans = Vec::new();
    let is_words = |line: &Line| matches!(line.role, Role::Text | Role::Heading);
    for paragraph in lines.chunk_by(|one, next| is_words(one) && is_words(next)) {
        if let [first, .., last] | [first @ last] = paragraph
            && is_words(first)
        {
            let code = code(text, first.start..last.end);
            for line in paragraph {
                find_links(text, line.start..line.end, &code, &mut spans);
            }
            spans.extend(code);
        }
    }
    spans.retain(|span| span.len() <= longest);
    spans.sort_unstable_by_key(|span| (span.start, span.end));
    // a link's words may hold code, and an outer link an inner one: the outer span says it all
    spans.dedup_by(|next, kept| {
        let overlaps = next.start < kept.end;
        if overlaps {
            kept.end = kept.end.max(next.end);
        }
        overlaps
    });
    spans
}

/// Inline code of a paragraph: from a run of backticks to the next run of the same length.
fn code(text: &str, paragraph: Range<usize>) -> Vec<Range<usize>> {
    let bytes = text.as_bytes();
    let mut runs: Vec<Range<usize>> = Vec::new();
    for at in paragraph.filter(|at| bytes[*at] == b'`') {
        match runs.last_mut() {
            Some(run) if run.end == at => run.end += 1,
            _ => runs.push(at..at + 1),
        }
    }
    let mut next_of_length = HashMap::new();
    let mut closer = vec![None; runs.len()];
    for (index, run) in runs.iter().enumerate().rev() {
        closer[index] = next_of_length.insert(run.len(), index);
    }
    let mut spans = Vec::new();
    let mut index = 0;
    while index < runs.len() {
        if let Some(close) = closer[index] {
            spans.push(runs[index].start..runs[close].end);
            index = close;
        }
        index += 1;
    }
    spans
}

/// Masked links of a line, `[words](address)`, whose marks are not in inline code.
fn find_links(
    text: &str,
    line: Range<usize>,
    code: &[Range<usize>],
    links: &mut Vec<Range<usize>>,
) {
    let bytes = text.as_bytes();
    // what is open: its byte, and where the link would begin
    let mut open: Vec<(u8, usize)> = Vec::new();
    let (mut brackets, mut parentheses) = (0_usize, 0_usize);
    let mut words = None;
    let mut code = code
        .iter()
        .skip(code.partition_point(|span| span.end <= line.start))
        .peekable();
    let mut at = line.start;
    while at < line.end {
        if let Some(span) = code.next_if(|span| span.start <= at) {
            at = span.end;
            continue;
        }
        let words_before = words.take();
        match bytes[at] {
            b'[' => {
                brackets += 1;
                open.push((b'[', at));
            }
            // an address, or a parenthesis within one
            b'(' if words_before.is_some() || parentheses > 0 => {
                parentheses += 1;
                open.push((b'(', words_before.unwrap_or(usize::MAX)));
            }
            b']' if brackets > 0 => words = close(&mut open, b'[', &mut brackets, &mut parentheses),
            b')' if parentheses > 0 => {
                let start = close(&mut open, b'(', &mut parentheses, &mut brackets);
                links.extend(start.filter(|start| *start < at).map(|start| start..at + 1));
            }
            _ => {}
        }
        at += 1;
    }
}

/// Closes the innermost open `kind`, and whatever was left open within it.
fn close(
    open: &mut Vec<(u8, usize)>,
    kind: u8,
    same: &mut usize,
    other: &mut usize,
) -> Option<usize> {
    while let Some((byte, start)) = open.pop() {
        if byte == kind {
            *same -= 1;
            return Some(start);
        }
        *other -= 1;
    }
    None
}

#[cfg(test)]
mod tests;
