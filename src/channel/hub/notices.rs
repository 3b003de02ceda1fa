//! What admins are told.

use super::Hub;
use crate::{
    channel::notices::Notice,
    chat::{ChatOp, OpError, OpId, OpResult},
    config::NotifyAdmins,
    snowflake::{ChannelId, UserId},
};

impl Hub {
    /// Tells the owners and admins, where the configuration says so.
    pub(super) fn tell_admins(&mut self, notice: Notice) {
        let Notice { channel, text } = notice;
        let intake = self.intake();
        let here = channel.filter(|channel| !self.forbidden.contains_key(channel));
        match (intake.config.discord.notify_admins, here) {
            (NotifyAdmins::Off, _) => return,
            (NotifyAdmins::Channel, Some(channel)) => return self.say(channel, text),
            _ => {}
        }
        let policy = &intake.policy;
        for &user in policy.owners.union(&policy.admins) {
            self.warnings.entry(user).or_default().push(text.clone());
            self.shared.outbox.send(ChatOp::OpenDirectMessage {
                id: OpId::Warning(user),
                channel: channel.unwrap_or(ChannelId(user.0)),
                user,
            });
        }
    }

    /// Sends what an admin is told once their channel is open.
    pub(super) fn warn(&mut self, user: UserId, result: &Result<OpResult, OpError>) {
        let Some(texts) = self.warnings.remove(&user) else {
            return;
        };
        match result {
            Ok(OpResult::DirectMessage(direct)) => {
                for text in texts {
                    self.say(*direct, text);
                }
            }
            _ => tracing::warn!(%user, ?result, "an admin cannot be written to"),
        }
    }
}
