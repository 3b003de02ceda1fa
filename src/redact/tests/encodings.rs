//! Each way to write a secret.

use std::{fmt::Write as _, sync::Arc};

use data_encoding::{BASE32, BASE64, BASE64URL_NOPAD, HEXLOWER, HEXUPPER};
use proptest::prelude::*;

use super::{TOKEN, redacted, redactor};
use crate::redact::{MARK, Redactor, Secret, Thread};

fn between(value: &str, separator: &str) -> String {
    let letters: Vec<String> = value.chars().map(String::from).collect();
    letters.join(separator)
}

fn each(value: &str, write: impl Fn(u8) -> String) -> String {
    value.bytes().map(write).collect()
}

fn rot13(value: &str) -> String {
    let turn = |c: char| match c {
        'a'..='m' | 'A'..='M' => char::from(c as u8 + 13),
        'n'..='z' | 'N'..='Z' => char::from(c as u8 - 13),
        other => other,
    };
    value.chars().map(turn).collect()
}

/// The ways, by name.
fn ways(value: &str) -> Vec<(&'static str, String)> {
    let base64 = |before: &str| BASE64.encode(format!("{before}{value}\n").as_bytes());
    let full_width = |c: char| char::from_u32(u32::from(c) + 0xfee0).unwrap();
    let bold = |c: char| match c {
        'a'..='z' => char::from_u32(0x1d41a + u32::from(c) - 0x61).unwrap(),
        'A'..='Z' => char::from_u32(0x1d400 + u32::from(c) - 0x41).unwrap(),
        other => other,
    };
    vec![
        ("plain", value.to_owned()),
        ("upper case", value.to_uppercase()),
        ("lower case", value.to_lowercase()),
        ("base64", BASE64.encode(value.as_bytes())),
        ("base64, second alignment", base64("x")),
        ("base64, third alignment", base64("xy")),
        (
            "base64 for addresses",
            BASE64URL_NOPAD.encode(value.as_bytes()),
        ),
        (
            "base64 in lines",
            between(&BASE64.encode(value.as_bytes()), "\n"),
        ),
        (
            "base64 of base64",
            BASE64.encode(BASE64.encode(value.as_bytes()).as_bytes()),
        ),
        ("base32", BASE32.encode(value.as_bytes())),
        ("hex", HEXLOWER.encode(value.as_bytes())),
        ("hex in capitals", HEXUPPER.encode(value.as_bytes())),
        ("hex in pairs", each(value, |byte| format!("{byte:02x} "))),
        ("hex as in C", each(value, |byte| format!("0x{byte:02X}, "))),
        ("hex escapes", each(value, |byte| format!("\\x{byte:02x}"))),
        ("octal escapes", each(value, |byte| format!("\\{byte:03o}"))),
        ("bytes in decimal", each(value, |byte| format!("{byte} "))),
        ("bits", each(value, |byte| format!("{byte:08b} "))),
        ("percent", each(value, |byte| format!("%{byte:02X}"))),
        (
            "percent where needed",
            value
                .replace('.', "%2E")
                .replace('-', "%2D")
                .replace('_', "%5F"),
        ),
        ("JSON", each(value, |byte| format!("\\u{byte:04x}"))),
        ("HTML in decimal", each(value, |byte| format!("&#{byte};"))),
        ("HTML in hex", each(value, |byte| format!("&#x{byte:x};"))),
        ("reversed", value.chars().rev().collect()),
        (
            "reversed in base64",
            BASE64.encode(value.chars().rev().collect::<String>().as_bytes()),
        ),
        ("rot13", rot13(value)),
        ("spaces", between(value, " ")),
        ("hyphens", between(value, "-")),
        ("zero width", between(value, "\u{200b}")),
        ("soft hyphens", between(value, "\u{ad}\u{2060}")),
        ("line breaks", between(value, "\r\n")),
        ("escaped line breaks", between(value, "\\n")),
        ("markdown", between(value, "**||**")),
        ("code", between(value, "`` ``")),
        ("a list", between(value, "\",\n  \"")),
        ("struck through", between(value, "\u{336}")),
        ("emoji", between(value, " \u{1f389} ")),
        ("full width", value.chars().map(full_width).collect()),
        ("bold letters", value.chars().map(bold).collect()),
    ]
}

