use super::*;

#[test]
fn ends_of_sentences() {
    for text in ["a.", "a!", "a?)", "**a.**", "“a…”", "人。", "人！」", "؟"] {
        assert!(ends_sentence(text), "{text}");
    }
    for text in ["", "a", "a,", "a:", "(a)", "****", "人、"] {
        assert!(!ends_sentence(text), "{text}");
    }
}

#[test]
fn breaks_between_ideographs() {
    for (before, after) in [
        ("人", "人"),
        ("。", "人"),
        ("、", "人"),
        ("人", "「"),
        ("カ", "タ"),
    ] {
        assert!(breaks_without_space(before, after), "{before}{after}");
    }
    for (before, after) in [
        ("人", "。"),
        ("「", "人"),
        ("人", "a"),
        ("a", "人"),
        ("a", "b"),
        ("人", "ー"),
    ] {
        assert!(!breaks_without_space(before, after), "{before}{after}");
    }
}
