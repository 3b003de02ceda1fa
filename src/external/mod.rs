//! Wraps a message in markers that its author cannot forge.
//!
//! Each message goes to the model as text blocks: a heading with the opening marker, the author's text, the closing
//! marker. The text stays byte for byte the same. It cannot forge a marker, because each message's markers carry a new
//! random id. As the middle block it is also safe from the CLI, which expands `@path` only in the last text block and
//! takes a leading `/` for a command only in the first (measured on CLI 2.1.197 and 2.1.329).
//!
//! The heading names the author and what the message refers to: the message it replies to, forwarded messages, the
//! thread, the files. Other people chose those texts and names, so each one goes through [`sanitize()`], stands in
//! quotes on one line, and is limited in length.
//!
//! Pure, and independent of Discord and the CLI's protocol.

mod confusables;
mod context;
mod marker;
mod sanitize;
mod speaker;
mod wrap;

pub use context::{Context, File, FileOrigin, FileState, Quote, SkipReason};
pub use marker::MarkerId;
pub use sanitize::{Layout, is_blank, sanitize};
pub use speaker::{Role, Speaker};
pub use wrap::wrap;

#[cfg(test)]
mod tests;
