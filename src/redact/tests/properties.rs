//! What holds of any text, wherever it is cut.

use std::sync::{Arc, LazyLock};

use proptest::prelude::*;

use super::{TOKEN, redacted};
use crate::redact::{Redactor, Secret, Stream};

/// Few letters, so that secrets begin, break off and overlap all the time.
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
    fn wherever_a_text_is_cut_the_same_comes_out(text in text(), cuts in prop::collection::vec(0..400_usize, 0..20)) {
        let mut cuts: Vec<_> = cuts.into_iter().map(|cut| text.floor_char_boundary(cut)).collect();
        cuts.extend([0, text.len()]);
        cuts.sort_unstable();
        let mut stream = Stream::new(Arc::clone(&REDACTOR));
        let mut streamed = String::new();
        for pair in cuts.windows(2) {
            streamed += &stream.push(&text[pair[0]..pair[1]]);
        }
        streamed += &stream.finish();
        let whole = REDACTOR.redact(&text);
        prop_assert_eq!(&streamed, &whole.text);
        prop_assert_eq!(stream.kinds(), &whole.kinds);
    }

    #[test]
    fn letter_by_letter_the_same_comes_out(text in text()) {
        let mut stream = Stream::new(Arc::clone(&REDACTOR));
        let mut streamed: String = text.chars().map(|c| stream.push(c.encode_utf8(&mut [0; 4]))).collect();
        streamed += &stream.finish();
        prop_assert_eq!(streamed, redacted(&REDACTOR, &text));
    }

    #[test]
    fn twice_is_as_good_as_once(text in text()) {
        let once = redacted(&REDACTOR, &text);
        prop_assert_eq!(redacted(&REDACTOR, &once), once);
    }
}

#[test]
fn of_plain_talk_little_more_than_the_last_word_is_kept_back() {
    for text in include_str!("benign.txt").lines() {
        let mut stream = Stream::new(Arc::clone(&REDACTOR));
        let given = stream.push(text);
        let last = text.rsplit(' ').next().unwrap();
        assert!(text.len() - given.len() <= last.len() + 8, "{given}");
        assert_eq!(given + &stream.finish(), text);
    }
}
