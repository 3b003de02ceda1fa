//! Replaces secrets in outgoing text with [`MARK`]. Pure.
//!
//! A [`Redactor`] finds the known [`secrets`], their plain encodings (`spellings`), and tokens of well-known formats
//! (`shapes`). The secrets, some of their parts, and all encodings are patterns of one Aho-Corasick automaton, so a text is
//! searched in one linear pass, whatever their number. ASCII letters match in both cases. The shapes are regular
//! expressions. Overlapping matches are replaced by a single mark.
//!
//! A secret may be split across two consecutive messages. [`Redactor::redact_after`] also searches the boundary, given
//! the end of what was posted before ([`Redactor::tail`]).
//!
//! Redaction guards against accidents, not against intent: a model can be made to use an encoding that is not searched.
//! The sandbox keeps secrets away from the CLI.

mod cut;
mod file;
mod redactor;
pub mod secrets;
mod shapes;
mod spellings;
#[cfg(test)]
mod tests;

pub use cut::cut;
pub use redactor::{Kind, MARK, Redacted, Redactor};
pub use secrets::Secret;
