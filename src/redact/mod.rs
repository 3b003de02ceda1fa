//! What must not leave: the secrets that the bot and its children hold, found in any text on its way out.
//!
//! Pure. A [`Redactor`] is built once, from the secrets themselves ([`secrets`]); it finds them plain, in other case,
//! spelt with anything between their letters, escaped, reversed, or in one of the encodings of `form`, and it
//! knows the shapes of well-known tokens whose values it cannot know (`shape`). What it finds becomes [`MARK`].
//!
//! # Theory of operation
//!
//! A text is read as its letters and digits, lower case, with their places (`view`): so case, spaces, zero-width
//! characters, markdown and line breaks between them make no difference. Each form of each secret is brought down to
//! letters the same way, and looked up by its first eight. A second view reads escapes (`%41`, `\u0041`, `&#65;`)
//! for what they stand for. What is found is a range of the text; ranges that overlap become one mark.
//!
//! [`Thread`] redacts messages that follow one another and keeps nothing back: a secret cut across two of them loses
//! its rest, and of a long key no half stands in the first of them either.
//!
//! This room must not know where a text goes. It is no wall: who can talk a model into telling a secret can talk it
//! into telling it in a way that is not listed here. The wall is that the child does not have the secret.

mod form;
mod redactor;
pub mod secrets;
mod shape;
#[cfg(test)]
mod tests;
mod thread;
mod view;

pub use redactor::{Kind, MARK, Redacted, Redactor};
pub use secrets::Secret;
pub use thread::Thread;
