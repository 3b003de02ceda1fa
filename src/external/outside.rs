//! What other people chose, made harmless for the heading.

use unicode_general_category::{GeneralCategory, get_general_category};

use super::fold::joints;

/// Set into the words of a marker, so that they are none.
const NO_MARKER: &str = " (not a marker) ";

/// How a text is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// A name: any white space is one space.
    Name,
    /// Lines of text: line breaks, tabs and runs of spaces stay.
    Lines,
}

/// A text that somebody chose, for the heading: at most `most` characters (Unicode scalar values), in which nothing
/// can pass for a marker, for a mention of a file, or for nothing at all.
///
/// Characters that are not seen go (control, format, private, unassigned); every kind of bracket becomes `(`, `)` or
/// `|`, an at sign its full-width twin (which the CLI does not act on); and where it would be read as the words of a
/// marker, in whatever script or style, these are set apart. Applied twice, it changes nothing more.
#[must_use]
pub fn outside(text: &str, most: usize, shape: Shape) -> String {
    let visible = text
        .chars()
        .filter(|&c| c.is_whitespace() || !is_unseen(c))
        .map(tame);
    let laid_out: String = match shape {
        Shape::Name => {
            let spaced: String = visible.collect();
            spaced.split_whitespace().collect::<Vec<_>>().join(" ")
        }
        Shape::Lines => visible.map(lay_out).collect(),
    };
    cut(&set_apart(laid_out.trim()), most)
}

/// Whether nothing of a text is seen. The API refuses a text block without anything but white space.
#[must_use]
pub fn is_blank(text: &str) -> bool {
    text.chars().all(|c| c.is_whitespace() || is_unseen(c))
}

/// Sets each marker's words in a text apart, so that they are none.
pub(super) fn set_apart(text: &str) -> String {
    let mut apart = String::with_capacity(text.len());
    let mut from = 0;
    for joint in joints(text) {
        apart.push_str(text[from..joint.at].trim_end_matches(' '));
        apart.push_str(NO_MARKER);
        let rest = &text[joint.at..];
        let skipped = rest.chars().next().filter(|_| joint.in_the_midst);
        from = joint.at + skipped.map_or(0, char::len_utf8);
    }
    apart.push_str(&text[from..]);
    apart
}

fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.trim_end().to_owned();
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    format!("{}…", kept.trim_end())
}

fn lay_out(character: char) -> char {
    match character {
        '\u{b}' | '\u{c}' | '\r' | '\u{85}' | '\u{2028}' | '\u{2029}' => '\n',
        '\n' | '\t' => character,
        space if space.is_whitespace() => ' ',
        other => other,
    }
}

fn tame(character: char) -> char {
    match character {
        '[' | '{' | '<' => '(',
        ']' | '}' | '>' => ')',
        '@' | '\u{fe6b}' => '\u{ff20}',
        bracket if is_bracket(bracket) => '|',
        other => other,
    }
}

/// Characters that show nothing of their own, and those that show as blanks though they are letters or symbols.
fn is_unseen(character: char) -> bool {
    use GeneralCategory::{Control, Format, PrivateUse, Surrogate, Unassigned};
    matches!(
        get_general_category(character),
        Control | Format | PrivateUse | Surrogate | Unassigned
    ) || matches!(character,
        '\u{34f}' | '\u{115f}'..='\u{1160}' | '\u{17b4}'..='\u{17b5}' | '\u{180b}'..='\u{180f}' | '\u{2800}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{ffa0}' | '\u{fffc}' | '\u{e0100}'..='\u{e01ef}')
}

/// Brackets other than ASCII's and round ones: general categories Ps and Pe but for quotation marks, the pieces that
/// tall ones are built from, angle quotation marks, and whatever folds to one of them under NFKC.
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
