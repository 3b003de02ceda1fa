//! Text matching, and what can be recalled from a person's earlier messages. Pure.

/// Normalizes a text for matching: lower case, single spaces in place of everything but letters, digits
/// and apostrophes, and a space at each end, so that phrases match whole words.
pub(crate) fn normalize(text: &str) -> String {
    let plain: String = text
        .to_lowercase()
        .chars()
        .map(|c| match c {
            '’' => '\'',
            c if c.is_alphanumeric() || c == '\'' => c,
            _ => ' ',
        })
        .collect();
    let words: Vec<&str> = plain.split_whitespace().collect();
    format!(" {} ", words.join(" "))
}

/// Whether a normalized text contains one of the phrases as whole words.
pub(crate) fn mentions(normalized: &str, phrases: &[&str]) -> bool {
    phrases
        .iter()
        .any(|phrase| normalized.contains(&format!(" {phrase} ")))
}

/// The name in "my name is Ada" or "call me Ada".
pub(crate) fn name_in(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let lower: Vec<String> = words.iter().map(|word| word.to_lowercase()).collect();
    let lower: Vec<&str> = lower.iter().map(String::as_str).collect();
    let start = lower
        .windows(3)
        .position(|part| part == ["my", "name", "is"])
        .map(|at| at + 3)
        .or_else(|| {
            let call = lower.windows(2).position(|part| part == ["call", "me"])?;
            Some(call + 2)
        })?;
    let name = words
        .get(start)?
        .trim_matches(|c: char| !c.is_alphanumeric());
    (!name.is_empty() && name.len() <= 64).then(|| name.to_owned())
}

/// The latest name in a list of texts.
pub(crate) fn name(texts: &[String]) -> Option<String> {
    texts.iter().rev().find_map(|text| name_in(text))
}

/// A text as one short line, for a quotation.
pub(crate) fn quote(text: &str) -> String {
    const MOST: usize = 120;
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if line.chars().count() <= MOST {
        return line;
    }
    let cut: String = line.chars().take(MOST).collect();
    format!("{}…", cut.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check_name(text: &str, expected: Option<&str>) {
        assert_eq!(name_in(text).as_deref(), expected, "{text}");
    }

    #[test]
    fn names_are_found() {
        check_name("Hi! My name is Ada.", Some("Ada"));
        check_name("please call me **Grace**!", Some("Grace"));
        check_name("my name is", None);
        check_name("what is my name", None);
        check_name("my name is ...", None);
    }

    #[test]
    fn the_latest_name_counts() {
        let texts = ["my name is Ada", "call me Grace", "hello"].map(str::to_owned);
        assert_eq!(name(&texts).as_deref(), Some("Grace"));
        assert_eq!(name(&[]), None);
    }

    #[test]
    fn phrases_match_whole_words() {
        let normalized = normalize("What’s HERE?  (now)");
        assert_eq!(normalized, " what's here now ");
        assert!(mentions(&normalized, &["what's here"]));
        assert!(!mentions(&normalized, &["her", "no"]));
    }

    #[test]
    fn quotes_are_short() {
        assert_eq!(quote("a\n b"), "a b");
        assert_eq!(quote(&"x".repeat(500)).chars().count(), 121);
    }
}
