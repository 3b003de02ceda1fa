//! What goes out: no secret in it, the same when it is done twice, and no more of it when it is cut.

#![no_main]

use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use switchboard::redact::{MARK, Redactor, Secret, Thread};

/// The first has few letters, so that it begins and breaks off in what the fuzzer makes up.
const SECRETS: [&str; 3] = ["abababac", "a%41.$-b.!", "MTQyMDA3MDQwMDAwMDAwMDAw.Gx7Qa1.k9Vw-2mZt_Rb4YcN8pLs6HdJf3X"];

static REDACTOR: LazyLock<Arc<Redactor>> = LazyLock::new(|| {
    let secrets = SECRETS.map(|value| Secret::new("canary", value));
    Arc::new(Redactor::new(&secrets))
});

fuzz_target!(|input: (&[u8], &str)| {
    let (cuts, text) = input;
    let whole = REDACTOR.redact(text);
    assert!(whole.text == text || !whole.kinds.is_empty());
    for secret in SECRETS {
        assert!(!whole.text.to_lowercase().contains(&secret.to_lowercase()), "{secret}");
    }
    let again = REDACTOR.redact(&whole.text);
    assert_eq!(again.text, whole.text, "twice is not once");

    let mut thread = Thread::new(Arc::clone(&REDACTOR));
    let mut rest = text;
    // A few cuts go as far as many do, and many take their time.
    for cut in cuts.iter().take(16) {
        let (piece, after) = rest.split_at(rest.floor_char_boundary(usize::from(*cut)));
        // A message of a thread shows no more than it does by itself.
        let said = thread.redact(piece);
        let alone = REDACTOR.redact(piece);
        assert!(said.kinds.is_superset(&alone.kinds), "what was said before hides something");
        assert!(said.text == alone.text || said.text.contains(MARK));
        assert!(said.text.len() <= piece.len() * 11 + 1);
        rest = after;
    }
    // Of a secret that is cut in two, the second part stays in, whatever was said before.
    let secret = SECRETS[cuts.len() % SECRETS.len()];
    let cut = cuts.first().map_or(1, |cut| 1 + usize::from(*cut) % (secret.len() - 1));
    let (first, second) = secret.split_at(cut);
    drop(thread.redact(&format!("{text} : {first}")));
    let said = thread.redact(&format!("{second} :"));
    let letters = second.bytes().filter(u8::is_ascii_alphanumeric).count();
    assert!(letters == 0 || said.text.starts_with(MARK), "{second:?} goes out as {:?}", said.text);
});
