//! Fetches messages that were sent while the bot was away, and delivers them before newer ones of the same channel.
//!
//! # Theory of operation
//!
//! Discord tells a new session nothing about earlier messages. So whenever a session begins (at a start, and after a
//! connection that could not be resumed), the bot asks, for each channel that it serves, for the messages after the last
//! one that it knows. Until the answer arrives, live messages of that channel wait in a `reorder_buffer`, which keeps the
//! order. If another session begins before that, it asks again from the same message on, and the older request becomes
//! useless. Each shard has sessions of its own, which concern only the channels that it delivers. At a start it is not
//! known yet which ones these are, so each shard asks for those that no other is known to deliver. A channel whose last
//! message, as Discord describes the channel in the meantime, is not newer than what the bot knows is not asked; the
//! `schedule` says which of the others comes next. A channel that is `unserved` yet is asked if Discord describes a message
//! in it that is newer than the bot's last connection. A `plan` skips messages that are too old or too many, and the channel
//! is told. Running nothing twice is the job of [`dedup`](crate::channel::dedup).

mod plan;
mod reorder_buffer;
mod round;
mod schedule;
mod unserved;

use std::{
    collections::{HashMap, HashSet},
    path::PathBuf,
    sync::{Mutex, MutexGuard, OnceLock, PoisonError},
    time::Duration,
};

use chrono::{DateTime, Utc};
use serenity::all::{Message, MessageUpdateEvent};
use tokio::sync::{Semaphore, mpsc, watch};

use self::reorder_buffer::ReorderBuffer;
pub(super) use self::{reorder_buffer::HoldId, schedule::Told};
use super::{convert, history::History, shard::Shard};
use crate::{
    channel::LiveSettings,
    chat::Delivery,
    config::CatchUp,
    files,
    registry::Registry,
    snowflake::{ChannelId, MessageId},
};

/// How many channels are asked at the same time.
const CHANNELS_AT_ONCE: usize = 4;

/// How often to check whether Discord has described a channel on its own, while the bot asks for it.
const CHECKED_EVERY: Duration = Duration::from_millis(500);

/// How far this machine's clock may differ from Discord's.
const SKEW: Duration = Duration::from_mins(1);

/// A file in the `sessions` folder with the time, as RFC 3339, when the bot was last connected: for channels without a
/// record.
const LAST_CONNECTED: &str = "last_connected";

/// How often that file is written.
const WRITTEN_EVERY: Duration = Duration::from_mins(1);

pub(super) struct Backfill {
    history: History,
    registry: Registry,
    bounds: CatchUp,
    /// The channels that they name are served even without a record.
    settings: LiveSettings,
    /// When an earlier process was last connected, or this one first.
    last_connected: OnceLock<DateTime<Utc>>,
    buffer: Mutex<ReorderBuffer<Message>>,
    /// Channels in which an allowed user wrote, and whether any message addressed the bot.
    served: Mutex<HashMap<ChannelId, bool>>,
    /// Where the newest round of each shard hears what Discord tells of channels.
    rounds: Mutex<HashMap<u32, mpsc::UnboundedSender<Told>>>,
    /// Bounds how many channels without a record are asked at the same time.
    unserved: Semaphore,
    /// The shards that have not had a session yet.
    awaited: Mutex<HashSet<u32>>,
    /// The shards that are not connected.
    disconnected: watch::Sender<HashSet<u32>>,
}

impl Backfill {
    pub(super) fn new(
        registry: Registry,
        settings: LiveSettings,
        history: History,
        shards: u32,
    ) -> Self {
        let path = last_connected_path(&registry);
        files::remove_stale_temporaries(&path);
        let last_connected = std::fs::read_to_string(path)
            .ok()
            .and_then(|text| DateTime::parse_from_rfc3339(text.trim()).ok())
            .map_or_else(OnceLock::new, |time| time.to_utc().into());
        Self {
            history,
            registry,
            bounds: settings.now().config().discord.catch_up.clone(),
            settings,
            last_connected,
            buffer: Mutex::default(),
            served: Mutex::default(),
            rounds: Mutex::default(),
            unserved: Semaphore::new(CHANNELS_AT_ONCE),
            awaited: Mutex::new((0..shards).collect()),
            disconnected: watch::Sender::new((0..shards).collect()),
        }
    }

    /// Takes a live message. Returns it, and how to deliver it, unless it has to wait for earlier messages or until its
    /// channel is known. Also returns the new hold of a channel that is to be looked up.
    pub(super) fn take(&self, message: Message) -> (Option<(Message, Delivery)>, Option<HoldId>) {
        let channel = ChannelId::from(message.channel_id);
        let id = message.id.into();
        let mut buffer = self.buffer();
        let is_new = self.is_of_unknown_channel(channel, &message) && !buffer.holds(channel);
        let hold = is_new.then(|| buffer.hold(channel));
        let message = buffer.take(channel, id, message);
        if message.is_none() {
            self.tell(Told::Written(channel));
        }
        (message.map(|it| (it, delivery(&buffer, channel))), hold)
    }

    /// Takes a message of the bot's own. Returns whether nothing before it waits or is missing.
    pub(super) fn take_own(&self, channel: ChannelId, message: MessageId) -> bool {
        self.buffer().mark_own_delivered(channel, message)
    }

