//! A text as it is compared: its letters, and where each stands.

use unicode_normalization::{UnicodeNormalization as _, char::is_combining_mark};

use super::MARK;

/// Stands in a view where nothing may be matched across: at a mark, and in a long gap. Never part of a form.
const BREAK: char = '\0';

/// The most characters between two letters of one secret.
const LONGEST_GAP: usize = 256;

/// The longest escape, in bytes: `\u{10ffff}`, and a numeric one of HTML's with zeros in front.
const LONGEST_ESCAPE: usize = 12;

/// What of a text is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Keep {
    /// Letters and digits.
    Letters,
    /// ASCII's punctuation as well, for secrets that have few letters.
    Marks,
}

/// How escapes are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Escapes {
    /// As they stand.
    Raw,
    /// As what they stand for.
    Read,
}

/// The letters of a text.
#[derive(Debug, Default)]
pub(super) struct View {
    pub(super) letters: Vec<char>,
    /// Where each letter stands: a range of bytes.
    pub(super) places: Vec<(usize, usize)>,
    /// Escapes that were read, in order: ranges of bytes that are never cut in two.
    pub(super) escapes: Vec<(usize, usize)>,
}

/// The letters of `text`.
pub(super) fn view(text: &str, keep: Keep, escapes: Escapes) -> View {
    let mut view = View::default();
    let (mut at, mut gap) = (0, 0);
    while let Some(character) = text[at..].chars().next() {
        let rest = &text[at..];
        if rest.starts_with(MARK) {
            view.push(BREAK, (at, at));
            at += MARK.len();
            continue;
        }
        let escape = match escapes {
            Escapes::Raw => None,
            Escapes::Read => escape(rest),
        };
        let (length, read) = escape.unwrap_or((character.len_utf8(), Some(character)));
        let place = (at, at + length);
        if escape.is_some() {
            view.escapes.push(place);
        }
        let before = view.letters.len();
        if let Some(read) = read {
            fold(read, keep, |letter| view.push(letter, place));
        }
        if view.letters.len() > before {
            gap = 0;
        } else {
            gap += 1;
            if gap == LONGEST_GAP {
                view.push(BREAK, place);
            }
        }
        at += length;
    }
    view
}

/// The letters of a secret's form.
pub(super) fn letters(text: &str, keep: Keep) -> Vec<char> {
    let mut letters = Vec::new();
    for character in text.chars() {
        fold(character, keep, |letter| letters.push(letter));
    }
    letters
}

impl View {
    /// How many letters stand before a place in the text.
    pub(super) fn letters_before(&self, at: usize) -> usize {
        self.places.partition_point(|&(from, _)| from < at)
    }

    fn push(&mut self, letter: char, place: (usize, usize)) {
        self.letters.push(letter);
        self.places.push(place);
    }
}

/// Brings a character down to what is compared: compatibility forms (full-width, mathematical, circled) to their
/// plain letters, without accents, in lower case.
fn fold(character: char, keep: Keep, mut push: impl FnMut(char)) {
    if character.is_ascii() {
        if character.is_ascii_alphanumeric() || keep == Keep::Marks && character.is_ascii_graphic()
        {
            push(character.to_ascii_lowercase());
        }
        return;
    }
    // Letters that Unicode does not decompose: white on black circles and squares, and the flags' own.
    let first = match character {
        '\u{1f150}'..='\u{1f169}' => 0x1_f150,
        '\u{1f170}'..='\u{1f189}' => 0x1_f170,
        '\u{1f1e6}'..='\u{1f1ff}' => 0x1_f1e6,
        _ => {
            for plain in character.nfkd().filter(|plain| !is_combining_mark(*plain)) {
                if plain.is_alphanumeric() || keep == Keep::Marks && plain.is_ascii_graphic() {
                    plain.to_lowercase().take(1).for_each(&mut push);
                }
            }
            return;
        }
    };
    push(char::from_digit(u32::from(character) - first + 10, 36).unwrap_or(character));
}

/// The escape that `text` begins with: its length, and what it stands for, if that is a character that counts.
fn escape(text: &str) -> Option<(usize, Option<char>)> {
    match text.as_bytes().first()? {
        b'%' => {
            let byte = number(text.get(1..3)?, 16)?;
            Some((3, char::from_u32(byte).filter(char::is_ascii)))
        }
        b'\\' => backslash(text),
        b'&' => entity(text),
        _ => None,
    }
}

