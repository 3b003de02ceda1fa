//! Finds secrets in text on its way out and replaces them.
//!
//! Pure. A [`Redactor`] is built once from the known [`secrets`]. It finds their exact values and the plain encodings
//! of them (`spellings`), plus tokens of well-known formats whose values it cannot know (`shapes`), and replaces each
//! with [`MARK`].
//!
//! # How it works
//!
//! Each secret, some of its parts and every encoding of them are patterns of one Aho-Corasick automaton, so a text is
//! searched for all of them in one linear pass, whatever their number. ASCII letters match in either case. The shapes
//! are regular expressions. Matches that overlap are replaced by a single mark.
//!
//! A secret may be split across two consecutive messages. [`Redactor::redact_after`] also searches the boundary, given
//! the end of what was posted before. [`StreamRedactor`] keeps that end for its caller.
//!
//! Redaction guards against accidents, not against intent: a model can be talked into a spelling that is not searched
//! for. The sandbox is what keeps secrets away from the CLI.

mod redactor;
pub mod secrets;
mod shapes;
mod spellings;
mod stream;
#[cfg(test)]
mod tests;

pub use redactor::{Kind, MARK, Redacted, Redactor};
pub use secrets::Secret;
pub use stream::StreamRedactor;
