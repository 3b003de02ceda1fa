//! What Claude is told of its calls of the bot's own tools.

use crate::chat::{OpError, PostFailure};

pub(in crate::channel) const REACTED: &str = "The reaction was added.";

pub(in crate::channel) const NO_MESSAGE: &str =
    "there is no message to react to: you are not answering one now";

pub(in crate::channel) const TOO_SLOW: &str = "it took too long and was given up";

pub(in crate::channel) const STILL_POSTING: &str = "not posted yet: Discord is slow or limits the bot. It is still being \
                                                    tried, so do not send the file again";

pub(in crate::channel) fn too_many(most: usize) -> String {
    format!("more than {most} calls of these tools for one message")
}

pub(in crate::channel) fn sent(name: &str, bytes: usize) -> String {
    format!("The file was posted as {name} ({bytes} bytes).")
}

pub(in crate::channel) fn not_posted(failure: PostFailure) -> &'static str {
    match failure {
        PostFailure::Refused => {
            "not posted: Discord refused the file. It may be too large, or the bot may not attach files here"
        }
        PostFailure::ChannelGone => "not posted: the channel does not exist any more",
        PostFailure::ShuttingDown => "not posted: the bot is shutting down",
        PostFailure::WithoutFiles => {
            "not posted: the bot may not attach files here. Its caption was posted, with a note about that"
        }
        PostFailure::Forbidden(_) => "not posted: the bot lacks a permission in this channel",
    }
}

pub(in crate::channel) fn not_read(error: OpError) -> &'static str {
    match error {
        OpError::Forbidden => "the bot may not read this channel's history",
        OpError::NotFound => "the channel does not exist any more",
        OpError::Invalid | OpError::Failed => {
            "Discord did not return the messages; try again later"
        }
    }
}

pub(in crate::channel) fn not_reacted(error: OpError) -> &'static str {
    match error {
        OpError::Forbidden => "not added: the bot may not add reactions in this channel",
        OpError::NotFound => "not added: the message was deleted",
        OpError::Invalid => "not added: Discord does not know this emoji",
        OpError::Failed => "not added: Discord did not answer; try again later",
    }
}
