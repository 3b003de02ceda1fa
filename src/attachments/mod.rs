//! Fetches the files of messages from Discord's file servers into the channel's workspace.
//!
//! `source` decides which URLs are fetched, `resolver` which machines a connection may go to, `name` derives a file name
//! from the sender's, `store` is the folder, `fetch` does the rest. Only Discord's two file servers are asked, over HTTPS,
//! without redirects, proxies or cookies. The owner sets every limit: size, number, time, space.
//!
//! This module does not know serenity, nor what Claude does with a file.

mod fetch;
mod name;
mod resolver;
mod source;
mod store;

pub use fetch::Attachments;
pub use resolver::is_public;
pub use source::Source;

/// File names, for the fuzz targets.
#[cfg(feature = "fuzzing")]
pub mod fuzzing {
    use crate::snowflake::MessageId;

    /// The name of a file in the workspace.
    #[must_use]
    pub fn file_name(message: MessageId, number: usize, original: &str) -> String {
        super::name::file_name(message, number, original)
    }

    /// The message and number in the name of a file that the bot saved.
    #[must_use]
    pub fn parse(name: &str) -> Option<(u64, u32)> {
        super::name::parse(name)
    }
}
