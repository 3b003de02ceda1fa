//! Wraps a message in markers that its author cannot forge.
//!
//! The model gets each message as text blocks: a heading with the opening marker, the author's unchanged text, the closing
//! marker. The text cannot forge a marker, because each message's markers have a new random ID. As the middle block, it is
//! also safe from the CLI, which expands `@path` only in the last text block and a leading `/` only in the first (measured
//! on CLI 2.1.197, 2.1.329 and 2.1.332).
//!
//! The heading names the author and what the message refers to: the message it replies to, forwarded messages, the
//! thread, the files. Other people chose those texts and names, so each one is [sanitized](sanitize()), quoted on one line
//! and limited in length. The texts of files, and what was said in the channel before, stand between the heading and the
//! opening marker, between markers of their own with the same ID.
//!
//! Pure, and independent of Discord and the CLI's protocol.

mod around;
mod confusables;
mod content;
mod context;
mod excerpt;
mod marker;
mod sanitize;
mod speaker;
mod unwrap;
mod wrap;

pub use around::{
    LostQuote, Meanwhile, Named, NamedKind, Quote, Wanted, has_only_mentions, named_ids,
};
pub use content::{FileContent, Media, UnseenReason};
pub use context::{Context, File, FileOrigin, FileState, SkipReason, as_one_text};
pub use excerpt::{Excerpt, ExcerptMessage};
pub use marker::MarkerId;
pub use sanitize::{Layout, is_blank, sanitize};
pub use speaker::{Role, Speaker};
pub use unwrap::{Unwrapped, unwrap};
pub use wrap::{REBUILT, wrap};

#[cfg(test)]
mod tests;
