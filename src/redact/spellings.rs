//! The forms of a secret that are searched for: its value, its parts, and their plain encodings.

use std::fmt::Write as _;

use data_encoding::{BASE64, HEXLOWER};
use serde_json::Value;

/// The minimum length of a secret, in characters.
pub(super) const SHORTEST: usize = 8;

/// Longer values are searched for in pieces of this many characters.
const PIECE: usize = 256;

/// The maximum number of pieces of a value.
const MAX_PIECES: usize = 64;

/// The minimum number of letters and digits of a key, which is also searched for in halves.
const SHORTEST_KEY: usize = 32;

/// The ASCII punctuation that common percent-encoders do not encode: strict ones, RFC 3986, Python's `quote`, and
/// JavaScript's `encodeURIComponent` and `encodeURI`.
const PERCENT_SAFE: [&str; 5] = ["", "-._~", "-._~/", "-._~!*'()", "-._~!*'();/?:@&=+$,#"];

/// All forms of a value, with a name for the log. May contain duplicates.
pub(super) fn spellings(value: &str) -> impl Iterator<Item = (&'static str, String)> {
    parts(value.trim()).into_iter().flat_map(encodings)
}

/// The parts of a value that are searched for.
fn parts(value: &str) -> Vec<&str> {
    let mut bounds: Vec<usize> = value.char_indices().map(|(at, _)| at).collect();
    let length = bounds.len();
    bounds.push(value.len());
    let part = |from: usize, length: usize| &value[bounds[from]..bounds[from + length]];
    if length < SHORTEST {
        Vec::new()
    } else if length > PIECE {
        let starts = (0..length).step_by(PIECE).take(MAX_PIECES);
        starts
            .map(|from| part(from.min(length - PIECE), PIECE))
            .collect()
    } else if is_key(value) {
        // So that no half of a key goes out in one piece.
        let (quarter, half) = (length / 4, length / 4 * 2);
        let halves = [0, quarter, length - half].map(|from| part(from, half));
        [&[value][..], &halves].concat()
    } else {
        vec![value]
    }
}

/// Whether a value is as long as a key and looks random.
fn is_key(value: &str) -> bool {
    let count = |kind: fn(char) -> bool| value.chars().filter(|c| kind(*c)).count();
    count(char::is_alphanumeric) >= SHORTEST_KEY
        && count(|c| c.is_ascii_digit()) >= 2
        && count(char::is_alphabetic) >= 2
}

fn encodings(part: &str) -> Vec<(&'static str, String)> {
    let bytes = part.as_bytes();
    let mut encodings = vec![
        ("plain", part.to_owned()),
        ("in hexadecimal", HEXLOWER.encode(bytes)),
    ];
    for offset in 0..3 {
        let base64 = base64(bytes, offset);
        let base64url = base64.replace('+', "-").replace('/', "_");
        encodings.extend([base64, base64url].map(|text| ("in base64", text)));
    }
    let percent = PERCENT_SAFE.map(|safe| {
        let is_safe = |c: char| c.is_ascii_alphanumeric() || safe.contains(c);
        escape(part, is_safe, percent)
    });
    encodings.extend(percent.map(|text| ("percent-encoded", text)));
    encodings.push(("percent-encoded", escape(part, |_| false, self::percent)));
    let json = json(part);
    let json = [
        json.replace('/', r"\/"),
        // A JSON document in a JSON string.
        self::json(&json),
        escape(&json, |c| c.is_ascii(), unicode),
        escape(part, |_| false, unicode),
        json,
    ];
    encodings.extend(json.map(|text| ("JSON-escaped", text)));
    encodings
}

/// The part of a base64 text that only encodes `bytes`, if they start `offset` bytes into a group of three.
fn base64(bytes: &[u8], offset: usize) -> String {
    let group = [&[0; 2][..offset], bytes].concat();
    let start = (offset * 8).div_ceil(6);
    let end = group.len() * 8 / 6;
    BASE64.encode(&group)[start..end].to_owned()
}

/// `text` as a JSON string, without quotes.
fn json(text: &str) -> String {
    let quoted = Value::from(text).to_string();
    quoted[1..quoted.len() - 1].to_owned()
}

fn escape(text: &str, is_safe: impl Fn(char) -> bool, write: fn(char, &mut String)) -> String {
    let mut escaped = String::new();
    for character in text.chars() {
        if is_safe(character) {
            escaped.push(character);
        } else {
            write(character, &mut escaped);
        }
    }
    escaped
}

fn percent(character: char, escaped: &mut String) {
    for byte in character.encode_utf8(&mut [0; 4]).bytes() {
        let _infallible = write!(escaped, "%{byte:02X}");
    }
}

fn unicode(character: char, escaped: &mut String) {
    for unit in character.encode_utf16(&mut [0; 2]) {
        let _infallible = write!(escaped, "\\u{unit:04x}");
    }
}

#[cfg(test)]
mod tests;
