//! Secrets in files: in texts, and as bytes in anything else. Pure.

use std::{collections::BTreeSet, ops::Range};

use super::redactor::{Kind, Redactor};

/// Overwrites the bytes of a secret in a file that is no text. The file keeps its length, so that the rest stays readable.
const HIDDEN: u8 = b'*';

/// Stands for a byte that is no ASCII character. No secret has it.
const OTHER: u8 = 0x7f;

impl Redactor {
    /// A file's content without secrets. In a text they are replaced, in anything else overwritten.
    pub fn redact_file(&self, content: Vec<u8>) -> (Vec<u8>, BTreeSet<Kind>) {
        let mut content = content;
        let mut kinds = BTreeSet::new();
        if let Some((text, is_big)) = utf16(&content) {
            let redacted = self.redact(&text);
            if !redacted.kinds.is_empty() {
                content = to_utf16(&redacted.text, is_big);
            }
            kinds = redacted.kinds;
        }
        // A text of UTF-16 without its mark may be UTF-8 with zeros.
        let mut content = if content.contains(&0) {
            content
        } else {
            match String::from_utf8(content) {
                Ok(text) => {
                    let redacted = self.redact(&text);
                    return (redacted.text.into_owned().into_bytes(), redacted.kinds);
                }
                Err(error) => error.into_bytes(),
            }
        };
        kinds.append(&mut self.overwrite(&mut content));
        (content, kinds)
    }

    /// Overwrites what is found among the bytes, among ASCII characters, and among those that are two bytes long.
    fn overwrite(&self, content: &mut [u8]) -> BTreeSet<Kind> {
        let mut kinds = BTreeSet::new();
        let mut places: Vec<(Range<usize>, usize)> = Vec::new();
        for (place, kind) in self.values_in_bytes(content) {
            places.push((place, 1));
            kinds.insert(kind.clone());
        }
        for (view, first, step) in [
            (ascii(content.iter()), 0, 1),
            (wide(content, 0), 0, 2),
            (wide(content, 1), 1, 2),
        ] {
            let text = String::from_utf8(view).unwrap_or_default();
            for (place, kind) in self.matches(&text) {
                let place = first + place.start * step..first + place.end * step;
                places.push((place, step));
                kinds.insert(kind.into_owned());
            }
        }
        for (place, step) in places {
            for at in place.step_by(step) {
                content[at] = HIDDEN;
            }
        }
        kinds
    }
}

/// The bytes as ASCII text of the same length.
fn ascii<'a>(bytes: impl Iterator<Item = &'a u8>) -> Vec<u8> {
    let is_ascii = |byte: &u8| if byte.is_ascii() { *byte } else { OTHER };
    bytes.map(is_ascii).collect()
}

/// Every second byte from `first` on that stands next to a zero, as ASCII text of UTF-16 does in either order.
fn wide(content: &[u8], first: usize) -> Vec<u8> {
    let is_zero = |at: usize| content.get(at) == Some(&0);
    let every_second = (first..content.len()).step_by(2);
    every_second
        .map(|at| match content[at] {
            byte if byte.is_ascii() && (is_zero(at + 1) || is_zero(at.wrapping_sub(1))) => byte,
            _ => OTHER,
        })
        .collect()
}

/// A text of UTF-16 with its mark, and whether the high bytes come first.
fn utf16(content: &[u8]) -> Option<(String, bool)> {
    let is_big = match content {
        [0xfe, 0xff, ..] => true,
        [0xff, 0xfe, ..] => false,
        _ => return None,
    };
    let units = content.chunks(2).map(|pair| {
        let pair: [u8; 2] = pair.try_into().ok()?;
        Some(if is_big {
            u16::from_be_bytes(pair)
        } else {
            u16::from_le_bytes(pair)
        })
    });
    let units: Option<Vec<u16>> = units.collect();
    Some((String::from_utf16(&units?).ok()?, is_big))
}

fn to_utf16(text: &str, is_big: bool) -> Vec<u8> {
    let units = text.encode_utf16();
    units
        .flat_map(|unit| {
            if is_big {
                unit.to_be_bytes()
            } else {
                unit.to_le_bytes()
            }
        })
        .collect()
}

#[cfg(test)]
mod tests;
