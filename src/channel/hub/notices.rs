//! What admins are told.

use super::Hub;
use crate::{
    channel::notices::Notice,
    chat::{ChatOp, OpError, OpId, OpResult, Post, PostKey, PostState},
    config::NotifyAdmins,
    snowflake::{ChannelId, UserId},
};

impl Hub {
    /// Tells the owners and admins, where the configuration says so.
    pub(super) fn tell_admins(&mut self, notice: Notice) {
        let Notice { channel, text } = notice;
        let intake = self.intake();
        // In direct messages somebody who is no admin would read it.
        let is_in_guild = |channel| matches!(self.shared.directory.guild(channel), Some(Some(_)));
        let here = channel.filter(|it| is_in_guild(*it) && !self.forbidden.contains_key(it));
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
                    let key = PostKey::new(&uuid::Uuid::new_v4().to_string());
                    self.warned.insert(key.clone(), text.clone());
                    self.shared.outbox.put(*direct, key, Post::text(text));
                }
            }
            _ => {
                tracing::warn!(%user, ?result, "an admin cannot be written to");
                for text in texts {
                    self.keep_for_admin(&text);
                }
            }
        }
    }

    /// Notes how the post of such a text stands.
    pub(super) fn note_warned(&mut self, key: &PostKey, state: PostState) {
        if state == PostState::Growing {
            return;
        }
        if let Some(text) = self.warned.remove(key)
            && let PostState::Failed(why) = state
        {
            tracing::warn!(?why, "an admin cannot be written to");
            self.keep_for_admin(&text);
        }
    }

    /// Keeps a text for the first admin who writes.
    fn keep_for_admin(&mut self, text: &str) {
        let kept = self.notice.get_or_insert_default();
        if kept.contains(text) {
            return;
        }
        if !kept.is_empty() {
            kept.push_str("\n\n");
        }
        kept.push_str(text);
    }
}
