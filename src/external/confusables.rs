//! Finds the words of our markers, "external content", in a text, even if they are written with look-alikes.
//!
//! Case, width, style, diacritics and script are ignored, as are spaces, punctuation and invisible characters between
//! letters.

use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};
use unicode_security::skeleton;

/// The words of the markers, and where the second one starts. [`normalize`] does not change these letters.
const WORDS: &[u8; 15] = b"externalcontent";
const SECOND_WORD: usize = 8;

/// The boundary between the two words of a marker.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Boundary {
    /// Byte offset of the character that the second word starts with.
    pub(super) at: usize,
    /// Whether that character also belongs to the first word, like a ligature.
    pub(super) is_shared: bool,
}

/// A letter that a character of the text resembles.
struct Letter {
    /// Byte offset of the character.
    at: usize,
    base: char,
    /// Whether the character may also be punctuation, such as a bar, which resembles an l.
    is_optional: bool,
}

/// The boundaries of all occurrences in `text`, in order.
pub(super) fn find_marker_words(text: &str) -> Vec<Boundary> {
    let mut found: Vec<Boundary> = Vec::new();
    // Partial matches, by the number of matched letters. Those past the boundary contain its position.
    let mut partial: [Option<Boundary>; WORDS.len() + 1] = [None; WORDS.len() + 1];
    let none_yet = Boundary {
        at: 0,
        is_shared: false,
    };
    let mut last_at = None;
    for Letter {
        at,
        base: letter,
        is_optional,
    } in letters(text)
    {
        partial[0] = Some(none_yet);
        for matched in (0..WORDS.len()).rev() {
            let Some(boundary) = partial[matched] else {
                continue;
            };
            if letter == char::from(WORDS[matched]) {
                partial[matched + 1] = Some(if matched == SECOND_WORD {
                    Boundary {
                        at,
                        is_shared: last_at == Some(at),
                    }
                } else {
                    boundary
                });
            }
            if !is_optional {
                partial[matched] = None;
            }
        }
        if let Some(boundary) = partial[WORDS.len()].take()
            && found.last().is_none_or(|last| last.at < boundary.at)
        {
            found.push(boundary);
        }
        last_at = Some(at);
    }
    found
}

fn letters(text: &str) -> Vec<Letter> {
    let mut letters = Vec::with_capacity(text.len());
    for (at, character) in text.char_indices() {
        let is_optional = !character.is_alphanumeric();
        let mut add = |letter| {
            letters.push(Letter {
                at,
                base: letter,
                is_optional,
            });
        };
        match character {
            // A fast path, which a test compares with `normalize`.
            'm' | 'M' => ['r', 'n'].into_iter().for_each(add),
            'I' | '1' | '|' => add('l'),
            '0' | '%' => add('o'),
            '3' => add('e'),
            '4' => add('a'),
            '7' => add('t'),
            plain if plain.is_ascii_alphanumeric() => add(plain.to_ascii_lowercase()),
            other if other.is_ascii() => {}
            other => normalize(other).into_iter().for_each(add),
        }
    }
    letters
}

/// The lower-case letters and digits that a character resembles; none for white space and most punctuation.
fn normalize(character: char) -> Vec<char> {
    // Upper and lower case have different look-alikes.
    let plain = prototypes(character.encode_utf8(&mut [0; 4])).to_lowercase();
    let plain = prototypes(&plain);
    let lower = plain.chars().flat_map(char::to_lowercase);
    lower
        .filter(|letter| letter.is_alphanumeric() && !is_combining_mark(*letter))
        .collect()
}

/// Maps to the prototypes of the UTS 39 confusables, before and after compatibility decomposition (NFKD), which hides the
/// resemblance of some characters and reveals that of others.
fn prototypes(text: &str) -> String {
    let decomposed: String = skeleton(text).nfkd().collect();
    skeleton(&decomposed).map(plain_letter).collect()
}

/// Look-alikes of the letters in the markers that neither NFKD nor the confusables cover: small capitals, letters in black
/// circles and squares, regional indicators, and symbols and digits used as letters.
fn plain_letter(character: char) -> char {
    match character {
        '\u{1f150}'..='\u{1f169}' => offset(character, '\u{1f150}'),
        '\u{1f170}'..='\u{1f189}' => offset(character, '\u{1f170}'),
        '\u{1f1e6}'..='\u{1f1ff}' => offset(character, '\u{1f1e6}'),
        'ᴀ' | '4' | 'Λ' | 'Δ' | 'λ' => 'a',
        'ᴄ' | 'ↄ' | '¢' => 'c',
        'ᴇ' | '3' | 'ε' | 'є' | 'ɛ' | 'ꞓ' | 'Ɛ' | 'ⱻ' | 'ə' | 'ǝ' | '€' | 'Σ' | '∑' | 'Ξ' | 'ɘ' => {
            'e'
        }
        'ʟ' | 'ⅼ' => 'l',
        'ɴ' | 'ͷ' | 'И' | 'и' | 'η' => 'n',
        'ᴏ' | 'Θ' | 'θ' => 'o',
        'ʀ' | 'Я' | 'я' | 'ᴙ' | 'ʁ' => 'r',
        'ᴛ' | '7' | '†' | 'τ' => 't',
        other => other,
    }
}

fn offset(character: char, first: char) -> char {
    let place = u32::from(character) - u32::from(first);
    char::from_u32(u32::from('a') + place).unwrap_or(character)
}

#[cfg(test)]
mod tests;
