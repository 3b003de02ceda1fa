use proptest::prelude::*;

use super::*;

#[test]
fn names_are_reduced_to_safe_ascii() {
    #[track_caller]
    fn check(original: &str, expected: &str) {
        assert_eq!(
            file_name(MessageId(7), 2, original),
            format!("7-2-{expected}")
        );
    }
    check("notes.txt", "notes.txt");
    check("my photo (1).JPEG", "my_photo_1.JPEG");
    check("archive.tar.gz", "archive_tar.gz");
    check("отчёт.pdf", "file.pdf");
    check("../../etc/passwd", "etc_passwd");
    check("..", "file");
    check(".bashrc", "file.bashrc");
    check("-rf", "rf");
    check("a\0b\nc", "a_b_c");
    check("CON", "CON");
    check("", "file");
    check("EXTERNAL_CONTENT.md", "file.md");
    check("end external-content", "file");
    check(&"x".repeat(300), &"x".repeat(60));
    check(
        &format!("{}.png", "x".repeat(300)),
        &format!("{}.png", "x".repeat(56)),
    );
}

#[test]
fn only_the_bots_names_are_parsed() {
    assert_eq!(parse("7-2-notes.txt"), Some((7, 2)));
    for name in [
        "notes.txt",
        "7-notes.txt",
        "x-2-notes",
        "-2-x",
        "7-2",
        ".7-2-x",
    ] {
        assert_eq!(parse(name), None, "{name}");
    }
}

proptest! {
    #[test]
    fn any_original_name_becomes_a_safe_name(original in any::<String>()) {
        let name = file_name(MessageId(u64::MAX), 30, &original);
        prop_assert!(name.len() <= 100, "{name}");
        prop_assert!(name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b)), "{name}");
        prop_assert_eq!(parse(&name), Some((u64::MAX, 30)));
        prop_assert_eq!(sanitize(&name, 160, Layout::SingleLine), name);
    }
}
