//! Decides whether the bot still receives anything. Pure: it takes observations, and says what to check and when to give
//! up.

use std::time::{Duration, Instant};

use crate::{
    discord::Fatal,
    snowflake::{ChannelId, MessageId},
};

const MAX_CHANNELS: usize = 5;

/// How long a connection may go without an acknowledged heartbeat. Heartbeats are 41 s apart, and twilight ends a
/// connection that misses one, unless twilight hangs.
const HEARTBEATS: Duration = Duration::from_mins(3);

/// How to find out by REST whether the gateway is deaf.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Check {
    Nothing,
    /// Whether Discord answers requests, because the gateway is silent.
    Rest,
    /// Which messages these channels hold after the last one that was delivered; `None` if that one is not known.
    Channels(Vec<(ChannelId, Option<MessageId>)>),
}

/// A message that a channel holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) id: MessageId,
    /// Whether the gateway is certain to deliver it.
    pub(super) is_delivered: bool,
}

/// A channel in which a message was delivered.
#[derive(Debug)]
struct WatchedChannel {
    channel: ChannelId,
    /// The last message there that was delivered or is not waited for. `None` after a new session, which does not
    /// deliver earlier messages.
    last: Option<MessageId>,
    /// A message that was not delivered, and when that was first noticed.
    missing: Option<(MessageId, Instant)>,
}

#[derive(Debug)]
pub(super) struct Liveness {
    deaf_after: Duration,
    is_connected: bool,
    /// The last sign of life of the connection.
    sign: Instant,
    /// How long the last heartbeat took, and when that changed.
    heartbeat: (Option<Duration>, Instant),
    /// When a message was last delivered or looked for.
    quiet_since: Instant,
    /// Whether the channels have been checked since the session began. An older check says nothing about it.
    is_asking: bool,
    /// The most recently active one first.
    places: Vec<WatchedChannel>,
}

impl Liveness {
    pub(super) fn new(deaf_after: Duration, now: Instant) -> Self {
        Self {
            deaf_after,
            is_connected: false,
            sign: now,
            heartbeat: (None, now),
            quiet_since: now,
            is_asking: false,
            places: Vec::new(),
        }
    }

    /// How long it may be quiet before the channels are checked, and how long a message may be on its way.
    fn patience(&self) -> Duration {
        self.deaf_after / 5
    }

    /// How often to ask for a [`Check`].
    pub(super) fn check_interval(&self) -> Duration {
        self.deaf_after / 20
    }

    pub(super) fn heard(&mut self, channel: ChannelId, message: MessageId, now: Instant) {
        self.sign = now;
        self.quiet_since = now;
        let known = self
            .places
            .iter()
            .position(|place| place.channel == channel);
        let last = known.and_then(|at| self.places.remove(at).last);
        let place = WatchedChannel {
            channel,
            last: last.max(Some(message)),
            missing: None,
        };
        self.places.insert(0, place);
        self.places.truncate(MAX_CHANNELS);
    }

    pub(super) fn began(&mut self, now: Instant) {
        self.resumed(now);
        self.is_asking = false;
        for place in &mut self.places {
            place.last = None;
            place.missing = None;
        }
    }

    pub(super) fn resumed(&mut self, now: Instant) {
        self.is_connected = true;
        self.sign = now;
        self.heartbeat = (None, now);
    }

    /// The bot will not connect during `wait`.
    pub(super) fn waits(&mut self, wait: Duration, now: Instant) {
        self.sign = self.sign.max(now + wait);
    }

    /// The connection is lost. What it has not delivered comes with the next one, or not at all.
    pub(super) fn ended(&mut self) {
        self.is_connected = false;
        for place in &mut self.places {
            place.missing = None;
        }
    }

    /// `latency` changes with each heartbeat that is acknowledged.
    pub(super) fn pulse(&mut self, is_connected: bool, latency: Option<Duration>, now: Instant) {
        if latency != self.heartbeat.0 {
            self.heartbeat = (latency, now);
        }
        if !is_connected {
            self.ended();
        } else if now.saturating_duration_since(self.heartbeat.1) < HEARTBEATS {
            self.is_connected = true;
            self.sign = now;
        }
    }

    pub(super) fn duty(&mut self, now: Instant) -> Check {
        if now.saturating_duration_since(self.sign) >= self.deaf_after {
            return Check::Rest;
        }
        let quiet = now.saturating_duration_since(self.quiet_since) >= self.patience();
        if !quiet || !self.is_connected || self.places.is_empty() {
            return Check::Nothing;
        }
        self.quiet_since = now;
        self.is_asking = true;
        let channels = self.places.iter();
        Check::Channels(channels.map(|place| (place.channel, place.last)).collect())
    }

    /// Discord has answered a request. Returns an error if the bot is deaf.
    pub(super) fn rest_answers(&self, now: Instant) -> Option<Fatal> {
        let silent = now.saturating_duration_since(self.sign);
        (silent >= self.deaf_after).then(|| {
            let seconds = silent.as_secs();
            Fatal::Deaf(format!(
                "Discord answers, but there has been no gateway connection for {seconds} s"
            ))
        })
    }

    /// Discord has not answered a request, so the silence is not the bot's fault.
    pub(super) fn rest_is_silent(&mut self, now: Instant) {
        self.sign = now;
    }

    /// A channel holds these messages after the last one that was delivered, oldest first. Returns an error if the bot
    /// is deaf.
    pub(super) fn found(
        &mut self,
        channel: ChannelId,
        messages: &[Held],
        now: Instant,
    ) -> Option<Fatal> {
        if !self.is_asking {
            return None;
        }
        let patience = self.patience();
        let place = self
            .places
            .iter_mut()
            .find(|place| place.channel == channel)?;
        let newest = messages.last().map(|held| held.id);
        let Some(last) = place.last else {
            place.last = newest;
            return None;
        };
        // Messages up to `last` have been delivered in the meantime.
        let missing = messages
            .iter()
            .find(|held| held.is_delivered && held.id > last)
            .map(|held| held.id);
        if missing.is_none() {
            // The next check begins after all of these.
            place.last = newest.max(Some(last));
        }
        let since = match (missing, place.missing) {
            (Some(id), Some((known, since))) if id == known => since,
            _ => now,
        };
        place.missing = missing.map(|id| (id, since));
        let waited = now.saturating_duration_since(since);
        (missing.is_some() && waited >= patience).then(|| {
            let seconds = waited.as_secs();
            Fatal::Deaf(format!(
                "the gateway is connected, but has not delivered a message of channel {channel} for {seconds} s"
            ))
        })
    }

    pub(super) fn forget(&mut self, channel: ChannelId) {
        self.places.retain(|place| place.channel != channel);
    }
}

#[cfg(test)]
mod tests;
