use proptest::prelude::*;

use super::*;

#[test]
fn what_a_text_hides_is_shown_escaped() {
    for (text, shown) in [
        ("rm -rf build\n\tx", "rm -rf build\n\tx"),
        ("grüße 日本 👍", "grüße 日本 👍"),
        ("a\u{202e}b\u{2066}c", "a\\u{202e}b\\u{2066}c"),
        ("a\u{200b}\u{feff}\u{ad}b", "a\\u{200b}\\u{feff}\\u{ad}b"),
        ("a\rb\u{1b}[31m\u{7}\0", "a\\u{d}b\\u{1b}[31m\\u{7}\\u{0}"),
        ("a\u{a0}b\u{2028}c\u{3000}", "a\\u{a0}b\\u{2028}c\\u{3000}"),
        (
            "\u{e0041}\u{fe01}\u{e0100}\u{115f}",
            "\\u{e0041}\\u{fe01}\\u{e0100}\\u{115f}",
        ),
        ("```\n````", "``\\u{60}\n``\\u{60}`"),
    ] {
        assert_eq!(visible(text), shown, "{text:?}");
    }
}

proptest! {
    #[test]
    fn nothing_in_a_shown_text_is_hidden(text in any::<String>()) {
        let shown = visible(&text);
        prop_assert!(!shown.contains(is_hidden) && !shown.contains("```"), "{shown:?}");
        prop_assert_eq!(visible(&shown), shown.clone());
        let is_plain = !text.contains(is_hidden) && !text.contains("```");
        prop_assert!(!is_plain || shown == text);
    }
}
