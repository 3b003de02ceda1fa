//! The answer to `!context` that waits for the CLI.

use crate::{chat::PostKey, snowflake::MessageId};

#[derive(Debug)]
pub(super) struct ContextPost {
    pub(super) key: PostKey,
    pub(super) reply_to: Option<MessageId>,
    pub(super) text: String,
}