#[test]
fn a_secret_is_found_however_it_is_written() {
    let redactor = redactor(TOKEN);
    for (way, written) in ways(TOKEN) {
        let text = format!("Here it is: {written} !");
        let found = redacted(&redactor, &text);
        assert!(found.starts_with("Here it is: "), "{way}: {found}");
        assert!(found.contains(MARK), "{way}: {found}");
        // What the encoding's own padding and marks may leave.
        assert!(
            found.len() <= "Here it is: [redacted] !".len() + 12,
            "{way}: {found}"
        );
    }
}

#[test]
fn in_two_parts_it_is_found_by_one_of_them() {
    let redactor = redactor(TOKEN);
    for cut in 0..=TOKEN.len() {
        let text = format!("first {} and then {}", &TOKEN[..cut], &TOKEN[cut..]);
        assert!(redacted(&redactor, &text).contains(MARK), "{cut}");
    }
}

#[test]
fn of_a_secret_cut_across_messages_the_rest_is_found() {
    for cut in 1..TOKEN.len() - 1 {
        let mut thread = Thread::new(redactor(TOKEN));
        let first = thread.redact(&format!("look: {}", &TOKEN[..cut]));
        let second = thread.redact(&format!("{} there", &TOKEN[cut..]));
        let third = thread.redact("nothing here");
        assert_eq!(second.text, "[redacted] there", "{cut}");
        assert_eq!(third.text, "nothing here");
        assert!(first.text == format!("look: {}", &TOKEN[..cut]) || first.text.contains(MARK));
        assert!(!second.kinds.is_empty());
    }
    let mut letters = Thread::new(redactor("hunter2-hunter2"));
    let said: String = "hunter2-hunter2"
        .chars()
        .map(|c| letters.redact(&c.to_string()).text.into_owned())
        .collect();
    assert_eq!(said, "hunter2-hunter[redacted]");
}

#[test]
fn what_was_found_is_named_and_not_shown() {
    let redactor = redactor(TOKEN);
    let mut text = String::new();
    for (_, written) in ways(TOKEN) {
        writeln!(text, "{written}.").unwrap();
    }
    let found = redactor.redact(&text);
    let names: Vec<String> = found.kinds.iter().map(ToString::to_string).collect();
    for how in [
        "canary, plain",
        "canary, in base64",
        "canary, in hexadecimal",
        "canary, reversed",
        "canary, in rot13",
    ] {
        assert!(names.iter().any(|name| name == how), "{names:?}");
    }
    assert!(!format!("{redactor:?} {names:?}").contains("k9Vw"));
}

#[test]
fn plain_talk_stays_as_it_is() {
    let redactor = redactor(TOKEN);
    for text in include_str!("benign.txt")
        .lines()
        .chain(["", " ", "\u{200b}", "100 %", "a\\", "&"])
    {
        let found = redactor.redact(text);
        assert!(
            matches!(found.text, std::borrow::Cow::Borrowed(same) if same == text),
            "{found:?}"
        );
        assert!(found.kinds.is_empty());
    }
}

#[test]
fn a_long_text_takes_no_long_time() {
    let redactor = redactor(TOKEN);
    let begun = std::time::Instant::now();
    let texts = [
        include_str!("benign.txt").repeat(40),
        "M".repeat(100_000),
        TOKEN[..30].repeat(3_400),
        "%4".repeat(50_000),
        "-----BEGIN ".repeat(9_000),
        " ".repeat(100_000),
    ];
    for text in &texts {
        assert!(!redacted(&redactor, text).is_empty());
    }
    // Some 0.1 s without optimisation; what is not linear takes minutes.
    assert!(begun.elapsed().as_secs() < 30, "{:?}", begun.elapsed());
}

proptest! {
    #[test]
    fn any_secret_is_found_however_it_is_written(value in "[A-Za-z0-9_.+/=-]{12,80}", way in 0..39_usize) {
        prop_assume!(value.bytes().filter(u8::is_ascii_alphanumeric).count() >= 8);
        let (way, written) = ways(&value).swap_remove(way);
        let found = redacted(&redactor(&value), &written);
        prop_assert!(found.contains(MARK), "{way}: {written} became {found}");
    }
}

#[test]
fn what_was_said_before_hides_nothing() {
    let secret = Secret::new("canary", "cafebabe99");
    let redactor = Arc::new(Redactor::new(&[secret]));
    let mut thread = Thread::new(Arc::clone(&redactor));
    // An escape across both would take the first letter away.
    drop(thread.redact("as much as 7 %a"));
    let said = thread.redact("c%61febabe99 is it");
    assert_eq!(said.text, "[redacted] is it");
}
