//! A form in which a question about a message is written.

use crate::{
    chat::{ChatMessage, ControlId},
    snowflake::{ChannelId, UserId},
};

/// A message about which somebody is writing a question.
#[derive(Debug)]
pub(super) struct AskForm {
    pub(super) id: ControlId,
    pub(super) by: UserId,
    pub(super) channel: ChannelId,
    pub(super) message: Box<ChatMessage>,
    pub(super) link: String,
}
