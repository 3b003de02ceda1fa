//! What is shown of a text while it grows.

use super::{Completeness, Renderer, check, options, render, units};
use crate::discord::render::LIMIT;

/// What is shown after each character.
fn versions(text: &str) -> Vec<String> {
    let mut renderer = Renderer::new(&options(LIMIT));
    let mut grow = |c: char| {
        renderer.push(c.encode_utf8(&mut [0; 4]));
        renderer.tail().concat()
    };
    text.chars().map(&mut grow).collect()
}

#[test]
fn marks_are_held_back_until_it_is_known_what_they_are() {
    for text in [
        "Here is the list:\n- one item\n- two items\n  - three of them",
        "> A quote starts\n> - and has an item\n> - or two",
        "A title\n= 3 of them",
        "Words\n1. one item\n2. two items",
        "Words\n* one item\n+ two items",
        "Words\n- [x] one task\n  - [ ] two tasks",
        "Words\n\n#### and a heading",
        "Words\n> and a quote",
        "Words\n\n<pre>some words that stay as they are</pre> and more",
        "> Words\n> | a | b |\n> |---|---|\n> | 1 | 2 |\n",
        "Words <!-- a comment\nof two lines --> and more words",
        "Words\n\n<!-- a comment\n\nof two blocks -->\n\nand more words",
    ] {
        let whole = render(text, &options(LIMIT), Completeness::Final).concat();
        for version in versions(text) {
            let shown = version.trim_end().trim_end_matches(['*', '`', '>']);
            assert!(
                whole.starts_with(shown.trim_end()),
                "{version:?} of {whole:?}"
            );
        }
    }
}

#[test]
fn a_comment_that_is_code_is_not_held_back() {
    let versions = versions("Use `<!--` for what nobody reads");
    assert_eq!(versions.last().unwrap(), "Use `<!--` for what nobody");
}

#[test]
fn pages_of_paragraphs_are_almost_full() {
    let paragraph = "Some words make a sentence of it. ".repeat(14);
    let text = vec![paragraph.trim_end(); 20].join("\n\n");
    let pages = check(&text, LIMIT);
    for page in &pages[..pages.len() - 1] {
        assert!(units(page) >= LIMIT / 4 * 3, "{}", units(page));
        assert!(page.ends_with('.'), "{page}");
    }
    // a paragraph that ends in the middle of the page is no place to end it
    let text = format!(
        "{}\n\n{}",
        "Some words. ".repeat(90),
        "Some more words. ".repeat(90)
    );
    assert!(units(&check(&text, LIMIT)[0]) > 1_900);
}
