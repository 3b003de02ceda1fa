//! Secrets stay in, however they are written; of one that is cut in two by messages, no more than its first part is out.

use std::sync::Arc;

use data_encoding::{BASE32, BASE64, BASE64URL_NOPAD, HEXLOWER, HEXUPPER};
use switchboard::redact::{MARK, Redactor, Secret, Thread};
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

/// How many letters in a row of what was written stand in what came out; fewer than [`LEAK`] are none.
fn leaked(written: &str, out: &str) -> usize {
    let (written, out) = (letters(written), letters(out));
    let mut longest = 0;
    for from in 0..written.len() {
        let mut to = from + LEAK.max(longest + 1);
        while to <= written.len() && out.contains(&written[from..to]) {
            longest = to - from;
            to += 1;
        }
    }
    longest
}

/// Whether halves of it are searched for: it is long, and looks like a key.
fn is_key(canary: &str) -> bool {
    let letters = letters(canary);
    let digits = letters.bytes().filter(u8::is_ascii_digit).count();
    letters.len() >= 32 && digits >= 2 && letters.len() - digits >= 2
}

/// Without the words around it, which have letters of their own.
fn bare<'a>(told: &'a str, before: &str, after: &str) -> &'a str {
    let told = told.strip_prefix(before).unwrap_or(told);
    told.strip_suffix(after).unwrap_or(told)
}

const BEFORE: &str = "Well, it is ";
const AFTER: &str = " as you know.";

#[test]
fn canaries() {
    let canaries: Vec<String> = (0..scaled(12, 200)).map(canary).collect();
    let secrets: Vec<Secret> = canaries
        .iter()
        .map(|value| Secret::new("canary", value))
        .collect();
    let redactor = Arc::new(Redactor::new(&secrets));
    let (mut whole, mut cut_in_two) = (0_u32, 0_u32);
    // In percent of what was written: of keys, and of what is none.
    let mut most = [0; 2];
    for (number, canary) in canaries.iter().enumerate() {
        for (encoding, encode) in ENCODINGS {
            let written = encode(canary);
            let text = format!("{BEFORE}{written}{AFTER}");
            let mut thread = Thread::new(Arc::clone(&redactor));
            let told = thread.redact(&text);
            assert!(!told.kinds.is_empty(), "{canary} in {encoding}");
            let out = leaked(&written, bare(&told.text, BEFORE, AFTER));
            assert_eq!(out, 0, "{canary} in {encoding}: {}", told.text);
            whole += 1;

            let inside = BEFORE.len() + 1..BEFORE.len() + written.len();
            let cuts = (0..scaled(4, 16)).map(|cut| cut * 37 + number * 7);
            for cut in cuts.map(|cut| inside.start + cut % inside.len()) {
                let cut = text.floor_char_boundary(cut);
                let mut thread = Thread::new(Arc::clone(&redactor));
                let first = thread.redact(&text[..cut]).text;
                let second = thread.redact(&text[cut..]).text;
                let second = leaked(&written, bare(&second, "", AFTER));
                assert_eq!(second, 0, "{canary} in {encoding}, cut at {cut}");
                let out = leaked(&written, bare(&first, BEFORE, ""));
                let percent = out * 100 / letters(&written).len();
                let kind = usize::from(!is_key(canary));
                // A little of a block of the encoding may come on top.
                let is_first_half = cut - BEFORE.len() <= written.len() / 2 + 4;
                let is_bounded = out == 0 || is_first_half || first.contains(MARK) && percent <= 30;
                assert!(
                    kind == 1 || is_bounded,
                    "{canary} in {encoding}, cut at {cut}: {first}"
                );
                most[kind] = percent.max(most[kind]);
                cut_in_two += 1;
            }
        }
    }
    let tried = format!(
        "{} secrets in {} ways to write them: {whole} whole, {cut_in_two} cut in two by messages",
        canaries.len(),
        ENCODINGS.len()
    );
    figure(
        "no secret in what is said",
        &tried,
        &format!(
            "of whole ones nothing; of the second part of one cut in two nothing; of the first part at most {} % of a \
             key, and {} % of what is none",
            most[0], most[1]
        ),
    );
}
