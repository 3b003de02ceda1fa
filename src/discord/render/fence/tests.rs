//! Marks of lines.

use super::*;

#[test]
fn an_info_string_gives_the_language() {
    for (info, expected) in [
        ("rust", ("rust", "")),
        ("rust,ignore", ("rust", "")),
        ("python title=\"x\"", ("python", "")),
        ("{.python .numbered}", ("python", "")),
        ("rust:src/main.rs", ("rust", "")),
        ("js{1,3}", ("js", "")),
        ("c++", ("c++", "")),
        ("c#", ("c#", "")),
        ("objective-c", ("objective-c", "")),
        ("", ("", "")),
        ("src/main.rs", ("", "src/main.rs")),
        ("title=\"x\"", ("", "title=\"x\"")),
        ("中文", ("", "中文")),
    ] {
        assert_eq!(language(info), expected, "{info:?}");
    }
}

#[test]
fn runs_of_backticks_are_defused() {
    for (text, expected) in [
        ("a `b` ``c``", "a `b` ``c``"),
        ("```", "``\u{200b}`"),
        ("x````y", "x``\u{200b}``y"),
        ("`````", "``\u{200b}``\u{200b}`"),
    ] {
        assert_eq!(defuse(text), expected);
        assert_eq!(defuse(&defuse(text)), expected);
    }
}

#[test]
fn quotes_are_told_from_comparisons() {
    for (line, expected) in [
        ("> a", Some("a")),
        (">a", Some("a")),
        (">", Some("")),
        ("> > a", Some("a")),
        (">> a", Some("a")),
        ("> - a", Some("- a")),
        (">90% of it", None),
        (">= 5", None),
        ("a > b", None),
        ("> 5 of them", Some("5 of them")),
    ] {
        assert_eq!(strip_quotes(line), expected, "{line:?}");
    }
}
