//! Creates, edits and deletes messages, however long that takes.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use chrono::TimeDelta;

use super::page::{self, Page};
use crate::{
    chat::{MissingPermission, PostFailure},
    discord::{
        history::History,
        rest::{Call, Class, Failed, Rest, Route, route},
    },
    snowflake::{ChannelId, MessageId, UserId},
};

/// How long a create is tried before the message is looked for in the channel. Discord drops a second message with the
/// same nonce "in the past few minutes" (its developer docs, "Create Message"), which is certainly longer than this.
const NONCE_LIFETIME: Duration = Duration::from_mins(2);

/// How many messages are searched for one that may have been sent.
const SEARCHED: u8 = 100;

/// How far Discord's clock may be behind the time in its answers.
const SKEW: TimeDelta = TimeDelta::seconds(10);

/// How long an edit or a deletion is tried. The post's next version tries again.
const EDIT_TIMEOUT: Duration = Duration::from_secs(30);

/// How long typing may wait for a rate limit. It is shown again anyway, and must not delay a message.
const TYPING_WAITS: Duration = Duration::ZERO;

// Discord's codes for what does not exist (its developer docs, "JSON error codes").
const UNKNOWN_MESSAGE: u64 = 10_008;
const MISSING_ACCESS: u64 = 50_001;
const THREAD_ARCHIVED: u64 = 50_083;
const THREAD_LOCKED: u64 = 160_005;
const MISSING_PERMISSIONS: u64 = 50_013;
const NO_REPLY_WITHOUT_HISTORY: u64 = 160_002;

/// Sends to one channel.
#[derive(Clone)]
pub(super) struct Sender {
    pub(super) rest: Rest,
    pub(super) channel: ChannelId,
    /// The bot's own user.
    bot: Arc<AtomicU64>,
    /// [`NONCE_LIFETIME`], except in tests.
    nonce_lifetime: Duration,
}

impl Sender {
    pub(super) fn new(history: &History, channel: ChannelId) -> Self {
        Self {
            rest: history.rest.clone(),
            channel,
            bot: Arc::clone(&history.bot),
            nonce_lifetime: NONCE_LIFETIME,
        }
    }

    /// The routes that create, edit and delete messages.
    pub(super) fn routes(&self) -> [Route; 3] {
        [
            route::CREATE_MESSAGE,
            route::EDIT_MESSAGE,
            route::DELETE_MESSAGE,
        ]
        .map(|route| Call::new(route, &[&self.channel]).route)
    }

    /// Creates a message, as a reply if the bot may reply.
    pub(super) async fn create(&self, page: &Page, nonce: &str) -> Result<MessageId, Failed> {
        match self.try_create(page, nonce).await {
            // A bot that may not read the history may not reply, but it may still write. Of a page with more than text,
            // the rest is left out first.
            Err(failed)
                if page.reply_to.is_some()
                    && matches!(failed.status, Some(400 | 403))
                    && !(page.has_more_than_text() && lacks_permission(&failed)) =>
            {
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

    /// Creates a message. Only a permanent refusal or the bot's shutdown makes this fail.
    async fn try_create(&self, page: &Page, nonce: &str) -> Result<MessageId, Failed> {
        let channel = self.channel;
        let call = Call::new(route::CREATE_MESSAGE, &[&channel])
            .json(&page::create(channel, page, nonce))
            .files(&page.files)
            .class(page.class())
            .patience(self.nonce_lifetime)
            .outlasts_limits();
        loop {
            let since = MessageId::at(self.rest.time() - SKEW);
            let failed = match self.rest.send_for_id(&call).await {
                Ok(id) => return Ok(id),
                Err(failed) if failed.may_pass => failed,
                Err(failed) => return Err(failed),
            };
            tracing::error!(%channel, reason = failed.reason, "Discord does not accept a message; trying on");
            // The answer may have been lost, and the nonce may have expired.
            if let Some(id) = self.find(since, page).await? {
                return Ok(id);
            }
        }
    }

    /// Looks for a message that may be in the channel already, until Discord answers. If the bot may not read the
    /// channel, it assumes that the message is not there.
    async fn find(&self, since: MessageId, page: &Page) -> Result<Option<MessageId>, Failed> {
        let channel = self.channel;
        let call = Call::messages(channel, Some(since), SEARCHED).outlasts_limits();
        loop {
            match self.rest.messages(&call).await {
                Ok(found) => {
                    let bot = UserId(self.bot.load(Ordering::Relaxed));
                    let found = found.iter().find(|found| page.is(found, bot));
                    return Ok(found.map(|found| found.id.into()));
                }
                Err(failed) if failed.at_the_end => return Err(failed),
                // The call has used up its patience, which is pause enough.
                Err(failed) if failed.may_pass => {}
                Err(failed) => {
                    tracing::warn!(
                        %channel,
                        reason = failed.reason,
                        "cannot check whether a message was sent; sending it again"
                    );
                    return Ok(None);
                }
            }
        }
    }

    /// `grows` says whether more of the page follows.
    pub(super) async fn edit(
        &self,
        message: MessageId,
        (from, page): (Option<&Page>, &Page),
        grows: bool,
    ) -> Result<(), Failed> {
        let files: &[_] = if page::changes_files(from, page) {
            &page.files
        } else {
            &[]
        };
        let call = Call::new(route::EDIT_MESSAGE, &[&self.channel, &message]);
        let class = match page.class() {
            Class::Answer if grows => Class::Growth,
            Class::Answer => Class::Answer,
            _ => Class::Card,
        };
        let call = call.json(&page::edit(from, page)).files(files).class(class);
        self.rest.send(&call.patience(EDIT_TIMEOUT)).await.map(drop)
    }

    pub(super) async fn delete(&self, message: MessageId) -> Result<(), Failed> {
        let call = Call::new(route::DELETE_MESSAGE, &[&self.channel, &message]).class(Class::Card);
        self.rest.send(&call.patience(EDIT_TIMEOUT)).await.map(drop)
    }

    /// Shows typing for 10 s or until the bot's next message.
    pub(super) async fn typing(&self, class: Class) -> Result<(), Failed> {
        let call = Call::new(route::TYPING, &[&self.channel]).class(class);
        self.rest.send(&call.once(TYPING_WAITS)).await.map(drop)
    }
}

pub(super) fn is_message_gone(failed: &Failed) -> bool {
    failed.status == Some(404) && failed.code == UNKNOWN_MESSAGE
}

pub(super) fn lacks_permission(failed: &Failed) -> bool {
    failed.status == Some(403) && failed.code == MISSING_PERMISSIONS
}

pub(super) fn post_failure(failed: &Failed) -> PostFailure {
    if failed.at_the_end {
        PostFailure::ShuttingDown
    } else if failed.is_unknown_channel() {
        PostFailure::ChannelGone
    } else {
        match (failed.status, failed.code) {
            (Some(403), MISSING_ACCESS) => PostFailure::Forbidden(MissingPermission::View),
            (Some(403), MISSING_PERMISSIONS) => PostFailure::Forbidden(MissingPermission::Send),
            (Some(400 | 403), THREAD_ARCHIVED | THREAD_LOCKED) => {
                PostFailure::Forbidden(MissingPermission::ManageThreads)
            }
            (Some(400 | 403), NO_REPLY_WITHOUT_HISTORY) => {
                PostFailure::Forbidden(MissingPermission::ReadHistory)
            }
            _ => PostFailure::Refused,
        }
    }
}

#[cfg(test)]
mod tests;
