//! One round of backfill: all channels are asked, and what is found is handed on.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use serenity::all::Message;
use tokio::{sync::Semaphore, task::JoinSet};

use super::{
    Backfill,
    plan::plan,
    reorder_buffer::{Hold, Released},
};
use crate::{
    chat::{ChatEvent, ChatMessage, Delivery},
    discord::{convert, ingress::Ingress, rest::Failed},
    registry::{Document, Record},
    snowflake::{ChannelId, MessageId},
};

/// How many channels are asked about at once.
const AT_ONCE: usize = 4;

/// How long a channel may take.
const TIMEOUT: Duration = Duration::from_mins(10);

/// How long live messages wait for what was missed. After that they go on, and what was missed comes late: it is still
/// on record as to be fetched.
const LONGEST_HOLD: Duration = Duration::from_secs(30);

/// What was found in a channel, and whether that is all.
type Found = (Vec<Message>, bool);

/// One request to all channels.
pub(in crate::discord) struct Round {
    backfill: Arc<Backfill>,
    /// After which message each channel is asked about, and its hold.
    requests: BTreeMap<ChannelId, (Hold, MessageId)>,
    /// The records as they were when the session began. What they come to claim later may have overtaken what was
    /// missed.
    before: Arc<Document>,
}

impl Round {
    pub(super) fn new(
        backfill: Arc<Backfill>,
        requests: BTreeMap<ChannelId, (Hold, MessageId)>,
        before: Arc<Document>,
    ) -> Self {
        Self {
            backfill,
            requests,
            before,
        }
    }

    /// Asks, and hands what was missed to `ingress`.
    pub(in crate::discord) async fn run(self, ingress: Arc<Ingress>) {
        let permits = Arc::new(Semaphore::new(AT_ONCE));
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
                let found = tokio::time::timeout(TIMEOUT, backfill.fetch(channel, after)).await;
                drop(permit);
                backfill.know(channel).await;
                let record = before.get(channel);
                backfill.hand_over((channel, hold), found.ok(), record.as_ref(), &ingress);
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
    /// Releases what waits: fetching takes too long.
    fn release_all(self: &Arc<Self>, holds: &[(ChannelId, Hold)], ingress: &Arc<Ingress>) {
        let mut buffer = self.buffer();
        for &(channel, hold) in holds {
            let is_unknown = buffer
                .held(channel, hold)
                .any(|message| self.is_of_unknown_channel(channel, message));
            if is_unknown {
                tokio::spawn(Arc::clone(self).look_up(channel, hold, Arc::clone(ingress)));
            } else {
                self.release(&mut buffer, channel, hold, ingress);
            }
        }
    }

    /// Hands over what was found and what waited; `None` if fetching took too long. What `record` claims was dealt with
    /// before.
    fn hand_over(
        &self,
        (channel, hold): (ChannelId, Hold),
        found: Option<Result<Found, Failed>>,
        record: Option<&Record>,
        ingress: &Ingress,
    ) {
        let (found, is_complete) = judge(channel, found);
        // What was claimed needs no plan.
        let is_claimed = |id| record.is_some_and(|record| record.has_claimed(id));
        let found = found
            .into_iter()
            .map(|message| (MessageId(message.id.get()), message))
            .filter(|(id, _)| !is_claimed(*id))
            .collect();
        // Under the lock, so that no live message comes in between.
        let mut buffer = self.buffer();
        let Some(released) = buffer.release(channel, hold, found) else {
            tracing::debug!(%channel, "asked about again since");
            return;
        };
        let (mut missed, mut deliveries) = (Vec::new(), Vec::new());
        for Released {
            id,
            message,
            is_live,
        } in released
        {
            self.heard(&mut buffer, channel, id, &message);
            match ingress.receive(message) {
                Some((message, _)) if is_live => deliveries.push((message, Delivery::Live)),
                Some((message, true)) => missed.push((id, message)),
                Some((_, false)) | None => {}
            }
        }
        let plan = plan(missed, &self.bounds, self.history.rest.time());
        if let Some((_, last)) = plan.last_skipped {
            let (last, count) = (Box::new(last), plan.skipped);
            tracing::warn!(%channel, count, "messages that were missed are skipped");
            ingress.send(ChatEvent::MessagesSkipped { last, count });
        }
        if !plan.answered.is_empty() {
            tracing::info!(%channel, messages = plan.answered.len(), "caught up");
        }
        if !is_complete && self.is_spoken_to(channel, record) {
            let place = convert::place(&self.history.directory, channel, None);
            ingress.send(ChatEvent::BackfillFailed { place });
        }
        // What came live is answered whatever the bounds.
        let answered = plan.answered.into_iter();
        deliveries.extend(answered.map(|(_, message)| (message, Delivery::Backfill)));
        deliveries.sort_by_key(|(message, _): &(ChatMessage, _)| message.id);
        for (message, delivery) in deliveries {
            let message = Box::new(message);
            ingress.send(ChatEvent::Message { message, delivery });
        }
        drop(buffer);
    }

    /// Whether people talk to the bot in a channel.
    fn is_spoken_to(&self, channel: ChannelId, record: Option<&Record>) -> bool {
        record.is_some()
            || self.named.contains(&channel)
            || self.served().get(&channel).is_some_and(|to_bot| *to_bot)
    }
}

/// What was found, and whether that is all that can ever be.
fn judge(channel: ChannelId, found: Option<Result<Found, Failed>>) -> Found {
    match found {
        Some(Ok((found, is_all))) => {
            if !is_all {
                tracing::warn!(%channel, "too much was sent to read it all");
            }
            (found, is_all)
        }
        Some(Err(failed)) if matches!(failed.status, Some(403 | 404)) => {
            tracing::info!(%channel, reason = failed.reason, "what was missed may not be read");
            (Vec::new(), true)
        }
        Some(Err(failed)) => {
            tracing::error!(%channel, reason = failed.reason, "what was missed could not be read");
            (Vec::new(), false)
        }
        None => {
            tracing::error!(%channel, "what was missed could not be read in time");
            (Vec::new(), false)
        }
    }
}
