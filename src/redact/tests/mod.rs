mod properties;
mod redaction;
mod secrets;

use std::sync::Arc;

use super::{Redacted, Redactor, Secret};

/// Has the format of a bot token, but is none.
const TOKEN: &str = "MTQyMDA3MDQwMDAwMDAwMDAw.Gx7Qa1.k9Vw-2mZt_Rb4YcN8pLs6HdJf3XeUgT0oKqAiE";

/// A redactor for one secret.
fn redactor(value: &str) -> Arc<Redactor> {
    Arc::new(Redactor::new(&[Secret::new("canary", value)]))
}

fn redacted(redactor: &Redactor, text: &str) -> String {
    redactor.redact(text).text.into_owned()
}

/// Redacts `text`, which follows `before`, and appends it to `before`.
fn next<'a>(redactor: &Redactor, before: &mut String, text: &'a str) -> Redacted<'a> {
    let redacted = redactor.redact_after(before, text);
    *before = redactor.tail(before, text);
    redacted
}
