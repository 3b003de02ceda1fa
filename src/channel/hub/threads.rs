//! What a channel has its threads told.

use super::Hub;
use crate::{
    channel::{
        QueueItem,
        state::{Event, ShutdownStage},
    },
    registry::state::Grant,
    snowflake::ChannelId,
};

impl Hub {
    /// Takes a rule back in a channel's threads: the active ones, and those that have a copy of it.
    pub(super) fn revoke_in_threads(&mut self, channel: ChannelId, rule: &str) {
        let view = self.shared.registry.view();
        let has_rule = |grant: &Grant| grant.rule == rule;
        let with_copy = view.records().filter(|(_, record)| {
            record.state.works_in == Some(channel) && record.state.grants.iter().any(has_rule)
        });
        let mut threads = self.active_threads(channel);
        threads.extend(with_copy.map(|(thread, _)| thread));
        threads.sort_unstable();
        threads.dedup();
        for thread in threads {
            self.send(thread, Event::RevokedInChannel(rule.to_owned()));
        }
    }

    /// Has a message run in its thread. The next start does what a shutdown puts off.
    pub(super) fn hand_over(&mut self, item: QueueItem, stage: ShutdownStage) {
        let thread = item.place.channel;
        let channel = self.shared.directory.parent(thread);
        let message = item.origin.message();
        match (channel, message) {
            (Some(channel), Some(message)) if self.dedup.has_run(thread, message) => {
                self.tell(channel, Event::HandedOver(message));
            }
            _ if stage == ShutdownStage::Running => self.send(thread, Event::Requested(item)),
            _ => {}
        }
    }

    pub(super) fn active_threads(&self, channel: ChannelId) -> Vec<ChannelId> {
        let parent = |thread: &ChannelId| self.shared.directory.parent(*thread);
        let active = self.actors.keys().copied();
        active
            .filter(|thread| parent(thread) == Some(channel))
            .collect()
    }
}
