//! Which marks are open where.

use super::*;

/// The marks that are open before each `^` in the text.
#[track_caller]
fn check(text: &str, expected: &[&[&str]]) {
    let mut plain = String::new();
    let mut places = Vec::new();
    for part in text.split('^') {
        plain.push_str(part);
        places.push(plain.len());
    }
    places.pop();
    let inline = Inline::read(&plain, true, 2000);
    let open: Vec<_> = places.iter().map(|at| inline.open_at(*at)).collect();
    assert_eq!(open, expected, "{text}");
    for (at, open) in places.iter().zip(open) {
        assert_eq!(inline.closing(*at), open.concat().len(), "{text}");
    }
}

#[test]
fn marks_open_and_close() {
    check("a ^b **c ^d** e^", &[&[], &["**"], &[]]);
    check("***a ^b*** ^", &[&["**", "*"], &[]]);
    check("**a *b ^c*** ^", &[&["**", "*"], &[]]);
    check("*a **b ^c*** ^", &[&["*", "**"], &[]]);
    check("||a __b ~~c ^d~~ e__ ^f||", &[&["||", "__", "~~"], &["||"]]);
    check("`a *b ^c` ^*d", &[&["`"], &[]]);
    check("``a `b ^c`` ^", &[&["``"], &[]]);
}

#[test]
fn what_only_looks_like_marks_is_words() {
    check("snake_case ^and_more a_ ^b", &[&[], &[]]);
    check("2 * 3 ^* 4 ** 5 ^** 6", &[&[], &[]]);
    check("\\*a ^b* \\`c ^d`", &[&[], &[]]);
    check("**a ^b", &[&[]]);
    check("https://a.b/_c_d ^_e", &[&[]]);
    check("*.rs ^and `*` ^*", &[&[], &[]]);
}

#[test]
fn a_paragraph_that_goes_on_may_close_later() {
    let inline = Inline::read("a **b *c", false, 2000);
    assert_eq!(inline.unclosed(8), ["**", "*"]);
    assert_eq!(inline.open_at(8), ["**", "*"]);
    assert!(
        Inline::read("a ** b * c", false, 2000)
            .unclosed(10)
            .is_empty()
    );
}

#[test]
fn links_are_not_cut() {
    let text = "a [b c](https://d.e/f(g)h) i";
    let inline = Inline::read(text, true, 2000);
    let places = (0..text.len()).filter(|at| inline.place(*at) == CutEffect::Forbidden);
    assert_eq!(places.collect::<Vec<_>>(), (3..26).collect::<Vec<_>>());
}
