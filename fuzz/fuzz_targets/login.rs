//! The file of the CLI's login: any content is read, and its tokens do not go out.

#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use switchboard::redact::{MARK, Redactor, secrets::of_login};

/// The strings under keys that name a token.
fn tokens<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    match value {
        Value::Object(fields) => {
            for (key, value) in fields {
                match value {
                    Value::String(text) if ["accessToken", "refreshToken", "apiKey"].contains(&key.as_str()) => {
                        found.push(text);
                    }
                    other => tokens(other, found),
                }
            }
        }
        Value::Array(values) => values.iter().for_each(|value| tokens(value, found)),
        _ => {}
    }
}

fuzz_target!(|json: &str| {
    let secrets = of_login(json);
    for secret in &secrets {
        assert!(secret.name().starts_with("the CLI's login"));
    }
    let Ok(login) = serde_json::from_str::<Value>(json) else {
        assert!(secrets.is_empty());
        return;
    };
    let mut found = Vec::new();
    tokens(&login, &mut found);
    assert!(found.len() <= secrets.len(), "a token is missing");
    // A redactor for many is slow to build.
    let few = &secrets[..secrets.len().min(8)];
    let redactor = Redactor::new(few);
    if few.len() == secrets.len() {
        for token in found {
            // A token that is part of the mark, or contains it, cannot be told from the mark.
            let is_mark = MARK.contains(token) || token.contains(MARK);
            let is_searched_for = token.trim().chars().count() >= 8;
            if is_searched_for && !is_mark {
                let said = redactor.redact(token);
                assert!(!said.kinds.is_empty() && !said.text.contains(token), "{token:?} goes out");
            }
        }
    }
});
