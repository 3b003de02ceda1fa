use super::*;

#[test]
fn a_cut_leaves_no_half_of_a_word() {
    assert_eq!(cut("one two", 7), "one two");
    assert_eq!(cut("one two", 6), "one");
    assert_eq!(cut("\u{e9}\u{e9} two", 3), "");
    assert_eq!(cut("one\n\u{e9}", 5), "one");
    assert_eq!(cut("secret", 3), "");
}
