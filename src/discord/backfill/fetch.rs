//! What Discord answers when it is asked for messages, as the gateway would have given them.

use serenity::all::Message;

use super::{Backfill, plan::go_on};
use crate::{
    discord::rest::Failed,
    snowflake::{ChannelId, MessageId},
};

/// How many pages of 100 messages are read of one channel.
const MOST_PAGES: usize = 50;

/// Messages on a page.
const PAGE: u8 = 100;

impl Backfill {
    /// A channel's messages after one, oldest first, as the gateway would have given them, and whether these are all
    /// that there were.
    pub(super) async fn fetch(
        &self,
        channel: ChannelId,
        after: MessageId,
    ) -> Result<(Vec<Message>, bool), Failed> {
        let mut messages = Vec::new();
        let mut last = after;
        let (mut is_last, mut is_all) = (false, true);
        for number in 1..=MOST_PAGES {
            let page = self
                .history
                .rest
                .messages_after(channel, Some(last), PAGE)
                .await?;
            is_last = page.len() < usize::from(PAGE);
            if let Some(newest) = page.last() {
                last = MessageId(newest.id.get());
            }
            messages.extend(page);
            if is_last {
                break;
            }
            let is_skipping;
            (last, is_skipping) = go_on(number, last, &self.bounds, self.history.rest.time());
            is_all &= !is_skipping;
        }
        if !messages.is_empty() {
            self.history.complete(channel, &mut messages).await?;
        }
        Ok((messages, is_all && is_last))
    }
}
