//! A file's name out of what its sender called it.

use crate::{
    external::{Shape, outside},
    snowflake::MessageId,
};

/// The most bytes that are kept of what it was called, its ending included.
const LONGEST: usize = 60;

/// The most bytes of an ending that count as one.
const LONGEST_ENDING: usize = 12;

/// `<message>-<number>-<name>`: letters, digits, `.`, `_` and `-` of ASCII only, so that it is one name in one
/// folder for every tool, and reads in a heading as it is.
pub(super) fn of(message: MessageId, number: usize, called: &str) -> String {
    format!("{message}-{number}-{}", clean(called))
}

/// Whether a file of the folder was made here: then the message and the number that it is from.
pub(super) fn origin(name: &str) -> Option<(u64, u32)> {
    let mut parts = name.splitn(3, '-');
    let message = parts.next()?.parse().ok()?;
    let number = parts.next()?.parse().ok()?;
    parts.next().map(|_| (message, number))
}

fn clean(called: &str) -> String {
    let plain: String = called
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || "._-".contains(c) {
                c
            } else {
                '_'
            }
        })
        .collect();
    let (stem, ending) = match plain.rsplit_once('.') {
        Some((stem, ending))
            if (1..=LONGEST_ENDING).contains(&ending.len())
                && ending.bytes().all(|byte| byte.is_ascii_alphanumeric()) =>
        {
            (stem, ending)
        }
        _ => (plain.as_str(), ""),
    };
    let words = stem.split(['_', '.', '-']).filter(|word| !word.is_empty());
    let mut stem = words.collect::<Vec<_>>().join("_");
    let dot = if ending.is_empty() { "" } else { "." };
    stem.truncate(LONGEST - dot.len() - ending.len());
    if stem.is_empty() {
        "file".clone_into(&mut stem);
    }
    let name = format!("{stem}{dot}{ending}");
    if outside(&name, LONGEST, Shape::Name) == name {
        name
    } else {
        format!("file{dot}{ending}")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_are_plain() {
        #[track_caller]
        fn check(called: &str, expected: &str) {
            assert_eq!(of(MessageId(7), 2, called), format!("7-2-{expected}"));
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
    fn own_files_are_known_by_their_names() {
        assert_eq!(origin("7-2-notes.txt"), Some((7, 2)));
        for name in [
            "notes.txt",
            "7-notes.txt",
            "x-2-notes",
            "-2-x",
            "7-2",
            ".7-2-x",
        ] {
            assert_eq!(origin(name), None, "{name}");
        }
    }

    proptest! {
        #[test]
        fn any_name_is_one_plain_name(called in any::<String>()) {
            let name = of(MessageId(u64::MAX), 30, &called);
            prop_assert!(name.len() <= 100, "{name}");
            prop_assert!(name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b)), "{name}");
            prop_assert_eq!(origin(&name), Some((u64::MAX, 30)));
            prop_assert_eq!(outside(&name, 160, Shape::Name), name);
        }
    }
}
