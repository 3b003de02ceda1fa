//! What a thread has of its channel, as soon as that is known, and what it begins with if nothing has been asked in it.

use chrono::Utc;
use uuid::Uuid;

use super::Actor;
use crate::{
    channel::state::OfChannel,
    config::Threads,
    registry::{Record, settings::Settings, state::Fork},
};

impl Actor {
    /// Discord tells only after the start which channels are threads.
    pub(super) fn enter_channel(&mut self) {
        if let Some(channel) = self.shared.directory.parent(self.channel) {
            let record = self.shared.registry.view().get(channel);
            self.state.enter_channel(OfChannel {
                channel,
                settings: record.as_ref().map(Settings::of).unwrap_or_default(),
                beginning: None,
            });
        }
    }

    /// The branch for which the thread was created, if the bot was killed before the thread had a record. Otherwise the
    /// channel's session, if the configuration says so. `None` for an empty session.
    pub(super) fn beginning(&self) -> Option<Record> {
        let place = self.shared.directory.place(self.channel)?;
        let parent = place.parent?;
        let thread = (self.channel, place.name.as_deref());
        let view = self.shared.registry.view();
        let branched = view.records_with("branches").find_map(|(channel, record)| {
            let fork = record.state.branch_of(parent, thread)?.fork.clone();
            Some((channel, record, fork))
        });
        let (channel, record, fork): (_, Record, Fork) = match branched {
            Some(branched) => branched,
            None if self.settings.config().discord.threads == Threads::Fork => {
                let record = view.get(parent)?;
                let fork = record.fork_point()?;
                (parent, record, fork)
            }
            None => return None,
        };
        let works_in = record.state.works_in.unwrap_or(channel);
        let id = Uuid::new_v4().to_string();
        Some(record.thread(id, fork, works_in, channel != parent, Utc::now()))
    }
}
