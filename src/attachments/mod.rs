//! Fetches the files of messages from Discord's file servers into the channel's workspace.
//!
//! `file_server` decides which URLs are fetched, `resolver` which machines a connection may go to, `name` derives a file name
//! from the sender's, `store` is the folder, `fetch` does the rest. Only Discord's two file servers are asked, over HTTPS,
//! without redirects, proxies or cookies. The owner sets every limit: size, number, time, space.
//!
//! `content` decides what the message itself holds of a saved file: `kind` tells what it is, `image` prepares a picture,
//! `pdf` checks a PDF, `transcriber` has a voice message transcribed.
//!
//! This module does not know serenity, nor what Claude does with a file.

mod content;
mod fetch;
mod file_server;
mod image;
mod kind;
mod name;
mod pdf;
mod resolver;
mod store;
mod transcriber;

pub use fetch::Attachments;
pub use file_server::FileServer;
pub(crate) use name::clean as clean_name;
pub(crate) use name::message_of;
pub use resolver::is_public;
pub(crate) use store::FOLDER;
pub use transcriber::Transcriber;

/// File names and contents, for the fuzz targets.
#[cfg(feature = "fuzzing")]
pub mod fuzzing {
    use crate::{
        external::{File, FileContent, FileOrigin, FileState},
        snowflake::MessageId,
    };

    /// What a message holds of a file.
    pub fn content(bytes: &[u8]) -> FileContent {
        let file = File {
            name: "file".to_owned(),
            media_type: None,
            size: bytes.len() as u64,
            origin: FileOrigin::Message,
            is_voice: false,
            state: FileState::Offered(String::new()),
        };
        super::content::Room::new().read(&file, std::io::Cursor::new(bytes))
    }

    /// The name of a file in the workspace.
    pub fn file_name(message: MessageId, number: usize, original: &str) -> String {
        super::name::file_name(message, number, original)
    }

    /// The message and number in the name of a file that the bot saved.
    pub fn parse(name: &str) -> Option<(u64, u32)> {
        super::name::parse(name)
    }
}
