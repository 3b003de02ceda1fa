//! Each spelling of a secret, whole and split across messages.

use std::{borrow::Cow, fmt::Write as _, sync::Arc, time::Instant};

use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER, HEXUPPER};
use proptest::prelude::*;

use super::{TOKEN, next, redacted, redactor};
use crate::redact::{MARK, Redactor, Secret};

fn each(value: &str, write: impl Fn(u8) -> String) -> String {
    value.bytes().map(write).collect()
}

fn percent_where_needed(value: &str, safe: &str) -> String {
    let is_safe = |c: char| c.is_ascii_alphanumeric() || safe.contains(c);
    each(value, |byte| match char::from(byte) {
        c if is_safe(c) => c.to_string(),
        _ => format!("%{byte:02X}"),
    })
}

/// The spellings of an ASCII value, by name.
fn spellings(value: &str) -> Vec<(&'static str, String)> {
    let base64 = |before: &str| BASE64.encode(format!("{before}{value}\n").as_bytes());
    let json = serde_json::Value::from(value).to_string();
    vec![
        ("plain", value.to_owned()),
        ("upper case", value.to_uppercase()),
        ("lower case", value.to_lowercase()),
        ("base64", BASE64.encode(value.as_bytes())),
        ("base64, second alignment", base64("x")),
        ("base64, third alignment", base64("xy")),
        ("base64url", BASE64URL_NOPAD.encode(value.as_bytes())),
        ("hex", HEXLOWER.encode(value.as_bytes())),
        ("hex in capitals", HEXUPPER.encode(value.as_bytes())),
        ("percent", each(value, |byte| format!("%{byte:02X}"))),
        (
            "percent in lower case",
            each(value, |byte| format!("%{byte:02x}")),
        ),
        ("percent where needed", percent_where_needed(value, "")),
        (
            "percent as in RFC 3986",
            percent_where_needed(value, "-._~"),
        ),
        ("JSON", json.clone()),
        ("JSON in JSON", serde_json::Value::from(json).to_string()),
        (
            "JSON, all escaped",
            each(value, |byte| format!("\\u{byte:04x}")),
        ),
        (
            "JSON, all escaped in capitals",
            each(value, |byte| format!("\\u{byte:04X}")),
        ),
    ]
}

#[test]
fn every_spelling_of_a_secret_is_replaced() {
    let redactor = redactor(TOKEN);
    for (name, spelling) in spellings(TOKEN) {
        let text = format!("Here it is: {spelling} !");
        let found = redacted(&redactor, &text);
        assert!(found.starts_with("Here it is: "), "{name}: {found}");
        assert!(found.contains(MARK), "{name}: {found}");
        // The quotes and the padding of an encoding may remain.
        assert!(
            found.len() <= "Here it is: [redacted] !".len() + 12,
            "{name}: {found}"
        );
    }
}

proptest! {
    #[test]
    fn every_spelling_of_any_secret_is_replaced(
        value in "[ -~]{8,80}", spelling in 0..17_usize,
    ) {
        prop_assume!(value.trim().len() >= 8 && !value.contains(MARK));
        let redactor = redactor(&value);
        let (name, spelling) = spellings(&value).swap_remove(spelling);
        let found = redacted(&redactor, &spelling);
        prop_assert!(found.contains(MARK), "{name}: {spelling} became {found}");
    }
}

#[test]
fn one_half_of_a_key_split_within_a_text_is_replaced() {
    let redactor = redactor(TOKEN);
    for cut in 0..=TOKEN.len() {
        let text = format!("first {} and then {}", &TOKEN[..cut], &TOKEN[cut..]);
        assert!(redacted(&redactor, &text).contains(MARK), "{cut}");
    }
}

#[test]
fn the_second_part_of_a_secret_split_across_messages_is_replaced() {
    let redactor = redactor(TOKEN);
    for cut in 1..TOKEN.len() {
        let mut tail = String::new();
        let (first, second) = (
            format!("look: {}", &TOKEN[..cut]),
            format!("{} there", &TOKEN[cut..]),
        );
        let redacted = next(&redactor, &mut tail, &first);
        assert!(redacted.text == first || redacted.text.contains(MARK));
        let redacted = next(&redactor, &mut tail, &second);
        assert_eq!(redacted.text, "[redacted] there", "{cut}");
        assert!(!redacted.kinds.is_empty());
        assert_eq!(
            next(&redactor, &mut tail, "nothing here").text,
            "nothing here"
        );
    }
}

