//! Properties of any text, and of any consecutive messages.

use std::sync::{Arc, LazyLock};

use proptest::prelude::*;

use super::{TOKEN, next, redacted, redactor};
use crate::redact::{MARK, Redactor, Secret};

/// Made of few characters, so that secrets begin, break off and overlap often.
const SECRETS: [&str; 4] = ["abababac", "d[redacted]abcab", "aa%41bcabc", "c.$-.a!.%.4"];

static REDACTOR: LazyLock<Arc<Redactor>> = LazyLock::new(|| {
    let secrets = SECRETS.into_iter().chain([TOKEN]);
    let secrets: Vec<_> = secrets.map(|value| Secret::new("canary", value)).collect();
    Arc::new(Redactor::new(&secrets))
});

fn part() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => "[abcd41%&#;\\\\\\[\\] .-]{0,12}",
        2 => "\\PC{0,8}",
        2 => prop::sample::select(&SECRETS[..]).prop_map(str::to_owned),
        1 => (0..TOKEN.len(), 0..TOKEN.len()).prop_map(|(a, b)| TOKEN[a.min(b)..a.max(b)].to_owned()),
        1 => Just("[redacted]".to_owned()),
        1 => Just(format!("-----BEGIN PRIVATE KEY-----\n{}\n", "MIIEvQIBADANBgkq".repeat(3))),
        1 => prop::sample::select(&["-----END PRIVATE KEY-----", "-----BEGIN ", "-----", "%6", "1", "\\u00", "&#x", "61;", "\n",
            "AKIAQ6ZJVT4XWLDE7YBN", "ghp_", "sk-ant-", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "0000"][..]).prop_map(str::to_owned),
        1 => (200..300_usize).prop_map(|count| " ".repeat(count)),
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop::collection::vec(part(), 0..16).prop_map(|parts| parts.concat())
}

proptest! {
    #[test]
    fn the_first_message_is_redacted_like_any_text(text in text()) {
        let said = next(&REDACTOR, &mut String::new(), &text);
        prop_assert_eq!(said, REDACTOR.redact(&text));
    }

    #[test]
    fn earlier_messages_never_reveal_more(pieces in prop::collection::vec(text(), 1..6)) {
        let (mut tail, mut before) = (String::new(), String::new());
        for piece in pieces {
            let said = next(&REDACTOR, &mut tail, &piece);
            let alone = REDACTOR.redact(&piece);
            prop_assert_eq!(&said, &REDACTOR.redact_after(&before, &piece));
            before.push_str(&piece);
            prop_assert!(said.kinds.is_superset(&alone.kinds));
            prop_assert!(said.kinds != alone.kinds || said.text == alone.text || said.text.contains(MARK));
            prop_assert!(said.kinds.is_empty() == (said.text == piece) || piece.contains(MARK));
        }
    }

    /// Wherever a key is cut, less than half of it remains in the first message, and nothing in the second.
    #[test]
    fn less_than_half_of_a_key_split_in_two_remains(
        value in "[a-f0-9]{6}[A-Za-z0-9_-]{30,90}[a-z]", cut in 0..97_usize, before in "[ a-z]{0,20}", after in "[ a-z]{0,20}",
    ) {
        let count = |kind: fn(&char) -> bool| value.chars().filter(kind).count();
        prop_assume!(count(char::is_ascii_digit) >= 2 && count(char::is_ascii_alphabetic) >= 2);
        prop_assume!(count(char::is_ascii_alphanumeric) >= 32);
        let cut = cut.min(value.len() - 1);
        let (redactor, mut tail) = (redactor(&value), String::new());
        let first = next(&redactor, &mut tail, &format!("{before}: {}", &value[..cut])).text.into_owned();
        let second = next(&redactor, &mut tail, &format!("{}: {after}", &value[cut..])).text.into_owned();
        prop_assert_eq!(second, format!("{MARK}: {after}"));
        let shown = first.strip_prefix(&format!("{before}: ")).unwrap();
        prop_assert!(shown.contains(MARK) || shown.len() < value.len() / 4 * 2, "{}", shown);
        prop_assert!(!shown.contains(MARK) || shown.len() <= MARK.len() + value.len() / 4 * 2, "{}", shown);
    }

    #[test]
    fn redacting_twice_changes_nothing(text in text()) {
        let once = redacted(&REDACTOR, &text);
        prop_assert_eq!(redacted(&REDACTOR, &once), once);
    }
}
