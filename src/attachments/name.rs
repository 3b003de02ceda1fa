//! The names of saved files.

use crate::{
    external::{Layout, sanitize},
    snowflake::MessageId,
};

/// How many bytes of the original name are kept, including the extension.
const MAX_NAME: usize = 60;

const MAX_EXTENSION: usize = 12;

/// `<message>-<number>-<name>`, with only ASCII letters, digits, `.`, `_` and `-`: safe for every tool, and unchanged in a
/// heading.
pub(super) fn file_name(message: MessageId, number: usize, original: &str) -> String {
    format!("{message}-{number}-{}", clean(original))
}

/// The message and number in a name that [`file_name`] returned; `None` for any other name.
pub(super) fn parse(name: &str) -> Option<(u64, u32)> {
    let mut parts = name.splitn(3, '-');
    let message = parts.next()?.parse().ok()?;
    let number = parts.next()?.parse().ok()?;
    parts.next().map(|_| (message, number))
}

fn clean(original: &str) -> String {
    let plain: String = original
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || "._-".contains(c) {
                c
            } else {
                '_'
            }
        })
        .collect();
    let (stem, extension) = match plain.rsplit_once('.') {
        Some((stem, extension))
            if (1..=MAX_EXTENSION).contains(&extension.len())
                && extension.bytes().all(|byte| byte.is_ascii_alphanumeric()) =>
        {
            (stem, extension)
        }
        _ => (plain.as_str(), ""),
    };
    let words = stem.split(['_', '.', '-']).filter(|word| !word.is_empty());
    let mut stem = words.collect::<Vec<_>>().join("_");
    let dot = if extension.is_empty() { "" } else { "." };
    stem.truncate(MAX_NAME - dot.len() - extension.len());
    if stem.is_empty() {
        "file".clone_into(&mut stem);
    }
    let name = format!("{stem}{dot}{extension}");
    if sanitize(&name, MAX_NAME, Layout::SingleLine) == name {
        name
    } else {
        format!("file{dot}{extension}")
    }
}

#[cfg(test)]
mod tests {
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
}
