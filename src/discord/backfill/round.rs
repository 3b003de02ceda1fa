//! One round of backfill: fetches what was missed in all channels, and delivers it.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use serenity::all::Message;
use tokio::{sync::Semaphore, task::JoinSet};

use super::{
    Backfill, SKEW,
    plan::{go_on, plan},
    reorder_buffer::{HoldId, Released},
};
use crate::{
    chat::{ChatEvent, ChatMessage, Delivery},
    discord::{
        convert,
        ingress::Ingress,
        rest::{Call, Failed},
    },
    registry::{Document, Record},
    snowflake::{ChannelId, MessageId},
};

const CHANNELS_AT_ONCE: usize = 4;
const CHANNEL_TIMEOUT: Duration = Duration::from_mins(10);
const MAX_PAGES: usize = 50;
const PAGE_SIZE: u8 = 100;

/// How long live messages wait for those that were missed. After that they are delivered, and what was missed comes
/// late.
const LONGEST_HOLD: Duration = Duration::from_secs(30);

/// The messages that were found in a channel, and whether these are all.
type Fetched = (Vec<Message>, bool);

pub(crate) struct Round {
    pub(super) backfill: Arc<Backfill>,
    /// The hold of each channel, and the message after which to fetch.
    pub(super) requests: BTreeMap<ChannelId, (HoldId, MessageId)>,
    /// The records as they were when the session began. What they claim later may have overtaken what was missed.
    pub(super) before: Arc<Document>,
}

impl Round {
    /// Fetches what was missed, and gives it to `ingress`.
    pub(crate) async fn run(self, ingress: Arc<Ingress>) {
        let permits = Arc::new(Semaphore::new(CHANNELS_AT_ONCE));
        let mut fetching = JoinSet::new();
        let holds = self.requests.iter();
        let holds: Vec<_> = holds
            .map(|(channel, (hold, _))| (*channel, *hold))
            .collect();
        for (channel, (hold, after)) in self.requests {
            let (backfill, ingress) = (Arc::clone(&self.backfill), Arc::clone(&ingress));
            let (permits, before) = (Arc::clone(&permits), Arc::clone(&self.before));
            fetching.spawn(async move {
                let permit = permits.acquire().await;
                let found =
                    tokio::time::timeout(CHANNEL_TIMEOUT, backfill.fetch(channel, after)).await;
                drop(permit);
                backfill.wait_until_known(channel).await;
                let record = before.get(channel);
                backfill.deliver((channel, hold), found.ok(), record.as_ref(), &ingress);
            });
        }
        let longest_hold = tokio::time::sleep(LONGEST_HOLD);
        tokio::pin!(longest_hold);
        let mut is_held = true;
        loop {
            tokio::select! {
                ended = fetching.join_next() => match ended {
                    None => break,
                    Some(Ok(())) => {}
                    Some(Err(error)) => tracing::error!(%error, "backfill failed"),
                },
                () = &mut longest_hold, if is_held => {
                    is_held = false;
                    self.backfill.release_all(&holds, &ingress);
                }
            }
        }
    }
}

impl Backfill {
    /// A session begins. Live messages of the channels in question wait from now on; the returned round fetches what was
    /// missed there, and releases them.
    pub(crate) fn begin(self: &Arc<Self>) -> Round {
        let mut after = BTreeMap::new();
        let mut buffer = self.buffer();
        let view = self.registry.view();
        if self.bounds.max_messages > 0 {
            let now = self.history.rest.time();
            let since = *self.last_connected.get_or_init(|| now);
            let since = since.min(now) - SKEW;
            let named = self.named.iter();
            after.extend(named.map(|channel| (*channel, MessageId::at(since))));
            let records = view.records();
            after.extend(records.filter_map(|(id, record)| Some((id, record.claimed_up_to()?))));
            // What this process has received is with its channel, or was not meant for the bot.
            let served = self.served();
            for (channel, last) in buffer.newest_delivered() {
                if after.contains_key(&channel) || served.contains_key(&channel) {
                    after.insert(channel, last);
                }
            }
        }
        let requests = after
            .into_iter()
            .map(|(channel, after)| (channel, buffer.begin_fetch(channel, after)))
            .collect();
        drop(buffer);
        Round {
            backfill: Arc::clone(self),
            requests,
            before: view,
        }
    }

