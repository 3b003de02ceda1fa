//! The direct messages in which channels ask approvers.

use std::collections::{BTreeSet, HashMap};

use crate::snowflake::ChannelId;

/// The direct messages in which channels ask.
#[derive(Debug, Default)]
pub(super) struct Directs {
    /// Per channel whose approvers are being reached: how many are left, and where the others can be asked.
    pub(super) reaching: HashMap<ChannelId, (usize, Vec<ChannelId>)>,
    /// Per direct-message channel: which channels have asked there.
    pub(super) homes: HashMap<ChannelId, BTreeSet<ChannelId>>,
}
