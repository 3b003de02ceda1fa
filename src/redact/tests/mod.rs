//! What holds of any text and any secret.

mod encodings;
mod properties;

use std::sync::Arc;

use super::{Redactor, Secret};

/// Shaped like a bot token, and none.
const TOKEN: &str = "MTQyMDA3MDQwMDAwMDAwMDAw.Gx7Qa1.k9Vw-2mZt_Rb4YcN8pLs6HdJf3XeUgT0oKqAiE";

/// A redactor for one secret.
fn redactor(value: &str) -> Arc<Redactor> {
    Arc::new(Redactor::new(&[Secret::new("canary", value)]))
}

fn redacted(redactor: &Redactor, text: &str) -> String {
    redactor.redact(text).text.into_owned()
}
