//! Where a sentence ends, and where a line may be broken without a space.

/// Whether the text ends with the end of a sentence.
pub(super) fn ends_sentence(text: &str) -> bool {
    const MOST_CLOSERS: usize = 8;
    text.chars()
        .rev()
        .take(MOST_CLOSERS)
        .find(|c| {
            !matches!(
                c,
                '"' | '\''
                    | '”'
                    | '’'
                    | '»'
                    | ')'
                    | ']'
                    | '」'
                    | '』'
                    | '）'
                    | '*'
                    | '_'
                    | '~'
                    | '|'
            )
        })
        .is_some_and(|c| {
            matches!(
                c,
                '.' | '!' | '?' | '…' | '。' | '！' | '？' | '؟' | '۔' | '।'
            )
        })
}

/// Whether a line may be broken between two clusters though no space is there: Chinese and Japanese have none.
pub(super) fn breaks_without_space(before: &str, after: &str) -> bool {
    let is_ideograph = |c: char| {
        matches!(c, '\u{2E80}'..='\u{30FF}' | '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}'
            | '\u{FF00}'..='\u{FFEF}' | '\u{20000}'..='\u{3FFFF}')
    };
    let opens = |c: char| matches!(c, '「' | '『' | '（' | '【' | '《' | '〈' | '［' | '｛');
    let is_bound = |c: char| {
        matches!(
            c,
            '」' | '』'
                | '）'
                | '】'
                | '》'
                | '〉'
                | '］'
                | '｝'
                | '、'
                | '。'
                | '，'
                | '．'
                | '！'
                | '？'
                | '：'
                | '；'
                | '・'
                | 'ー'
                | '々'
                | 'っ'
                | 'ゃ'
                | 'ゅ'
                | 'ょ'
                | 'ッ'
                | 'ャ'
                | 'ュ'
                | 'ョ'
        )
    };
    let before = before
        .chars()
        .next_back()
        .filter(|c| is_ideograph(*c) && !opens(*c));
    let after = after
        .chars()
        .next()
        .filter(|c| is_ideograph(*c) && !is_bound(*c));
    before.is_some() && after.is_some()
}

#[cfg(test)]
mod tests;
