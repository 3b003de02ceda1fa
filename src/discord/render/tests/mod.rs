//! What holds of every split: checked in every test.

mod cases;
mod properties;

use super::{is_blank, split, split::pieces, units};

/// Checks what must hold of every split, and returns the messages.
#[track_caller]
fn check(text: &str, limit: usize) -> Vec<String> {
    let messages = split(text, limit);
    for message in &messages {
        assert!(
            units(message) <= limit,
            "{} units: {message:?}",
            units(message)
        );
        assert!(!message.chars().all(is_blank), "shows nothing: {message:?}");
    }
    if messages.len() > 1 {
        check_nothing_lost(text, limit);
    }
    messages
}

/// Between two pieces, before the first and after the last there is white space alone, or what closes a fence that the
/// piece before has closed.
#[track_caller]
fn check_nothing_lost(text: &str, limit: usize) {
    let mut end = 0;
    for piece in pieces(text, limit) {
        check_gap(&text[end..piece.range.start]);
        assert!(!piece.range.is_empty());
        end = piece.range.end;
        let (opening, closing) = (piece.opening, piece.closing);
        let is_mark = |c: char| " >`~\n\t".contains(c);
        let is_language = |c: char| c.is_ascii_alphanumeric() || "_+-.#".contains(c);
        assert!(
            opening.chars().all(|c| is_mark(c) || is_language(c)),
            "{opening:?}"
        );
        assert!(closing.chars().all(is_mark), "{closing:?}");
    }
    check_gap(&text[end..]);
}

#[track_caller]
fn check_gap(gap: &str) {
    let shown = gap.trim_matches(|c| is_blank(c) || c == '>');
    let is_fence = shown.len() >= 3
        && ["`", "~"]
            .iter()
            .any(|mark| shown.trim_matches(|c| mark.starts_with(c)).is_empty());
    assert!(shown.is_empty() || is_fence, "lost {gap:?}");
}

/// Tells code from words by fence lines alone, without white space; `None` in the place of each fence line.
/// The oracle for texts whose fences are all of three backticks and closed.
#[track_caller]
fn code_and_words(message: &str) -> (String, String) {
    let (mut code, mut words, mut is_code) = (String::new(), String::new(), false);
    let mut since_open = 0;
    for line in message.lines() {
        let bare = line.trim_start_matches(['>', ' ']);
        if bare.starts_with("```") {
            assert!(
                !is_code || since_open > 0,
                "empty code block in {message:?}"
            );
            (is_code, since_open) = (!is_code, 0);
        } else if is_code {
            since_open += bare.trim().len();
            code.extend(bare.chars().filter(|c| !c.is_whitespace()));
        } else {
            words.extend(bare.chars().filter(|c| !c.is_whitespace()));
        }
    }
    assert!(!is_code, "a fence is left open in {message:?}");
    (code, words)
}
