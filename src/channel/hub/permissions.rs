//! Channels in which the bot lacks a permission. Nothing is asked there until it is granted.

use std::collections::HashSet;

use super::{Hub, PostingBlock};
use crate::{
    channel::{
        QueueItem, Source, messages,
        notices::Notice,
        state::{Event, Unavailable},
    },
    chat::{ChatOp, PostFailure},
    snowflake::{ChannelId, GuildId},
};

impl Hub {
    /// A post was refused. The admins are told once, until the permission is granted.
    pub(super) fn note_forbidden(&mut self, channel: ChannelId, why: PostFailure) {
        let PostFailure::Forbidden(missing) = why else {
            return;
        };
        if self.forbidden.contains_key(&channel) {
            return;
        }
        self.forbidden.insert(channel, PostingBlock::Refused);
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
        self.tell_admins(Notice {
            channel: Some(channel),
            text: messages::permission_missing(channel, permission),
        });
    }

    pub(super) fn granted(&mut self, guild: GuildId, channel: Option<ChannelId>) {
        tracing::debug!(%guild, ?channel, "permissions may have changed");
        let directory = &self.shared.directory;
        let is_meant = |it: &ChannelId| {
            let place = directory.place(*it);
            let of = place.as_ref().and_then(|place| place.guild);
            let parent = place.as_ref().and_then(|place| place.parent);
            of.is_none_or(|of| of == guild)
                && channel.is_none_or(|changed| *it == changed || parent == Some(changed))
        };
        let known: HashSet<_> = self.forbidden.keys().chain(self.actors.keys()).collect();
        let meant = known.into_iter().copied().filter(is_meant);
        for channel in meant.collect::<Vec<_>>() {
            if self.forbidden.contains_key(&channel) {
                self.try_posting(channel);
            } else {
                self.shared.outbox.send(ChatOp::Unblock { channel });
            }
        }
    }

    /// Finds out whether the bot may post in a channel. Items wait for the answer.
    pub(super) fn try_posting(&mut self, channel: ChannelId) {
        let block = self
            .forbidden
            .entry(channel)
            .or_insert(PostingBlock::Refused);
        if matches!(block, PostingBlock::Refused) {
            *block = PostingBlock::Asking(Vec::new());
        }
        self.shared.outbox.send(ChatOp::TryPosting { channel });
    }

    /// Runs what has waited, if the bot may post in the channel.
    pub(super) fn unblocked(&mut self, channel: ChannelId, may_post: bool) {
        let Some(block) = self.forbidden.remove(&channel) else {
            return;
        };
        if may_post {
            self.send(channel, Event::PostingAllowed);
        } else {
            self.forbidden.insert(channel, PostingBlock::Refused);
        }
        let PostingBlock::Asking(items) = block else {
            return;
        };
        for item in items {
            if let Some(item) = self.postable(item) {
                self.queue(item);
            }
        }
    }

    /// The item, unless it would ask Claude for an answer that cannot be posted.
    pub(super) fn postable(&mut self, item: QueueItem) -> Option<QueueItem> {
        let channel = item.place.channel;
        match self.forbidden.get_mut(&channel) {
            Some(PostingBlock::Asking(items)) if item.request.begins_turn() => items.push(item),
            Some(PostingBlock::Refused) if item.request.begins_turn() => {
                tracing::warn!(%channel, "not run: the bot lacks a permission in this channel");
                if let Source::Retry { press } = item.source {
                    let why = Unavailable::NotFetched;
                    self.tell(channel, Event::RetryUnavailable { press, why });
                }
            }
            _ => return Some(item),
        }
        None
    }
}
