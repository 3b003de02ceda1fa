mod properties;
mod redaction;
mod secrets;

use std::sync::Arc;

use super::{Redactor, Secret};

/// Has the format of a bot token, but is none.
const TOKEN: &str = "MTQyMDA3MDQwMDAwMDAwMDAw.Gx7Qa1.k9Vw-2mZt_Rb4YcN8pLs6HdJf3XeUgT0oKqAiE";

/// A redactor for one secret.
fn redactor(value: &str) -> Arc<Redactor> {
    Arc::new(Redactor::new(&[Secret::new("canary", value)]))
}

fn redacted(redactor: &Redactor, text: &str) -> String {
    redactor.redact(text).text.into_owned()
}
