//! Messages that were sent while the bot was away: fetched, and handed on before anything newer of the same channel.
//!
//! # Theory of operation
//!
//! Discord tells a new session nothing of what came before it. So whenever one begins (at a start, and after a
//! connection that could not be resumed), the bot asks, for each channel that it serves, for the messages after the
//! last one that it knows. Until the answer is there, live messages of that channel wait in a `reorder_buffer`, so that
//! the order is kept. A session that begins before the answer is there asks again, from the same message on, and the
//! older request is of no use any more. Messages that are too old or too many are skipped by a `plan`, and the channel
//! is told. That nothing is run twice is not this room's business: see [`dedup`](crate::channel::dedup).

mod fetch;
mod plan;
mod reorder_buffer;
mod round;

use std::{
    collections::{BTreeMap, HashMap},
    path::PathBuf,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Utc};
use serenity::all::Message;
use tokio::sync::watch;

use self::{
    reorder_buffer::{Hold, ReorderBuffer},
    round::Round,
};
use super::{convert, history::History, ingress::Ingress, rest::Failed};
use crate::{
    chat::Delivery,
    config::{CatchUp, Config},
    files,
    registry::Registry,
    snowflake::{ChannelId, MessageId},
};

/// How often it is checked whether Discord has told of a channel while it is being asked for.
const CHECKED_EVERY: Duration = Duration::from_millis(500);

/// How far this machine's clock and Discord's may differ.
const SKEW: Duration = Duration::from_mins(1);

/// When the bot was last connected, as RFC 3339, in the `sessions` folder: for channels without a record.
const LAST_CONNECTED: &str = "last_connected";

/// How often that is written.
const WRITTEN_EVERY: Duration = Duration::from_mins(1);

/// Finds out which messages were sent while the bot was away.
pub(super) struct Backfill {
    history: History,
    registry: Registry,
    bounds: CatchUp,
    /// Channels that are named in the configuration: they are served even without a record.
    named: Vec<ChannelId>,
    /// When an earlier process was last connected, or else this one first.
    last_connected: Mutex<Option<DateTime<Utc>>>,
    buffer: Mutex<ReorderBuffer<Message>>,
    /// Channels in which somebody spoke who is let in, and whether to the bot.
    served: Mutex<HashMap<ChannelId, bool>>,
    connected: watch::Sender<bool>,
}

impl Backfill {
    pub(super) fn new(registry: Registry, config: &Config, history: History) -> Self {
        let named = config.discord.allow.channels.ids.iter();
        let path = last_connected_path(&registry);
        files::remove_stale_temporaries(&path);
        let last_connected = std::fs::read_to_string(path)
            .ok()
            .and_then(|text| DateTime::parse_from_rfc3339(text.trim()).ok())
            .map(|time| time.to_utc());
        Self {
            history,
            registry,
            bounds: config.discord.catch_up.clone(),
            named: named.chain(config.channels.keys()).copied().collect(),
            last_connected: Mutex::new(last_connected),
            buffer: Mutex::default(),
            served: Mutex::default(),
            connected: watch::Sender::new(false),
        }
    }

    /// A live message: given back, with how it is delivered, unless it waits for what came before it, or until it is
    /// known what its channel is.
    pub(super) fn take(
        self: &Arc<Self>,
        message: Message,
        ingress: &Arc<Ingress>,
    ) -> Option<(Message, Delivery)> {
        let channel = ChannelId(message.channel_id.get());
        let id = MessageId(message.id.get());
        let mut buffer = self.buffer();
        if self.is_of_unknown_channel(channel, &message) && !buffer.holds(channel) {
            let hold = buffer.hold(channel);
            tokio::spawn(Arc::clone(self).look_up(channel, hold, Arc::clone(ingress)));
        }
        let message = buffer.take(channel, id, message)?;
        Some((message, delivery(&buffer, channel)))
    }

    /// Whether a message is from a channel of a guild that may be a thread or not: Discord tells of channels when it
    /// tells of their guild, and of threads when the bot may see their channel, which may both be later than this.
    fn is_of_unknown_channel(&self, channel: ChannelId, message: &Message) -> bool {
        message.guild_id.is_some() && !self.history.directory.knows(channel)
    }

    /// Finds out what a channel is, and releases what waits for that.
    async fn look_up(self: Arc<Self>, channel: ChannelId, hold: Hold, ingress: Arc<Ingress>) {
        self.know(channel).await;
        self.release(&mut self.buffer(), channel, hold, &ingress);
    }

    /// Waits until it is known what a channel is, or Discord refuses to tell.
    async fn know(&self, channel: ChannelId) {
        let known = async {
            while !self.history.directory.knows(channel) {
                tokio::time::sleep(CHECKED_EVERY).await;
            }
        };
        tokio::select! {
            biased;
            () = known => {}
            () = self.fetch_channel(channel) => {}
        }
    }