fn backslash(text: &str) -> Option<(usize, Option<char>)> {
    let fixed = |digits: usize, from: usize, radix| {
        let code = number(text.get(from..from + digits)?, radix)?;
        Some((from + digits, char::from_u32(code)))
    };
    match text.as_bytes().get(1)? {
        b'u' if text[2..].starts_with('{') => {
            let end = text.bytes().take(LONGEST_ESCAPE).position(|b| b == b'}')?;
            Some((end + 1, char::from_u32(number(&text[3..end], 16)?)))
        }
        b'u' => fixed(4, 2, 16),
        b'x' => fixed(2, 2, 16),
        b'0'..=b'3' => fixed(3, 1, 8),
        b'b' | b'f' | b'n' | b'r' | b't' => Some((2, None)),
        _ => None,
    }
}

fn entity(text: &str) -> Option<(usize, Option<char>)> {
    let end = text.bytes().take(LONGEST_ESCAPE).position(|b| b == b';')?;
    let name = &text[1..end];
    let read = match name.strip_prefix('#') {
        Some(code) => {
            let code = match code.strip_prefix(['x', 'X']) {
                Some(code) => number(code, 16)?,
                None => number(code, 10)?,
            };
            char::from_u32(code)
        }
        None => Some(match name {
            "amp" => '&',
            "lt" => '<',
            "gt" => '>',
            "quot" => '"',
            "apos" => '\'',
            "nbsp" | "shy" | "zwj" | "zwnj" => ' ',
            _ => return None,
        }),
    };
    Some((end + 1, read))
}

/// A number without a sign.
fn number(digits: &str, radix: u32) -> Option<u32> {
    let plain = digits.bytes().all(|byte| byte.is_ascii_alphanumeric());
    u32::from_str_radix(digits, radix).ok().filter(|_| plain)
}

/// Where an escape begins that what follows `text` may complete.
pub(super) fn open_escape(text: &str) -> Option<usize> {
    let from = text.floor_char_boundary(text.len().saturating_sub(LONGEST_ESCAPE));
    let tail = &text[from..];
    let begin = tail.find(|first: char| "%\\&".contains(first));
    let mut at = begin?;
    loop {
        let rest = &tail[at..];
        let more = |c: char| c.is_ascii_alphanumeric() || "#{".contains(c);
        if escape(rest).is_none() && rest[1..].chars().all(more) {
            return Some(from + at);
        }
        at += 1 + rest[1..].find(|first: char| "%\\&".contains(first))?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, escapes: Escapes, expected: &str) {
        let view = view(text, Keep::Letters, escapes);
        assert_eq!(
            view.letters.iter().collect::<String>(),
            expected,
            "{text:?}"
        );
        assert_eq!(view.letters.len(), view.places.len());
        for (from, to) in view.places {
            assert!(text.is_char_boundary(from) && text.is_char_boundary(to));
        }
    }

    #[test]
    fn what_shows_as_letters_is_letters() {
        check("A-b_C.1", Escapes::Raw, "abc1");
        check("Ａ𝐛\u{1f1e8}\u{1f170}ﬁ①é", Escapes::Raw, "abcafi1e");
        check("a\u{200b}b\u{336}c **d** ||e||\n", Escapes::Raw, "abcde");
    }

    #[test]
    fn escapes_are_read_where_they_are_to_be() {
        let text = r"%41\u0042\x43\104&#69;&#x46;&amp;\n\u{47}%zz";
        check(text, Escapes::Read, "abcdefgzz");
        check("%41", Escapes::Raw, "41");
        check(r"\u+041 &#-1; %é", Escapes::Read, "u0411e");
    }

    #[test]
    fn nothing_is_read_across_a_mark_or_a_long_gap() {
        check(&format!("a{MARK}b"), Escapes::Raw, "a\0b");
        check(
            &format!("a{}b", " ".repeat(LONGEST_GAP - 1)),
            Escapes::Raw,
            "ab",
        );
        check(
            &format!("a{}b", " ".repeat(LONGEST_GAP)),
            Escapes::Raw,
            "a\0b",
        );
    }

    #[test]
    fn an_escape_may_be_cut_anywhere() {
        for whole in [
            "%41", r"\u0041", r"\x41", r"\101", "&#65;", "&#x41;", "&amp;", r"\u{41}",
        ] {
            for cut in 1..whole.len() {
                let text = format!("100% \\o/ & {}", &whole[..cut]);
                assert_eq!(open_escape(&text), Some(11), "{text}");
            }
            assert_eq!(open_escape(&format!("{whole} ")), None);
        }
    }
}
