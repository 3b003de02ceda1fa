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
mod tests;
