//! What holds of every rendering, checked in every test.

mod answers;
mod cases;
mod growing;
mod model;
mod properties;
mod regressions;

use super::{Completeness, PageOptions, Renderer, render, shows_nothing, units};

fn options(limit: usize) -> PageOptions {
    PageOptions {
        limit,
        ..PageOptions::default()
    }
}

/// Checks what must hold of every rendering, and returns the pages.
#[track_caller]
fn check(text: &str, limit: usize) -> Vec<String> {
    let pages = render(text, &options(limit), Completeness::Final);
    for page in &pages {
        assert!(units(page) <= limit, "{} units: {page:?}", units(page));
        assert!(!shows_nothing(page), "shows nothing: {page:?}");
        model::blocks(page);
    }
    // of what follows the marks of code, no more than the language is shown, and a wide table's rows repeat its header
    if !["~~~", "```", "|-", "-|", ":|"]
        .iter()
        .any(|mark| text.contains(mark))
    {
        check_words(text, &pages);
    }
    pages
}

/// Letters and digits of the text stand in the pages, in order.
#[track_caller]
fn check_words(text: &str, pages: &[String]) {
    let mut shown = pages.iter().flat_map(|page| page.chars());
    for c in text.chars().filter(|c| c.is_alphanumeric()) {
        assert!(
            shown.any(|shown| shown == c),
            "{c:?} is lost of {text:?} in {pages:?}"
        );
    }
}

/// Renders a text that comes in parts, and checks that pages stay as they are once they are final.
#[track_caller]
fn check_growing(parts: &[String], limit: usize) {
    let whole = render(&parts.concat(), &options(limit), Completeness::Final);
    let mut renderer = Renderer::new(&options(limit));
    for part in parts {
        renderer.push(part);
        let done = renderer.pages_done();
        assert_eq!(
            done,
            &whole[..done.len().min(whole.len())],
            "a final page changed"
        );
        for page in renderer.tail() {
            assert!(units(&page) <= limit, "{} units: {page:?}", units(&page));
            assert!(!shows_nothing(&page), "shows nothing: {page:?}");
            model::blocks(&page);
        }
    }
    assert_eq!(renderer.finish(), whole);
}
