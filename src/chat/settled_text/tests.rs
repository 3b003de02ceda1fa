use super::*;
use crate::redact::Secret;

const SECRET: &str = "correct-horse-battery-staple";

fn redactor() -> Redactor {
    Redactor::new(&[Secret::new("a password", SECRET)])
}

/// What is shown of a text that comes byte by byte, and when it ends.
fn shown(text: &str) -> String {
    let (redactor, mut growing) = (redactor(), SettledText::default());
    let mut shown = String::new();
    for character in text.chars() {
        growing.append(&character.to_string());
        shown += &growing.take(&redactor);
    }
    shown + &growing.finish(&redactor)
}

#[test]
fn a_secret_that_comes_in_pieces_is_never_shown() {
    assert_eq!(shown(&format!("it is {SECRET}.")), "it is [redacted].");
    let colored = SECRET.replace("horse", "\u{1b}[1mhorse");
    assert_eq!(shown(&format!("it is {colored}.")), "it is [redacted].");
}

#[test]
fn what_only_begins_like_a_secret_is_shown_at_the_end() {
    assert_eq!(shown("correct-hors"), "correct-hors");
    assert_eq!(shown("a\r\nb\u{1b}["), "a\nb");
}

#[test]
fn colors_that_are_kept_hide_no_secret() {
    let (redactor, mut growing) = (redactor(), SettledText::new("", String::new()));
    let mut shown = String::new();
    let colored = SECRET.replace("horse", "\u{1b}[1mhorse\u{1b}[0m");
    for character in format!("\u{1b}[31mit\u{1b}[K is {colored}.\u{1b}[32m").chars() {
        growing.append(&character.to_string());
        shown += &growing.take(&redactor);
    }
    shown += &growing.finish(&redactor);
    assert_eq!(
        shown,
        "\u{1b}[31mit is [redacted]\u{1b}[1m\u{1b}[0m.\u{1b}[32m"
    );
}
