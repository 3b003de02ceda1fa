//! Secrets stay in, however they are written and wherever the text is cut.

use std::sync::Arc;

use data_encoding::{BASE32, BASE64, BASE64URL_NOPAD, HEXLOWER, HEXUPPER};
use switchboard::redact::{Redactor, Secret, Stream};
use uuid::Uuid;

use super::{figure, scaled};

/// How many letters of a secret in a row are a leak.
const LEAK: usize = 12;

/// Random values in the shapes that secrets have.
fn canary(kind: usize) -> String {
    let random = |count: usize| -> Vec<u8> {
        let bytes = std::iter::repeat_with(|| *Uuid::new_v4().as_bytes()).flatten();
        bytes.take(count).collect()
    };
    match kind % 6 {
        0 => format!(
            "{}.{}.{}",
            BASE64URL_NOPAD.encode(&random(18)),
            "GabcDE",
            BASE64URL_NOPAD.encode(&random(28))
        ),
        1 => HEXLOWER.encode(&random(20)),
        2 => BASE64.encode(&random(30)),
        3 => Uuid::new_v4().to_string(),
        4 => format!("pass-{}", BASE32.encode(&random(10)).to_lowercase()),
        _ => format!("xy_{}", BASE64URL_NOPAD.encode(&random(45))),
    }
}

type Encoding = (&'static str, fn(&str) -> String);

fn between(text: &str, separator: &str) -> String {
    let letters: Vec<String> = text.chars().map(String::from).collect();
    letters.join(separator)
}

fn each(text: &str, write: fn(u8) -> String) -> String {
    text.bytes().map(write).collect()
}

const ENCODINGS: &[Encoding] = &[
    ("plain", str::to_owned),
    ("upper case", str::to_uppercase),
    ("base64", |text| BASE64.encode(text.as_bytes())),
    ("base64 after one byte", |text| {
        BASE64.encode(format!("x{text}").as_bytes())
    }),
    ("base64 after two bytes", |text| {
        BASE64.encode(format!("xy{text}").as_bytes())
    }),
    ("base64 for addresses", |text| {
        BASE64URL_NOPAD.encode(text.as_bytes())
    }),
    ("base64 twice", |text| {
        BASE64.encode(BASE64.encode(text.as_bytes()).as_bytes())
    }),
    ("base32", |text| BASE32.encode(text.as_bytes())),
    ("hex", |text| HEXUPPER.encode(text.as_bytes())),
    ("hex in pairs", |text| {
        each(text, |byte| format!("{byte:02x}:"))
    }),
    ("decimal", |text| each(text, |byte| format!("{byte}, "))),
    ("percent", |text| each(text, |byte| format!("%{byte:02X}"))),
    ("JSON", |text| each(text, |byte| format!("\\u{byte:04X}"))),
    ("HTML", |text| each(text, |byte| format!("&#x{byte:x};"))),
    ("reversed", |text| text.chars().rev().collect()),
    ("rot13", |text| text.chars().map(rot13).collect()),
    ("spaces", |text| between(text, " ")),
    ("zero width", |text| between(text, "\u{200d}")),
    ("line breaks", |text| between(text, "\n")),
    ("markdown", |text| between(text, "__**")),
];

fn rot13(c: char) -> char {
    let turn = |first: u8| char::from(first + (c as u8 - first + 13) % 26);
    match c {
        'a'..='z' => turn(b'a'),
        'A'..='Z' => turn(b'A'),
        other => other,
    }
}

/// Letters and digits alone: what can be put together again.
fn letters(text: &str) -> String {
    text.chars()
        .filter(char::is_ascii_alphanumeric)
        .collect::<String>()
        .to_lowercase()
}

/// Whether so much of what was written stands in what came out.
fn leaks(written: &str, out: &str) -> bool {
    let (written, out) = (letters(written), letters(out));
    let mut windows =
        (0..(written.len() + 1).saturating_sub(LEAK)).map(|at| &written[at..at + LEAK]);
    windows.any(|window| out.contains(window))
}

#[test]
fn canaries() {
    let canaries: Vec<String> = (0..scaled(12, 200)).map(canary).collect();
    let secrets: Vec<Secret> = canaries
        .iter()
        .map(|value| Secret::new("canary", value))
        .collect();
    let redactor = Arc::new(Redactor::new(&secrets));
    let (mut texts, mut found, mut out) = (0_u32, 0_u32, 0_u32);
    for (number, canary) in canaries.iter().enumerate() {
        for (encoding, encode) in ENCODINGS {
            let written = encode(canary);
            let text = format!("Well, it is {written} as you know.");
            let cuts = (0..scaled(4, 16)).map(|cut| (cut * 37 + number * 7) % text.len());
            for cut in cuts.map(|cut| text.floor_char_boundary(cut)).chain([0]) {
                let mut stream = Stream::new(Arc::clone(&redactor));
                let mut told = stream.push(&text[..cut]);
                told += &stream.push(&text[cut..]);
                told += &stream.finish();
                texts += 1;
                found += u32::from(!stream.kinds().is_empty());
                // Without the words around it, which have letters of their own.
                let told = told
                    .strip_prefix("Well, it is ")
                    .and_then(|told| told.strip_suffix(" as you know."))
                    .unwrap_or(&told);
                let leaked = leaks(&written, told);
                assert!(!leaked, "{canary} in {encoding}, cut at {cut}: {told}");
                out += u32::from(leaked);
            }
        }
    }
    assert_eq!((found, out), (texts, 0));
    let tried = format!(
        "{} secrets in {} ways to write them, cut at {texts} places",
        canaries.len(),
        ENCODINGS.len()
    );
    figure(
        "no secret in what is said",
        &tried,
        &format!("{out} of them out, {found} redacted"),
    );
}
