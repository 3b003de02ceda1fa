//! Redacted text: no secret in it, unchanged by a second pass, and no less redacted when it is split.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use switchboard::redact::{MARK, Redactor, Secret};

/// The first is made of few letters, so that parts of it turn up in the fuzzer's inputs.
const SECRETS: [&str; 3] = ["abababac", "a%41.$-b.!", "MTQyMDA3MDQwMDAwMDAwMDAw.Gx7Qa1.k9Vw-2mZt_Rb4YcN8pLs6HdJf3X"];

static REDACTOR: LazyLock<Redactor> = LazyLock::new(|| {
    let secrets = SECRETS.map(|value| Secret::new("canary", value));
    Redactor::new(&secrets)
});

fuzz_target!(|input: (&[u8], &str)| {
    let (cuts, text) = input;
    let whole = REDACTOR.redact(text);
    assert!(whole.text == text || !whole.kinds.is_empty());
    for secret in SECRETS {
        assert!(!whole.text.to_ascii_lowercase().contains(&secret.to_ascii_lowercase()), "{secret}");
    }
    let again = REDACTOR.redact(&whole.text);
    assert_eq!(again.text, whole.text, "a second pass changes the text");

    let mut before = String::new();
    let mut rest = text;
    // A few cuts find as much as many, which are slow.
    for cut in cuts.iter().take(16) {
        let (piece, after) = rest.split_at(rest.floor_char_boundary(usize::from(*cut)));
        // A message shows no more after others than alone.
        let said = REDACTOR.redact_after(&before, piece);
        before = REDACTOR.tail(&before, piece);
        let alone = REDACTOR.redact(piece);
        assert!(said.kinds.is_superset(&alone.kinds), "an earlier message hides a secret");
        assert!(said.text == alone.text || said.text.contains(MARK));
        assert!(said.text.len() <= piece.len() * 11 + 1);
        rest = after;
    }
    // The second part of a split secret is replaced, whatever came before.
    let secret = SECRETS[cuts.len() % SECRETS.len()];
    let cut = cuts.first().map_or(1, |cut| 1 + usize::from(*cut) % (secret.len() - 1));
    let (first, second) = secret.split_at(cut);
    before = REDACTOR.tail(&before, &format!("{text} : {first}"));
    let second = format!("{second} :");
    let said = REDACTOR.redact_after(&before, &second);
    assert!(said.text.starts_with(MARK), "{second:?} goes out as {:?}", said.text);
});
