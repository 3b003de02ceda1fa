//! The file of the CLI's login: whatever stands there is read, and its tokens do not go out.

#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use switchboard::redact::{MARK, Redactor, secrets::of_login};

/// The strings under keys that surely name a token.
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
    assert!(found.len() <= secrets.len(), "a token is passed over");
    // A few of them take their time already.
    let few = &secrets[..secrets.len().min(8)];
    let redactor = Redactor::new(few);
    if few.len() == secrets.len() {
        for token in found {
            let letters = token.bytes().filter(u8::is_ascii_alphanumeric).count();
            // What stands in a secret's place hides none that is made of it, nor one that is made with it.
            let is_mark = MARK.contains(token) || token.contains(MARK);
            if token.is_ascii() && letters >= 8 && token.len() <= 256 && !is_mark {
                let said = redactor.redact(token);
                assert!(!said.kinds.is_empty() && !said.text.contains(token), "{token:?} goes out");
            }
        }
    }
});
