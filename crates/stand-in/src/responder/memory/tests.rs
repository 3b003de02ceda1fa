use super::*;

#[track_caller]
fn check_name(text: &str, expected: Option<&str>) {
    assert_eq!(name_in(text).as_deref(), expected, "{text}");
}

#[test]
fn names_are_found() {
    check_name("Hi! My name is Ada.", Some("Ada"));
    check_name("please call me **Grace**!", Some("Grace"));
    check_name("my name is", None);
    check_name("what is my name", None);
    check_name("my name is ...", None);
}

#[test]
fn the_latest_name_counts() {
    let texts = ["my name is Ada", "call me Grace", "hello"].map(str::to_owned);
    assert_eq!(name(&texts).as_deref(), Some("Grace"));
    assert_eq!(name(&[]), None);
}

#[test]
fn phrases_match_whole_words() {
    let normalized = normalize("What’s HERE?  (now)");
    assert_eq!(normalized, " what's here now ");
    assert!(mentions(&normalized, &["what's here"]));
    assert!(!mentions(&normalized, &["her", "no"]));
}

#[test]
fn quotes_are_short() {
    assert_eq!(quote("a\n b"), "a b");
    assert_eq!(quote(&"x".repeat(500)).chars().count(), 121);
}