#[test]
fn a_secret_told_letter_by_letter_loses_its_last_letter() {
    let value = "hunter2-hunter2";
    let (redactor, mut tail) = (redactor(value), String::new());
    let said: String = value
        .chars()
        .map(|c| next(&redactor, &mut tail, &c.to_string()).text.into_owned())
        .collect();
    assert_eq!(said, "hunter2-hunter[redacted]");
}

#[test]
fn the_tail_of_a_post_redacts_every_version_of_the_next() {
    let redactor = redactor("hunter2-hunter2");
    let before = redactor.tail(&redactor.tail("", &"x".repeat(5000)), "so: hunter2");
    assert!(
        before.ends_with("hunter2") && before.len() < 100,
        "{before}"
    );
    for (text, expected) in [
        ("-hunt", "-hunt"),
        ("-hunter2", "[redacted]"),
        ("-hunter2 it is", "[redacted] it is"),
        ("hunter2", "hunter2"),
    ] {
        assert_eq!(redactor.redact_after(&before, text).text, expected);
    }
    let tail = redactor.tail("é", &"é".repeat(100));
    assert!(tail.chars().all(|c| c == 'é'), "{tail}");
    assert_eq!(Redactor::new(&[]).tail("a", "b"), "");
}

#[test]
fn earlier_text_does_not_hide_a_secret() {
    let secrets = ["cafebabe99", "99-and-more"].map(|value| Secret::new("canary", value));
    let (redactor, mut tail) = (Arc::new(Redactor::new(&secrets)), String::new());
    assert_eq!(next(&redactor, &mut tail, "cafe").text, "cafe");
    // The first ends within the second.
    assert_eq!(
        next(&redactor, &mut tail, "babe99-and-more !").text,
        "[redacted] !"
    );
    // A mark from both texts does not protect what follows it.
    let (redactor, mut tail) = (self::redactor("cted]cafebabe"), String::new());
    assert_eq!(next(&redactor, &mut tail, "[reda").text, "[reda");
    assert_eq!(next(&redactor, &mut tail, "cted]cafebabe").text, MARK);
}

#[test]
fn kinds_name_the_secret_and_its_spelling_without_its_value() {
    let redactor = redactor(TOKEN);
    let mut text = String::new();
    for (_, spelling) in spellings(TOKEN) {
        writeln!(text, "{spelling}.").unwrap();
    }
    let found = redactor.redact(&text);
    let names: Vec<String> = found.kinds.iter().map(ToString::to_string).collect();
    let expected = [
        "a Discord bot token, by its shape",
        "canary, JSON-escaped",
        "canary, in base64",
        "canary, in hexadecimal",
        "canary, percent-encoded",
        "canary, plain",
    ];
    assert_eq!(names, expected);
    assert!(!format!("{redactor:?} {names:?}").contains("k9Vw"));
}

#[test]
fn overlapping_secrets_get_one_mark_and_adjacent_ones_two() {
    let secrets =
        ["first-and-second", "second-and-third"].map(|value| Secret::new("canary", value));
    let redactor = Redactor::new(&secrets);
    let text = "a first-and-second-and-third b first-and-secondsecond-and-third c";
    assert_eq!(
        redacted(&redactor, text),
        "a [redacted] b [redacted][redacted] c"
    );
}

#[test]
fn ordinary_text_is_unchanged() {
    let redactor = redactor(TOKEN);
    for text in include_str!("benign.txt")
        .lines()
        .chain(["", " ", "\u{200b}", "100 %", "a\\", "&"])
    {
        let found = redactor.redact(text);
        assert!(
            matches!(found.text, Cow::Borrowed(same) if same == text),
            "{found:?}"
        );
        assert!(found.kinds.is_empty());
    }
}

#[test]
fn redaction_takes_linear_time() {
    let redactor = redactor(TOKEN);
    let begun = Instant::now();
    let texts = [
        include_str!("benign.txt").repeat(40),
        "M".repeat(100_000),
        TOKEN[..30].repeat(3_400),
        format!("{TOKEN} ").repeat(1_400),
        "%4".repeat(50_000),
        "-----BEGIN ".repeat(9_000),
        "-----BEGIN PRIVATE KEY-----AAAAAAAAAAAAAAAA".repeat(2_500),
        format!("-----BEGIN PRIVATE KEY-----{}", "A".repeat(100_000)),
        "AIza".repeat(25_000),
        " ".repeat(100_000),
    ];
    for text in &texts {
        assert!(!redacted(&redactor, text).is_empty());
    }
    // Well under a second without optimisation; anything that is not linear takes minutes.
    assert!(begun.elapsed().as_secs() < 30, "{:?}", begun.elapsed());
}
