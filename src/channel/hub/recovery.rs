//! What an earlier run of the bot left open.

use super::Hub;
use crate::{channel::state::Event, registry::Record, snowflake::ChannelId};

impl Hub {
    /// Wakes the channels in which something was left open, those that were busy last first.
    pub(super) fn recover(&mut self) {
        let view = self.shared.registry.view();
        for (channel, record) in view.records() {
            if record.state.missing_permission.is_some() {
                self.try_posting(channel);
            }
            self.learn_copies(channel, &record);
        }
        let records = view.records().filter(|(_, record)| record.needs_recovery());
        for channel in busy_last_first(records) {
            tracing::warn!(%channel, "an earlier run of the bot left a turn, a notice or a button open");
            self.send(channel, Event::Recover);
        }
    }
}

/// The channels in the order in which they shall come up.
pub(super) fn busy_last_first(
    records: impl Iterator<Item = (ChannelId, Record)>,
) -> Vec<ChannelId> {
    let mut channels: Vec<_> = records
        .map(|(channel, record)| (record.last_message_at, channel))
        .collect();
    channels.sort_by(|one, other| other.cmp(one));
    channels.into_iter().map(|(_, channel)| channel).collect()
}
