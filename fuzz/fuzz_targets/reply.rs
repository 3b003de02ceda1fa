//! An answer as messages: none too long, none empty, no letter lost, and the same however it arrives.

#![no_main]

use libfuzzer_sys::fuzz_target;
use switchboard::discord::render::{LIMIT, PageOptions, Completeness, Renderer, render, units};

fuzz_target!(|input: (u16, u8, &str)| {
    let (limit, step, text) = input;
    // Marks of Markdown take up a good part of a shorter page.
    let limit = usize::from(limit).clamp(100, LIMIT);
    let options = PageOptions { limit, ..PageOptions::default() };
    let pages = render(text, &options, Completeness::Final);
    for page in &pages {
        assert!(units(page) <= limit, "{} units of {limit}", units(page));
        assert!(!page.trim().is_empty(), "an empty message");
        assert!(page.matches("```").count() % 2 == 0, "a block of code is left open");
    }
    // Prose without HTML, entities, control sequences or code blocks is all there, in order.
    let has_more = |c: char| c.is_control() && c != '\n' || "<&`~".contains(c);
    if !text.contains(has_more) {
        let mut sent = pages.iter().flat_map(|page| page.chars());
        for wanted in text.chars().filter(|c| c.is_alphanumeric()) {
            assert!(sent.any(|c| c == wanted), "{wanted:?} is lost");
        }
    }
    // What arrives bit by bit ends up the same, and a page that is final stays as it is.
    let mut renderer = Renderer::new(&options);
    let mut rest = text;
    while !rest.is_empty() {
        let end = rest.ceil_char_boundary((usize::from(step) + 1).min(rest.len()));
        renderer.push(&rest[..end]);
        rest = &rest[end..];
        let done = renderer.pages_done();
        assert!(pages.starts_with(done), "a final page changed");
    }
    assert_eq!(renderer.finish(), pages);
});