    /// Fetches a channel's messages after one, oldest first, as the gateway would have delivered them.
    async fn fetch(&self, channel: ChannelId, after: MessageId) -> Result<Fetched, Failed> {
        let rest = &self.history.rest;
        let mut messages = Vec::new();
        let mut last = after;
        let (mut is_last, mut is_all) = (false, true);
        for number in 1..=MAX_PAGES {
            let call = Call::messages(channel, Some(last), PAGE_SIZE);
            let page = rest.messages(&call).await?;
            is_last = page.len() < usize::from(PAGE_SIZE);
            last = page.last().map_or(last, |newest| newest.id.into());
            messages.extend(page);
            if is_last {
                break;
            }
            let is_skipping;
            (last, is_skipping) = go_on(number, last, &self.bounds, rest.time());
            is_all &= !is_skipping;
        }
        if !messages.is_empty() {
            self.history
                .complete(channel, &mut messages, Duration::MAX)
                .await?;
        }
        Ok((messages, is_all && is_last))
    }

    /// Releases the messages that wait, because fetching takes too long.
    fn release_all(&self, holds: &[(ChannelId, HoldId)], ingress: &Arc<Ingress>) {
        for &(channel, hold) in holds {
            let is_unknown = self
                .buffer()
                .held(channel, hold)
                .any(|message| self.is_of_unknown_channel(channel, message));
            if is_unknown {
                tokio::spawn(Arc::clone(ingress).look_up(channel, hold));
            } else {
                ingress.release(channel, hold);
            }
        }
    }

    /// Delivers what was found and what waited. `found` is `None` if fetching took too long. What `record` claims has
    /// been handled before.
    fn deliver(
        &self,
        (channel, hold): (ChannelId, HoldId),
        found: Option<Result<Fetched, Failed>>,
        record: Option<&Record>,
        ingress: &Ingress,
    ) {
        let (found, is_complete) = evaluate(channel, found);
        let is_claimed = |id| record.is_some_and(|record| record.has_claimed(id));
        let found = found
            .into_iter()
            .map(|message| (MessageId::from(message.id), message))
            .filter(|(id, _)| !is_claimed(*id))
            .collect();
        // The lock keeps live messages from being delivered in between.
        let mut buffer = self.buffer();
        let Some(released) = buffer.finish_fetch(channel, hold, found) else {
            tracing::debug!(%channel, "a newer round fetches this channel again");
            return;
        };
        let (mut missed, mut deliveries) = (Vec::new(), Vec::new());
        for Released {
            id,
            message,
            is_live,
        } in released
        {
            if !self.is_of_unknown_channel(channel, &message) {
                buffer.mark_delivered(channel, id);
            }
            match ingress.receive(message) {
                Some((message, _)) if is_live => deliveries.push((message, Delivery::Live)),
                Some((message, true)) => missed.push((id, message)),
                Some((_, false)) | None => {}
            }
        }
        let plan = plan(missed, &self.bounds, self.history.rest.time());
        if let Some((_, last)) = plan.last_skipped {
            let (last, count) = (Box::new(last), plan.skipped);
            tracing::warn!(%channel, count, "skipped messages that were sent while the bot was away");
            ingress.send(ChatEvent::MessagesSkipped { last, count });
        }
        if !plan.answered.is_empty() {
            tracing::info!(%channel, messages = plan.answered.len(), "caught up");
        }
        if !is_complete && self.is_spoken_to(channel, record) {
            let place = convert::place(&self.history.directory, channel, None);
            ingress.send(ChatEvent::BackfillFailed { place });
        }
        // Live messages are answered whatever the bounds.
        let answered = plan.answered.into_iter();
        deliveries.extend(answered.map(|(_, message)| (message, Delivery::Backfill)));
        deliveries.sort_by_key(|(message, _): &(ChatMessage, _)| message.id);
        for (message, delivery) in deliveries {
            let message = Box::new(message);
            ingress.send(ChatEvent::Message { message, delivery });
        }
        drop(buffer);
    }

    fn is_spoken_to(&self, channel: ChannelId, record: Option<&Record>) -> bool {
        record.is_some()
            || self.named.contains(&channel)
            || self.served().get(&channel).is_some_and(|to_bot| *to_bot)
    }
}

/// The messages that were found, and whether the bot has read all that it may read. Logs what went wrong.
fn evaluate(channel: ChannelId, found: Option<Result<Fetched, Failed>>) -> Fetched {
    match found {
        Some(Ok((found, is_all))) => {
            if !is_all {
                tracing::warn!(%channel, "too many messages were missed to read them all");
            }
            (found, is_all)
        }
        Some(Err(failed)) if matches!(failed.status, Some(403 | 404)) => {
            tracing::info!(%channel, reason = failed.reason, "messages that were missed may not be read");
            (Vec::new(), true)
        }
        Some(Err(failed)) => {
            tracing::error!(%channel, reason = failed.reason, "failed to read messages that were missed");
            (Vec::new(), false)
        }
        None => {
            tracing::error!(%channel, "failed to read messages that were missed in time");
            (Vec::new(), false)
        }
    }
}
