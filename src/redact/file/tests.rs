use super::*;
use crate::redact::{MARK, Secret};

const VALUE: &str = "sk-loopback-9f2KxQ7vLw3ZtR8yPb5NcHd1";
const SHAPE: &str = "ghp_0123456789abcdefghijABCDEFGHIJ012345";

fn redactor() -> Redactor {
    Redactor::new(&[Secret::new("key", VALUE), Secret::new("word", "pässwörter")])
}

fn utf16_le(text: &str) -> Vec<u8> {
    to_utf16(text, false)
}

fn holds(content: &[u8], part: &[u8]) -> bool {
    content.windows(part.len()).any(|window| window == part)
}

/// What goes out of a file, which must have been redacted.
#[track_caller]
fn redacted(content: &[u8]) -> Vec<u8> {
    let (redacted, kinds) = redactor().redact_file(content.to_vec());
    assert!(!kinds.is_empty(), "{content:?}");
    redacted
}

#[test]
fn texts_get_a_mark_in_their_own_encoding() {
    let text = format!("KEY={VALUE}\nW=pässwörter\n");
    let expected = format!("KEY={MARK}\nW={MARK}\n");
    assert_eq!(redacted(text.as_bytes()), expected.as_bytes());
    for is_big in [false, true] {
        let marked = |text: &str| to_utf16(&format!("\u{feff}{text}"), is_big);
        assert_eq!(redacted(&marked(&text)), marked(&expected));
    }
}

#[test]
fn bytes_are_overwritten_in_any_other_file() {
    for secret in [VALUE, SHAPE] {
        let hidden = "*".repeat(secret.len());
        let around = |inside: &[u8]| [b"\x00\xff\xd8 caf\xe9 ", inside, b"\xff\x00end"].concat();
        assert_eq!(
            redacted(&around(secret.as_bytes())),
            around(hidden.as_bytes())
        );
        // In UTF-16 without a mark, at even and odd places, in both orders.
        for before in [&b""[..], b"\xff", b"\xff\xff"] {
            for is_big in [false, true] {
                let file = |text: &str| [before, &to_utf16(text, is_big), b"\xff"].concat();
                let content = redacted(&file(secret));
                assert!(!holds(&content, &to_utf16(secret, is_big)[..32]));
                assert_eq!(content, file(&hidden));
            }
        }
    }
    let word = [&b"\xff\xfe\x00 "[..], "pässwörter".as_bytes()].concat();
    assert!(!holds(&redacted(&word), "ssw".as_bytes()));
}

#[test]
fn other_files_stay_as_they_are() {
    let picture: Vec<u8> = (0..=255).cycle().take(10_000).collect();
    for content in [
        Vec::new(),
        vec![0],
        vec![0xff, 0xfe],
        vec![0xff, 0xfe, 0],
        vec![0xff, 0xfe, 0, 0xd8],
        b"plain text".to_vec(),
        utf16_le("\u{feff}text"),
        picture,
    ] {
        let (redacted, kinds) = redactor().redact_file(content.clone());
        assert_eq!((redacted, kinds), (content, BTreeSet::new()));
    }
}
