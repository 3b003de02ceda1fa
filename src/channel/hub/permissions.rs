//! Channels in which the bot lacks a permission. Nothing is asked there until it is granted.

use super::Hub;
use crate::{
    channel::{QueueItem, messages},
    chat::{ChatOp, OpError, OpId, OpResult, PostFailure},
    snowflake::{ChannelId, GuildId, UserId},
};

impl Hub {
    /// A post was refused. The admins are told once, until the permission is granted.
    pub(super) fn note_forbidden(&mut self, channel: ChannelId, why: PostFailure) {
        let PostFailure::Forbidden(missing) = why else {
            return;
        };
        if !self.forbidden.insert(channel) {
            return;
        }
        let view = self.shared.registry.view();
        let record = view.get(channel);
        let record = record.as_ref();
        let name = record.and_then(|record| record.channel_name.clone());
        let is_thread = self.shared.directory.parent(channel).is_some();
        let permission = missing.name(is_thread);
        tracing::error!(%channel, name, permission, "the bot lacks a permission here: nothing is run until it is granted");
        // It has been told before the bot was restarted.
        if record.is_some_and(|record| record.state.missing_permission.is_some()) {
            return;
        }
        let policy = &self.intake.policy;
        let admins = policy.owners.union(&policy.admins).copied();
        for admin in admins.collect::<Vec<UserId>>() {
            let text = messages::permission_missing(channel, permission);
            let id = OpId::Warning(admin);
            self.warnings.insert((channel, id), text);
            self.shared.outbox.send(ChatOp::OpenDirectMessage {
                id,
                channel,
                user: admin,
            });
        }
    }

    /// Sends a warning once its channel is open.
    pub(super) fn warn(
        &mut self,
        channel: ChannelId,
        id: OpId,
        result: &Result<OpResult, OpError>,
    ) {
        let Some(text) = self.warnings.remove(&(channel, id)) else {
            return;
        };
        match result {
            Ok(OpResult::DirectMessage(direct)) => self.say(*direct, text),
            _ => tracing::warn!(%channel, "failed to tell an admin of a missing permission"),
        }
    }

    pub(super) fn granted(&mut self, guild: GuildId, channel: Option<ChannelId>) {
        tracing::debug!(%guild, ?channel, "permissions may have changed");
        let directory = &self.shared.directory;
        let is_meant = |it: &ChannelId| {
            channel.is_none_or(|changed| *it == changed || directory.parent(*it) == Some(changed))
        };
        for channel in self.forbidden.extract_if(is_meant) {
            self.shared.outbox.send(ChatOp::Unblock { channel });
        }
    }

    /// Whether an item would ask Claude for an answer that cannot be posted.
    pub(super) fn is_unpostable(&self, item: &QueueItem) -> bool {
        item.request.begins_turn() && self.forbidden.contains(&item.place.channel)
    }
}
