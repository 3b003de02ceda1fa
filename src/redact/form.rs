//! The forms in which a secret may be written, as the letters that are searched for.

use data_encoding::{BASE32, BASE64, Encoding, HEXLOWER};

use super::view::{Keep, letters};

/// The fewest letters that are searched for.
pub(super) const FEWEST: usize = 8;

/// How long a value is at least, in letters, whose halves are searched for as well.
const WORTH_HALVING: usize = 32;

/// A value longer than this is searched for in pieces of so many characters, ...
const PIECE: usize = 256;

/// ... the first so many.
const MOST_PIECES: usize = 64;

/// One way to write a value.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Form {
    /// Its name, for the log.
    pub(super) how: &'static str,
    /// What is searched for.
    pub(super) letters: Vec<char>,
    /// In which view.
    pub(super) keep: Keep,
}

/// All forms of a value and of its parts. None has fewer than [`FEWEST`] letters.
pub(super) fn forms(value: &str) -> Vec<Form> {
    let characters: Vec<char> = value.trim().chars().collect();
    if characters.len() > PIECE {
        let pieces = characters.chunks(PIECE).take(MOST_PIECES);
        return pieces
            .flat_map(|piece| of(&String::from_iter(piece)))
            .collect();
    }
    let mut forms = of(&String::from_iter(&characters));
    // Nobody gets more than three quarters of a key by being told a part of it.
    if is_random(&characters) {
        let quarter = characters.len() / 4;
        let last = characters.len() - 2 * quarter;
        for from in [0, quarter, last] {
            let half = &characters[from..from + 2 * quarter];
            forms.extend(of(&String::from_iter(half)));
        }
    }
    forms
}

/// Whether a value is long enough, and looks like a key rather than like words.
fn is_random(characters: &[char]) -> bool {
    let count = |kind: fn(&char) -> bool| characters.iter().filter(|c| kind(c)).count();
    count(|c| c.is_alphanumeric()) >= WORTH_HALVING
        && count(char::is_ascii_digit) >= 2
        && count(|c| c.is_alphabetic()) >= 2
}

fn of(value: &str) -> Vec<Form> {
    let bytes = value.as_bytes();
    let backwards: String = value.chars().rev().collect();
    let rotated: String = value.chars().map(rot13).collect();
    let each = |write: fn(&u8) -> String| bytes.iter().map(write).collect::<String>();
    let mut written = vec![
        ("plain", value.to_owned()),
        ("reversed", backwards.clone()),
        ("in rot13", rotated),
        ("in hexadecimal", HEXLOWER.encode(bytes)),
        ("in hexadecimal", each(|byte| format!("0x{byte:02x}"))),
        ("in hexadecimal", each(|byte| format!("0x{byte:x}"))),
        ("in decimal", each(u8::to_string)),
        ("in octal", each(|byte| format!("{byte:o}"))),
        ("in octal", each(|byte| format!("{byte:03o}"))),
        ("in binary", each(|byte| format!("{byte:08b}"))),
        (
            "reversed, in hexadecimal",
            HEXLOWER.encode(backwards.as_bytes()),
        ),
    ];
    if !value.is_ascii() {
        // Escapes of single bytes are not read back to characters.
        written.push(("percent-encoded", each(|byte| percent(*byte))));
    }
    written.extend(in_every_alignment(bytes, &BASE64, "in base64"));
    written.extend(in_every_alignment(bytes, &BASE32, "in base32"));
    written.extend(in_every_alignment(
        backwards.as_bytes(),
        &BASE64,
        "reversed, in base64",
    ));
    for (_, once) in in_every_alignment(bytes, &BASE64, "") {
        written.extend(in_every_alignment(
            once.as_bytes(),
            &BASE64,
            "twice in base64",
        ));
    }
    let mut forms: Vec<Form> = written
        .into_iter()
        .filter_map(|(how, text)| form(how, &text))
        .collect();
    forms.dedup_by(|a, b| a.letters == b.letters);
    forms
}

fn form(how: &'static str, text: &str) -> Option<Form> {
    [Keep::Letters, Keep::Marks].into_iter().find_map(|keep| {
        let letters = letters(text, keep);
        (letters.len() >= FEWEST).then_some(Form { how, letters, keep })
    })
}

fn rot13(character: char) -> char {
    let turn = |first: u8| char::from(first + (character as u8 - first + 13) % 26);
    match character {
        'a'..='z' => turn(b'a'),
        'A'..='Z' => turn(b'A'),
        other => other,
    }
}

fn percent(byte: u8) -> String {
    if byte.is_ascii_alphanumeric() {
        char::from(byte).to_string()
    } else {
        format!("%{byte:02X}")
    }
}

/// What of an encoding is the same whatever stands before and after, for each place of the first byte in a block.
fn in_every_alignment(
    bytes: &[u8],
    encoding: &Encoding,
    how: &'static str,
) -> Vec<(&'static str, String)> {
    let bits = encoding.bit_width();
    // The bytes of a block: 3 where 4 characters hold 6 bits each, 5 where 8 hold 5.
    let block = if bits == 6 { 3 } else { 5 };
    let at = |before: usize| {
        let mut padded = vec![0; before];
        padded.extend(bytes);
        let end = padded.len() * 8 / bits;
        padded.resize(padded.len().next_multiple_of(block), 0);
        let begin = (before * 8).div_ceil(bits);
        let written = encoding.encode(&padded);
        (how, written[begin..end.max(begin)].to_owned())
    };
    (0..block).map(at).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(value: &str, how: &str, text: &str) -> bool {
        let text: String = letters(text, Keep::Letters).into_iter().collect();
        forms(value)
            .iter()
            .filter(|form| form.how == how)
            .any(|form| text.contains(&String::from_iter(&form.letters)))
    }

    #[test]
    fn an_encoding_is_known_wherever_the_value_stands_in_a_text() {
        for before in 0..12 {
            for after in 0..6 {
                let text = format!("{}s3cretvalue{}", "x".repeat(before), "y".repeat(after));
                let base64 = BASE64.encode(text.as_bytes());
                assert!(found("s3cretvalue", "in base64", &base64), "{base64}");
                let twice = BASE64.encode(base64.as_bytes());
                assert!(found("s3cretvalue", "twice in base64", &twice), "{twice}");
                let base32 = BASE32.encode(text.as_bytes());
                assert!(found("s3cretvalue", "in base32", &base32), "{base32}");
            }
        }
    }

    #[test]
    fn a_value_of_few_letters_is_searched_for_with_its_marks() {
        let forms = forms("p@$$-w0rd!");
        let plain = forms.iter().find(|form| form.how == "plain").unwrap();
        assert_eq!((plain.keep, plain.letters.len()), (Keep::Marks, 10));
        assert!(super::forms("short").iter().all(|form| form.how != "plain"));
    }

    #[test]
    fn a_long_key_has_halves_and_words_have_none() {
        let count = |value: &str| {
            forms(value)
                .iter()
                .filter(|form| form.how == "plain")
                .count()
        };
        assert_eq!(count("a1b2c3d4e5f6g7h8i9j0k1l2m3n4o5p6"), 4);
        assert_eq!(count("a phrase of many words that someone can remember"), 1);
        assert_eq!(count(&"0123456789abcdef".repeat(40)), 3);
    }
}
