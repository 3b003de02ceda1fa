//! Creates, edits and deletes messages, however long that takes.

#[cfg(test)]
mod tests;

use std::time::Duration;

use chrono::TimeDelta;

use super::page::{self, Page};
use crate::{
    chat::PostFailure,
    discord::rest::{Call, Failed, Rest},
    snowflake::{ChannelId, MessageId},
};

/// How long a create is tried before the message is looked for in the channel. Discord takes two sends of one nonce for
/// one if the second comes within "the past few minutes" (its developer docs, "Create Message"): this is surely within
/// them.
const NONCE_LIFETIME: Duration = Duration::from_mins(2);

/// How many messages are looked through for one that may have been sent.
const LOOKED_THROUGH: u8 = 100;

/// How far Discord's clock is taken to be behind what its answers have told.
const SKEW: TimeDelta = TimeDelta::seconds(10);

/// How long an edit or a deletion is tried. The next version of the post tries again.
const EDIT_TIMEOUT: Duration = Duration::from_secs(30);

/// How long typing may wait for a limit to pass: it is shown again anyway, and must not hold up a message.
const TYPING_WAITS: Duration = Duration::ZERO;

/// Discord's code for a message that does not exist (its developer docs, "JSON error codes").
const UNKNOWN_MESSAGE: u64 = 10_008;

/// Discord's code for a channel that does not exist.
const UNKNOWN_CHANNEL: u64 = 10_003;

/// Sends to one channel.
#[derive(Clone)]
pub(super) struct Sender {
    pub(super) rest: Rest,
    pub(super) channel: ChannelId,
    /// [`NONCE_LIFETIME`], or less in a test.
    nonce_lifetime: Duration,
}

impl Sender {
    pub(super) fn new(rest: Rest, channel: ChannelId) -> Self {
        Self {
            rest,
            channel,
            nonce_lifetime: NONCE_LIFETIME,
        }
    }

    /// Creates a message, as a reply if it may be one.
    pub(super) async fn create(&self, page: &Page, nonce: &str) -> Result<MessageId, Failed> {
        match self.try_create(page, nonce).await {
            // Where the bot may not read the history it may not reply, but it may still speak.
            Err(failed) if page.reply_to.is_some() && matches!(failed.status, Some(400 | 403)) => {
                let channel = self.channel;
                tracing::debug!(%channel, reason = failed.reason, "posted without replying");
                let page = Page {
                    reply_to: None,
                    notify: false,
                    ..page.clone()
                };
                self.try_create(&page, nonce).await
            }
            created => created,
        }
    }

    /// Creates a message. Only a rejection for good ends it, or the bot's own shutdown.
    async fn try_create(&self, page: &Page, nonce: &str) -> Result<MessageId, Failed> {
        let channel = self.channel;
        let call = Call::create_message(channel, &page::create(channel, page, nonce), &page.files)
            .patience(self.nonce_lifetime)
            .outlasts_limits();
        loop {
            let since = MessageId::at(self.rest.time() - SKEW);
            let failed = match self.rest.send_for_id(&call).await {
                Ok(id) => return Ok(id),
                Err(failed) if failed.may_pass => failed,
                Err(failed) => return Err(failed),
            };
            tracing::error!(%channel, reason = failed.reason, "a message waits: Discord does not accept it");
            // The answer may have been lost, and the nonce has expired.
            if let Some(id) = self.find(since, page).await? {
                return Ok(id);
            }
        }
    }

    /// Looks for a message that may stand in the channel already, until that can be told. Where it never can be, as
    /// where the bot may not read, it is taken not to.
    async fn find(&self, since: MessageId, page: &Page) -> Result<Option<MessageId>, Failed> {
        let channel = self.channel;
        loop {
            let look = self
                .rest
                .messages_after_limits(channel, Some(since), LOOKED_THROUGH);
            match look.await {
                Ok(found) => {
                    let found = found.iter().find(|found| page.is(found));
                    return Ok(found.map(|found| MessageId(found.id.get())));
                }
                Err(failed) if failed.at_the_end => return Err(failed),
                // That was tried for its whole patience.
                Err(failed) if failed.may_pass => {}
                Err(failed) => {
                    tracing::warn!(
                        %channel,
                        reason = failed.reason,
                        "a message that may stand there already cannot be looked for; it is sent again"
                    );
                    return Ok(None);
                }
            }
        }
    }

    /// Edits a message of the bot's.
    pub(super) async fn edit(
        &self,
        message: MessageId,
        from: Option<&Page>,
        page: &Page,
    ) -> Result<(), Failed> {
        let files = if page::changes_files(from, page) {
            page.files.as_slice()
        } else {
            &[]
        };
        let call = Call::edit_message(self.channel, message, &page::edit(from, page), files);
        self.rest.send(&call.patience(EDIT_TIMEOUT)).await.map(drop)
    }

    /// Deletes a message of the bot's.
    pub(super) async fn delete(&self, message: MessageId) -> Result<(), Failed> {
        let call = Call::delete_message(self.channel, message).patience(EDIT_TIMEOUT);
        self.rest.send(&call).await.map(drop)
    }

    /// Shows that the bot is typing, for 10 s or until its next message.
    pub(super) async fn typing(&self) -> Result<(), Failed> {
        let call = Call::typing(self.channel).once(TYPING_WAITS);
        self.rest.send(&call).await.map(drop)
    }
}

/// Whether a failure says that the message does not exist any more.
pub(super) fn is_message_gone(failed: &Failed) -> bool {
    failed.status == Some(404) && failed.code == UNKNOWN_MESSAGE
}

/// What the channel is told of a failure.
pub(super) fn post_failure(failed: &Failed) -> PostFailure {
    if failed.at_the_end {
        PostFailure::ShuttingDown
    } else if failed.status == Some(404) && failed.code == UNKNOWN_CHANNEL {
        PostFailure::ChannelGone
    } else {
        PostFailure::Refused
    }
}
