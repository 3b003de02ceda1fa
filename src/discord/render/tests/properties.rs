//! What holds of any text.

use proptest::prelude::*;

use super::{check, code_and_words};
use crate::discord::render::{LIMIT, units};

/// A part of a text, in markup and characters that make splitting hard.
fn part() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[a-zA-Z ,.!?]{0,40}",
        2 => "\\PC{0,20}",
        2 => prop::sample::select(&[
            "\n", "\n\n", " ", "\t", "\r\n", "```", "```rust\n", "\n```\n", "~~~", "\n~~~\n", "````\n", "> ", "\n> ", "\n>>> ", "- ",
            "\n1. ", "    ", "`", "``", "[", "](", ")", "https://a.b/", "👩‍👩‍👧‍👦", "🇨🇭", "\u{301}", "\u{200d}", "人人", "。", "مرحبا",
            "\u{202e}", "\0", "\n# ", "\\", "\u{a0}", "\u{2028}",
        ][..]).prop_map(str::to_owned),
        1 => (1..200_usize, prop::sample::select(&["x", "`", "~", ">", " ", "\n", "😀", "\u{301}", "#"][..]))
            .prop_map(|(count, what)| what.repeat(count)),
    ]
}

fn paragraph() -> impl Strategy<Value = String> {
    prop_oneof![
        "([a-z]{1,12} ){1,60}[a-z]{1,12}\\.",
        "(- [a-z]{1,12}( [a-z]{1,12}){0,8}\n){1,8}",
        "```(rust|)\n(( {0,8}[a-z]{1,12} = [0-9]{1,9};){1,2}\n{1,2}){1,20}```",
        "(> [a-z]{1,12}( [a-z]{1,12}){0,20}\n){1,4}",
        "> ```\n(> [a-z]{1,12} = [0-9]{1,9};\n){1,12}> ```",
    ]
}

proptest! {
    #[test]
    fn any_text_is_split_well(parts in prop::collection::vec(part(), 0..40), limit in 20..300_usize) {
        check(&parts.concat(), limit);
    }

    #[test]
    fn any_text_is_split_well_at_any_limit(parts in prop::collection::vec(part(), 100..200), limit in 20..=LIMIT) {
        check(&parts.concat(), limit);
    }

    #[test]
    fn code_stays_code_and_words_stay_words(paragraphs in prop::collection::vec(paragraph(), 1..8), limit in 60..400_usize) {
        let text = paragraphs.join("\n\n");
        let (code, words): (String, String) =
            check(&text, limit).iter().map(|message| code_and_words(message)).unzip();
        prop_assert_eq!((code, words), code_and_words(&text));
    }

    #[test]
    fn prose_fills_its_messages(paragraphs in prop::collection::vec("([a-z]{1,12}[,.]? ){1,80}[a-z]{1,12}\\.", 1..12), limit in 100..=LIMIT) {
        let messages = check(&paragraphs.join("\n\n"), limit);
        for message in messages.iter().rev().skip(1) {
            prop_assert!(units(message) >= limit / 3, "{} of {limit}", units(message));
        }
    }

    #[test]
    fn words_are_not_cut(words in prop::collection::vec("[a-z]{1,20}", 1..200), limit in 20..200_usize) {
        let split: Vec<String> =
            check(&words.join(" "), limit).iter().flat_map(|m| m.split(' ')).map(str::to_owned).collect();
        prop_assert_eq!(split, words);
    }
}
