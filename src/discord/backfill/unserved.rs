//! Finds what was missed in channels of which the bot has no record, such as the first mention in a channel.

use std::sync::Arc;

use serenity::all::GuildChannel;

use super::{
    Backfill, SKEW,
    round::{LONGEST_HOLD, Request},
    schedule::Told,
};
use crate::{
    discord::ingress::Ingress,
    snowflake::{ChannelId, MessageId},
};

impl Backfill {
    /// Discord describes a channel, as it is in this session. `may_read` says whether the bot may read its messages.
    pub(crate) fn described(
        self: &Arc<Self>,
        channel: &GuildChannel,
        may_read: bool,
        ingress: &Arc<Ingress>,
    ) {
        let id = channel.id.into();
        let last = channel.last_message_id.map(Into::into);
        self.tell(Told::Channel(id, last));
        let parent = self.history.directory.parent(id);
        let settings = ingress.settings.now();
        let policy = &settings.intake.policy;
        if may_read
            && policy.is_listed_place(channel.guild_id.into(), id, parent)
            && let Some(last) = last
            && let Some(request) = self.hold_unserved(id, last)
        {
            let (backfill, its) = (Arc::clone(self), Arc::clone(ingress));
            ingress.spawn(async move { backfill.catch_up(id, request, &its).await });
        }
    }

    /// Holds a channel's messages if `last`, its newest one, was missed and the round does not ask for it.
    fn hold_unserved(&self, channel: ChannelId, last: MessageId) -> Option<Request> {
        if self.bounds.max_messages == 0 {
            return None;
        }
        let now = self.history.rest.time();
        let since = (*self.last_connected.get()?).max(now - self.bounds.max_age);
        let mut buffer = self.buffer();
        // So for nearly all channels at a start: no record is read for them.
        if buffer.fetched_after(channel).is_some() {
            return None;
        }
        let record = self.registry.view().get(channel);
        let known = [
            Some(MessageId::at(since.min(now) - SKEW)),
            record.and_then(|record| record.known_up_to()),
            buffer.newest_delivered_in(channel),
        ];
        let after = known.into_iter().flatten().max()?;
        if last <= after {
            return None;
        }
        let (hold, after) = buffer.begin_fetch(channel, after);
        Some(Request { hold, after })
    }

    async fn catch_up(&self, channel: ChannelId, request: Request, ingress: &Ingress) {
        let Request { hold, after } = request;
        let fetch = async {
            // It is never closed.
            let _turn = self.unserved.acquire().await;
            self.fetch(channel, after).await
        };
        tokio::pin!(fetch);
        let found = match tokio::time::timeout(LONGEST_HOLD, &mut fetch).await {
            Ok(found) => found,
            Err(_) => {
                ingress.release(channel, hold);
                fetch.await
            }
        };
        let record = self.registry.view().get(channel);
        self.settle((channel, hold), found, record.as_ref(), ingress)
            .await;
    }
}