    /// Tells the newest rounds that still run.
    pub(super) fn tell(&self, told: Told) {
        self.rounds().retain(|_, round| round.send(told).is_ok());
    }

    /// A session of a shard begins. Returns whether every shard has had one.
    fn begun(&self, shard: Shard) -> bool {
        let mut awaited = self.awaited.lock().unwrap_or_else(PoisonError::into_inner);
        awaited.remove(&shard.id);
        awaited.is_empty()
    }

    /// Whether it is unknown if a message's channel is a thread. Discord describes channels with their guild, and threads
    /// once the bot may see their channel; both may come after the message.
    fn is_of_unknown_channel(&self, channel: ChannelId, message: &Message) -> bool {
        message.guild_id.is_some() && !self.history.directory.knows(channel)
    }

    /// Waits until a channel is known, or Discord refuses to describe it.
    pub(super) async fn wait_until_known(&self, channel: ChannelId) {
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

    /// Deleted messages are not delivered any more.
    pub(super) fn forget(&self, channel: ChannelId, messages: &[MessageId]) {
        let mut buffer = self.buffer();
        for message in messages {
            buffer.forget(channel, *message);
        }
    }

    /// Applies an edit to a message that waits. `false` if it does not.
    pub(super) fn edit(&self, event: &MessageUpdateEvent) -> bool {
        let mut buffer = self.buffer();
        let waiting = buffer.held_mut(event.channel_id.into(), event.id.into());
        let is_waiting = waiting.is_some();
        if let Some(message) = waiting {
            event.apply_to_message(message);
        }
        is_waiting
    }

    async fn fetch_channel(&self, channel: ChannelId) {
        loop {
            let failed = match self.history.rest.channel(channel).await {
                Ok(found) => return convert::learn_any(&self.history.directory, &found),
                Err(failed) => failed,
            };
            let reason = failed.reason;
            if !failed.may_pass {
                tracing::warn!(%channel, reason, "Discord does not say what this channel is, so nothing runs there");
                return;
            }
            tracing::warn!(%channel, reason, "failed to find out what this channel is; its messages wait");
        }
    }

    /// Delivers the messages that wait in a channel, without those that were missed.
    pub(super) fn release(
        &self,
        channel: ChannelId,
        hold: HoldId,
        mut deliver: impl FnMut(Message, Delivery),
    ) {
        // The lock keeps newer messages from being delivered in between.
        let mut buffer = self.buffer();
        for (id, message) in buffer.release(channel, hold) {
            // In a channel that is still unknown it is ignored, and fetched later.
            if !self.is_of_unknown_channel(channel, &message) {
                buffer.mark_delivered(channel, id);
            }
            deliver(message, delivery(&buffer, channel));
        }
    }

    /// An allowed user wrote here; `to_bot` says whether that addressed the bot.
    pub(super) fn mark_served(&self, channel: ChannelId, to_bot: bool) {
        *self.served().entry(channel).or_default() |= to_bot;
    }

    /// Remembers whether a shard is connected, and returns whether it was.
    pub(super) fn connected(&self, shard: Shard, is_connected: bool) -> bool {
        let mut was_connected = false;
        self.disconnected.send_modify(|disconnected| {
            was_connected = if is_connected {
                !disconnected.remove(&shard.id)
            } else {
                disconnected.insert(shard.id)
            };
        });
        was_connected
    }

    /// Writes the time regularly while all shards are connected, and when one no longer is.
    pub(super) async fn record_connection(&self) {
        let mut changes = self.disconnected.subscribe();
        let mut was_connected = false;
        loop {
            let waited = tokio::time::timeout(WRITTEN_EVERY, changes.changed()).await;
            if matches!(waited, Ok(Err(_))) {
                return;
            }
            let is_connected = changes.borrow_and_update().is_empty();
            if !std::mem::replace(&mut was_connected, is_connected) && !is_connected {
                continue;
            }
            let path = last_connected_path(&self.registry);
            let text = format!("{}\n", self.history.rest.time().to_rfc3339());
            let written =
                tokio::task::spawn_blocking(move || files::replace(&path, text.as_bytes())).await;
            if let Ok(Err(error)) = written {
                tracing::warn!(%error, "failed to record when the bot was last connected");
            }
        }
    }

    fn rounds(&self) -> MutexGuard<'_, HashMap<u32, mpsc::UnboundedSender<Told>>> {
        self.rounds.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn served(&self) -> MutexGuard<'_, HashMap<ChannelId, bool>> {
        self.served.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn buffer(&self) -> MutexGuard<'_, ReorderBuffer<Message>> {
        // A panic while it was held leaves complete maps behind.
        self.buffer.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn last_connected_path(registry: &Registry) -> PathBuf {
    registry.folder().join(LAST_CONNECTED)
}

/// How to deliver a message of the channel that does not wait any more.
fn delivery(buffer: &ReorderBuffer<Message>, channel: ChannelId) -> Delivery {
    let asked = buffer.fetched_after(channel);
    asked.map_or(Delivery::Live, |after| Delivery::LiveAhead { after })
}
