//! An answer cut into messages: none too long, none empty, no visible character lost.

#![no_main]

use libfuzzer_sys::fuzz_target;
use switchboard::discord::render::{LIMIT, split, units};

fuzz_target!(|input: (u16, &str)| {
    let (limit, text) = input;
    let limit = usize::from(limit).clamp(20, LIMIT);
    let messages = split(text, limit);
    for message in &messages {
        assert!(units(message) <= limit, "{} units of {limit}", units(message));
        assert!(!message.trim().is_empty(), "an empty message");
    }
    // Fences and quotes are closed and opened again at a cut; all else is there, in order.
    let is_markup = |c: &char| {
        c.is_whitespace() || c.is_control() || "`~>".contains(*c)
    };
    let mut sent = messages.iter().flat_map(|message| message.chars());
    for wanted in text.chars().filter(|c| !is_markup(c)) {
        assert!(sent.any(|c| c == wanted), "{wanted:?} is lost");
    }
    if units(text) <= limit && !messages.is_empty() {
        assert_eq!(messages, [text]);
    }
});
