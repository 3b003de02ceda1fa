use super::*;
use crate::discord::render::block;

#[track_caller]
fn check(text: &str, expected: &[&str]) {
    let blocks = block::read(text, 2000);
    let found: Vec<&str> = find(text, &blocks.lines, 100)
        .into_iter()
        .map(|span| &text[span])
        .collect();
    assert_eq!(found, expected, "{text:?}");
}

#[test]
fn inline_code() {
    check("a `b c` d `e`", &["`b c`", "`e`"]);
    check("``a ` b`` `c", &["``a ` b``"]);
    check("`a\nb` c", &["`a\nb`"]);
    check("`a\n\nb` c", &[]);
    check("`a\n```\nb`\n```\n`c`", &["`c`"]);
    check(&format!("`{}` `b`", "a".repeat(100)), &["`b`"]);
}

#[test]
fn masked_links() {
    check(
        "see [the docs](https://a.b/c d) now",
        &["[the docs](https://a.b/c d)"],
    );
    check(
        "[a](https://x.y/Foo_(bar)) b",
        &["[a](https://x.y/Foo_(bar))"],
    );
    check("[a [b](c) d](e)", &["[a [b](c) d](e)"]);
    check("[a `]` b](c)", &["[a `]` b](c)"]);
    check("(a [b) c](d)", &["[b) c](d)"]);
    check("[a](b (c) d", &[]);
    check("[a] (b) [c] d (e)", &[]);
    check("[a](b\nc)", &[]);
    check("](a) [b](c", &[]);
}
