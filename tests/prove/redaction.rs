//! No secret goes out, in any encoding; of one split across two messages, at most a bounded first part does.

use data_encoding::{BASE32, BASE64, BASE64URL_NOPAD, HEXLOWER, HEXUPPER};
use switchboard::redact::{MARK, Redactor, Secret};
use uuid::Uuid;

use super::{figure, scaled};

/// This many consecutive letters and digits of a secret are a leak.
const LEAK: usize = 12;

/// Random values in the formats that secrets have.
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
    ("base64url", |text| BASE64URL_NOPAD.encode(text.as_bytes())),
    ("hex", |text| HEXLOWER.encode(text.as_bytes())),
    ("hex in capitals", |text| HEXUPPER.encode(text.as_bytes())),
    ("percent", |text| each(text, |byte| format!("%{byte:02X}"))),
    ("JSON", |text| each(text, |byte| format!("\\u{byte:04X}"))),
];

/// The letters and digits alone, in lower case.
fn letters(text: &str) -> String {
    text.chars()
        .filter(char::is_ascii_alphanumeric)
        .collect::<String>()
        .to_lowercase()
}

/// The longest run of letters and digits of `written` in `out`; runs shorter than [`LEAK`] count as none.
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

/// Whether halves of it are searched for, because it is long and looks random.
fn is_key(canary: &str) -> bool {
    let letters = letters(canary);
    let digits = letters.bytes().filter(u8::is_ascii_digit).count();
    letters.len() >= 32 && digits >= 2 && letters.len() - digits >= 2
}

/// Strips the words around a secret.
fn strip<'a>(told: &'a str, before: &str, after: &str) -> &'a str {
    let told = told.strip_prefix(before).unwrap_or(told);
    told.strip_suffix(after).unwrap_or(told)
}

const BEFORE: &str = "Well, it is ";
const AFTER: &str = " as you know.";

#[test]
fn no_secret_goes_out_whole_or_split() {
    let canaries: Vec<String> = (0..scaled(12, 400)).map(canary).collect();
    let secrets: Vec<Secret> = canaries
        .iter()
        .map(|value| Secret::new("canary", value))
        .collect();
    let redactor = Redactor::new(&secrets);
    let (mut whole, mut split) = (0_u32, 0_u32);
    // The most that leaked of a first part, in percent: of keys, and of other values.
    let mut most = [0; 2];
    for (number, canary) in canaries.iter().enumerate() {
        for (encoding, encode) in ENCODINGS {
            let written = encode(canary);
            let text = format!("{BEFORE}{written}{AFTER}");
            let told = redactor.redact(&text);
            assert!(!told.kinds.is_empty(), "{canary} in {encoding}");
            let out = leaked(&written, strip(&told.text, BEFORE, AFTER));
            assert_eq!(out, 0, "{canary} in {encoding}: {}", told.text);
            whole += 1;

            let inside = BEFORE.len() + 1..BEFORE.len() + written.len();
            let cuts = (0..scaled(4, 16)).map(|cut| cut * 37 + number * 7);
            for cut in cuts.map(|cut| inside.start + cut % inside.len()) {
                let cut = text.floor_char_boundary(cut);
                let first = redactor.redact(&text[..cut]).text;
                let before = redactor.tail("", &text[..cut]);
                let second = redactor.redact_after(&before, &text[cut..]).text;
                let second = leaked(&written, strip(&second, "", AFTER));
                assert_eq!(second, 0, "{canary} in {encoding}, cut at {cut}");
                let out = leaked(&written, strip(&first, BEFORE, ""));
                let percent = out * 100 / letters(&written).len();
                let kind = usize::from(!is_key(canary));
                // Up to a group of the encoding may come on top.
                let is_first_half = cut - BEFORE.len() <= written.len() / 2 + 4;
                let is_bounded = out == 0 || is_first_half || first.contains(MARK) && percent <= 30;
                assert!(
                    kind == 1 || is_bounded,
                    "{canary} in {encoding}, cut at {cut}: {first}"
                );
                most[kind] = percent.max(most[kind]);
                split += 1;
            }
        }
    }
    let tried = format!(
        "{} secrets in {} encodings: {whole} whole, {split} split across two messages",
        canaries.len(),
        ENCODINGS.len()
    );
    figure(
        "No secret goes out",
        &tried,
        &format!(
            "0 leaks of whole secrets, 0 of second parts; of first parts at most {} % of a key, and {} % of another \
             value",
            most[0], most[1]
        ),
    );
}
