//! What a thread has of its channel.

use crate::{
    registry::{Record, settings::Settings},
    snowflake::ChannelId,
};

/// A thread's channel.
#[derive(Debug)]
pub(crate) struct OfChannel {
    pub(crate) channel: ChannelId,
    pub(crate) settings: Settings,
    /// What the thread begins with, if nothing has been asked in it.
    pub(crate) beginning: Option<Box<Record>>,
}
