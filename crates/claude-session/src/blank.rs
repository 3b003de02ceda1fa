//! What shows nothing.

use unicode_general_category::{GeneralCategory, get_general_category};

/// Whether `c` shows nothing by itself. Discord refuses a message that holds nothing else.
pub fn is_blank(c: char) -> bool {
    const FILLERS: &str = "\u{34f}\u{115f}\u{1160}\u{17b4}\u{17b5}\u{2800}\u{3164}\u{ffa0}";
    c.is_whitespace()
        || c.is_control()
        || get_general_category(c) == GeneralCategory::Format
        || FILLERS.contains(c)
}

/// Whether a text shows nothing at all.
pub fn shows_nothing(text: &str) -> bool {
    text.chars().all(is_blank)
}
