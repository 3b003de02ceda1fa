//! What a person types, and what a slash command brings: read the same way, or left to Claude.

#![no_main]

use libfuzzer_sys::fuzz_target;
use switchboard::{
    command::{from_slash, parse, resolve_model},
    snowflake::UserId,
};

const BOT: UserId = UserId(1_100_000_000_000_000_009);
const MENTIONS: [&str; 2] = ["<@1100000000000000009>", "<@!1100000000000000009>"];

fuzz_target!(|input: (&str, &str, &str)| {
    let (text, option, value) = input;
    let read = parse(text, BOT);
    // White space around a message and mentions of the bot in front of it change nothing.
    assert_eq!(parse(&format!(" <@{BOT}> {text}\n"), BOT), read);
    if let Ok(Some(_)) = read {
        let mut line = text.trim();
        while let Some(after) = MENTIONS.iter().find_map(|mention| line.strip_prefix(mention)) {
            line = after.trim_start();
        }
        assert!(!line.contains('\n'), "a command of several lines");
        assert!(line.starts_with('!'), "a command without its mark");
    }
    if let Err(error) = read {
        // It is shown in the channel.
        assert!(!error.to_string().is_empty());
    }
    let slash = from_slash(text, &[(option, value)]);
    if let (Ok(slash), Ok(Some(typed))) = (slash, parse(&format!("!{text} {value}"), BOT)) {
        assert_eq!(slash, typed, "the twin of a typed command differs from it");
    }
    let models = [option.to_owned(), value.to_owned()];
    if let Ok(model) = resolve_model(text, &models) {
        assert!(models.iter().any(|listed| listed == model));
    }
});
