//! What goes out: the same wherever it is cut, the same when it is done twice, and no secret in it.

#![no_main]

use std::sync::{Arc, LazyLock};

use libfuzzer_sys::fuzz_target;
use switchboard::redact::{Redactor, Secret, Stream, Thread};

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

    let mut stream = Stream::new(Arc::clone(&REDACTOR));
    let mut thread = Thread::new(Arc::clone(&REDACTOR));
    let mut streamed = String::new();
    let mut rest = text;
    // A few cuts go as far as many do, and many take their time.
    for cut in cuts.iter().take(16) {
        let (piece, after) = rest.split_at(rest.floor_char_boundary(usize::from(*cut)));
        streamed += &stream.push(piece);
        // A message of a thread shows no more than it does by itself.
        let said = thread.redact(piece);
        assert!(said.text.len() <= piece.len() * 11 + 1);
        rest = after;
    }
    streamed += &stream.push(rest);
    streamed += &stream.finish();
    assert_eq!(streamed, whole.text, "a cut made a difference");
    assert_eq!(*stream.kinds(), whole.kinds);
});
