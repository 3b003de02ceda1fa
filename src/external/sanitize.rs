//! Makes untrusted text safe for the heading.

use unicode_general_category::{GeneralCategory, get_general_category};

use super::confusables::find_marker_words;

/// Goes between the words of a marker.
const SEPARATOR: &str = " (not a marker) ";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Layout {
    /// All white space becomes single spaces.
    SingleLine,
    /// Line breaks, tabs and runs of spaces stay.
    MultiLine,
}

/// Returns at most `max` characters (Unicode scalar values) of `text`, changed so that they cannot be read as a marker or
/// as a mention of a file. Idempotent.
///
/// Invisible characters are removed. Brackets of all kinds become `(`, `)` or `|`. At signs become full-width, which the
/// CLI ignores. The words of a marker are separated, in any script and style.
pub fn sanitize(text: &str, max: usize, layout: Layout) -> String {
    let visible = text
        .chars()
        .filter(|&c| c.is_whitespace() || !is_invisible(c))
        .map(replace_special);
    let laid_out: String = match layout {
        Layout::SingleLine => {
            let spaced: String = visible.collect();
            spaced.split_whitespace().collect::<Vec<_>>().join(" ")
        }
        Layout::MultiLine => visible.map(normalize_space).collect(),
    };
    truncate(&separate_marker_words(laid_out.trim()), max)
}

/// Whether a text has no character that [`sanitize`] keeps. The API rejects a text block without visible characters.
///
/// These are more than the characters of `chat::is_blank`: Discord shows a box for some, such as those for private use.
pub fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || is_invisible(c))
}

/// Inserts [`SEPARATOR`] between the words of each marker.
pub(super) fn separate_marker_words(text: &str) -> String {
    let mut separated = String::with_capacity(text.len());
    let mut from = 0;
    for boundary in find_marker_words(text) {
        separated.push_str(text[from..boundary.at].trim_end_matches(' '));
        separated.push_str(SEPARATOR);
        let rest = &text[boundary.at..];
        let shared = rest.chars().next().filter(|_| boundary.is_shared);
        from = boundary.at + shared.map_or(0, char::len_utf8);
    }
    separated.push_str(&text[from..]);
    separated
}

fn truncate(text: &str, max: usize) -> String {
    if text.chars().count() <= max {
        return text.trim_end().to_owned();
    }
    let kept: String = text.chars().take(max.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

fn normalize_space(character: char) -> char {
    match character {
        '\u{b}' | '\u{c}' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => '\n',
        '\n' | '\t' => character,
        space if space.is_whitespace() => ' ',
        other => other,
    }
}

fn replace_special(character: char) -> char {
    match character {
        '[' | '{' | '<' => '(',
        ']' | '}' | '>' => ')',
        '@' | '\u{fe6b}' => '\u{ff20}',
        bracket if is_bracket(bracket) => '|',
        other => other,
    }
}

/// Characters without a glyph, and letters and symbols whose glyph is blank.
fn is_invisible(character: char) -> bool {
    use GeneralCategory::{Control, Format, PrivateUse, Surrogate, Unassigned};
    matches!(
        get_general_category(character),
        Control | Format | PrivateUse | Surrogate | Unassigned
    ) || matches!(character,
        '\u{34f}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{2800}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}' | '\u{fffc}' | '\u{e0100}'..='\u{e01ef}')
}

/// Brackets that are not ASCII: general categories Ps and Pe without quotation marks, the parts of tall brackets, angle
/// quotation marks, and what NFKC turns into one of these.
fn is_bracket(character: char) -> bool {
    matches!(character,
        '\u{ab}' | '\u{bb}' | '\u{f3a}'..='\u{f3d}' | '\u{169b}'..='\u{169c}' | '\u{2039}'..='\u{203a}'
        | '\u{2045}'..='\u{2046}' | '\u{2308}'..='\u{230b}' | '\u{231c}'..='\u{231f}'
        | '\u{2329}'..='\u{232a}' | '\u{239b}'..='\u{23b9}' | '\u{23cb}'..='\u{23cc}'
        | '\u{2768}'..='\u{2775}' | '\u{27c5}'..='\u{27c6}' | '\u{27e6}'..='\u{27ef}'
        | '\u{2983}'..='\u{2998}' | '\u{29d8}'..='\u{29db}' | '\u{29fc}'..='\u{29fd}'
        | '\u{2e02}'..='\u{2e05}' | '\u{2e09}'..='\u{2e0a}' | '\u{2e0c}'..='\u{2e0d}'
        | '\u{2e1c}'..='\u{2e1d}' | '\u{2e20}'..='\u{2e29}' | '\u{2e55}'..='\u{2e5c}'
        | '\u{3008}'..='\u{3011}' | '\u{3014}'..='\u{301b}' | '\u{fe17}'..='\u{fe18}'
        | '\u{fe35}'..='\u{fe44}' | '\u{fe47}'..='\u{fe48}' | '\u{fe59}'..='\u{fe5e}'
        | '\u{fe64}'..='\u{fe65}' | '\u{ff1c}' | '\u{ff1e}' | '\u{ff3b}' | '\u{ff3d}' | '\u{ff5b}'
        | '\u{ff5d}' | '\u{ff5f}'..='\u{ff60}' | '\u{ff62}'..='\u{ff63}')
}
