//! A person's words, set between markers that they cannot forge, and what belongs to them.
//!
//! Each message goes to the model as text blocks: a heading with the opening marker, the words themselves, the
//! closing marker. The words stay as they are, byte for byte; what keeps them from passing for a marker is the id,
//! drawn anew for each message and never guessable. Being the middle block also keeps the CLI from acting on them:
//! it expands `@path` in the last text block only, and takes a leading `/` for a command in the first (measured on
//! CLI 2.1.197 and 2.1.329).
//!
//! The heading says who speaks and shows what the words go with: the message replied to, what is forwarded, the
//! thread, the files. Other people chose those texts, names included, so each goes through [`outside()`], stands on
//! a line of ours in quotes, and is bounded.
//!
//! Pure. This module must not know Discord or the CLI's protocol.

mod context;
mod fold;
mod marker;
mod outside;
mod speaker;
mod wrap;

pub use context::{Context, Fate, File, Left, Part, Quote};
pub use marker::MarkerId;
pub use outside::{Shape, is_blank, outside};
pub use speaker::{Role, Speaker};
pub use wrap::wrap;

#[cfg(test)]
mod tests;