    async fn fetch_channel(&self, channel: ChannelId) {
        loop {
            let reason = match self.history.rest.channel(channel).await {
                Ok(found) => return convert::learn_any(&self.history.directory, &found),
                Err(failed) if failed.may_pass => failed.reason,
                Err(Failed { reason, .. }) => {
                    tracing::warn!(%channel, reason, "Discord does not tell what this channel is, so nothing is run there");
                    return;
                }
            };
            tracing::warn!(%channel, reason, "it cannot be found out what this channel is, so its messages wait");
        }
    }

    /// Releases what waits in a channel, without what was missed there.
    fn release(
        &self,
        buffer: &mut ReorderBuffer<Message>,
        channel: ChannelId,
        hold: Hold,
        ingress: &Ingress,
    ) {
        for (id, message) in buffer.let_go(channel, hold) {
            self.heard(buffer, channel, id, &message);
            ingress.deliver(message, delivery(buffer, channel));
        }
    }

    /// Takes note of a message that has waited, unless it is not known what its channel is: then it is ignored, and to
    /// be fetched once that is known.
    fn heard(
        &self,
        buffer: &mut ReorderBuffer<Message>,
        channel: ChannelId,
        id: MessageId,
        message: &Message,
    ) {
        if !self.is_of_unknown_channel(channel, message) {
            buffer.hears(channel, id);
        }
    }

    /// Somebody spoke who is let in, `to_bot` or to others.
    pub(super) fn serves(&self, channel: ChannelId, to_bot: bool) {
        *self.served().entry(channel).or_default() |= to_bot;
    }

    /// A session begins. From now on live messages of the channels in question wait; what is returned fetches what was
    /// missed there, and releases them.
    pub(super) fn begin(self: &Arc<Self>) -> Round {
        let mut after = BTreeMap::new();
        let mut buffer = self.buffer();
        let view = self.registry.view();
        if self.bounds.max_messages > 0 {
            let since = self.last_connected() - SKEW;
            let named = self.named.iter();
            after.extend(named.map(|channel| (*channel, MessageId::at(since))));
            for (channel, record) in view.records() {
                if let Some(last) = record.claimed_up_to() {
                    after.insert(channel, last);
                }
            }
            // What this process has heard is with its channel, or was not meant for the bot.
            let served = self.served();
            let heard = buffer
                .heard()
                .filter(|(channel, _)| after.contains_key(channel) || served.contains_key(channel));
            let heard: Vec<_> = heard.collect();
            after.extend(heard);
        }
        let requests = after
            .into_iter()
            .map(|(channel, after)| (channel, buffer.ask(channel, after)))
            .collect();
        drop(buffer);
        Round::new(Arc::clone(self), requests, view)
    }

    /// When the bot was last connected. Before the very first connection nothing was missed.
    fn last_connected(&self) -> DateTime<Utc> {
        let mut last = self
            .last_connected
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let now = self.history.rest.time();
        (*last.get_or_insert(now)).min(now)
    }

    /// The connection is there, or is not.
    pub(super) fn connected(&self, connected: bool) {
        self.connected.send_replace(connected);
    }

    /// Writes the time now and then while the bot is connected, and when it no longer is, for as long as it is polled.
    pub(super) async fn record_connection(&self) {
        let mut changes = self.connected.subscribe();
        let mut was_connected = false;
        loop {
            let waited = tokio::time::timeout(WRITTEN_EVERY, changes.changed()).await;
            if matches!(waited, Ok(Err(_))) {
                return;
            }
            let is_connected = *changes.borrow_and_update();
            if !std::mem::replace(&mut was_connected, is_connected) && !is_connected {
                continue;
            }
            let path = last_connected_path(&self.registry);
            let text = format!("{}\n", self.history.rest.time().to_rfc3339());
            let written =
                tokio::task::spawn_blocking(move || files::replace(&path, text.as_bytes())).await;
            if let Ok(Err(error)) = written {
                tracing::warn!(%error, "failed to write when the bot was last connected");
            }
        }
    }

    fn served(&self) -> MutexGuard<'_, HashMap<ChannelId, bool>> {
        self.served.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn buffer(&self) -> MutexGuard<'_, ReorderBuffer<Message>> {
        // Whoever panicked with it has left maps that are whole.
        self.buffer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn last_connected_path(registry: &Registry) -> PathBuf {
    registry.folder().join(LAST_CONNECTED)
}

/// How a message of the channel is delivered that does not wait any more.
fn delivery(buffer: &ReorderBuffer<Message>, channel: ChannelId) -> Delivery {
    let asked = buffer.asks_after(channel);
    asked.map_or(Delivery::Live, |after| Delivery::LiveAhead { after })
}
