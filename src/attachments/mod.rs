//! Files that come with messages: fetched from Discord's file servers into the channel's workspace.
//!
//! `source` says which addresses are fetched from at all and `public` to which machines a connection may go;
//! `name` makes a file's name out of what its sender called it, `store` is the folder, `fetch` does it. Nobody but
//! Discord's two file servers is asked, by HTTPS, without redirects, proxies or cookies; every bound (size, number,
//! time, room) is the owner's. This room must not know serenity, nor what Claude does with a file.

mod fetch;
#[cfg(feature = "fuzzing")]
pub mod fuzzing;
mod name;
mod public;
mod source;
mod store;

pub use fetch::Attachments;
pub use public::is_public;
pub use source::Source;
