//! Names of files, for the fuzz targets.

use super::name;
use crate::snowflake::MessageId;

/// What a file is called in the workspace.
#[must_use]
pub fn name(message: MessageId, number: usize, called: &str) -> String {
    name::of(message, number, called)
}

/// The message and the number that a file of the folder is from, if it was made by the bot.
#[must_use]
pub fn origin(name: &str) -> Option<(u64, u32)> {
    name::origin(name)
}
