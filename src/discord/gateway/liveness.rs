//! Whether the bot still hliveness. Pure: it is told what was observed, together with the time, and says what to look at
//! and when to give up.

use std::time::{Duration, Instant};

use crate::{
    discord::Fatal,
    snowflake::{ChannelId, MessageId},
};

/// How many channels are looked at.
const CHANNELS: usize = 5;

/// How long a connection may go without an acknowledged heartbeat. They are 41 s apart, and serenity ends a connection
/// that misses one, unless it hangs.
const HEARTBEATS: Duration = Duration::from_mins(3);

/// What to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Duty {
    Nothing,
    /// Whether Discord answers at all, though the gateway does not.
    Rest,
    /// What these channels hold after the message that was heard last; `None` where that has yet to be found out.
    Channels(Vec<(ChannelId, Option<MessageId>)>),
}

/// A message that a channel holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) id: MessageId,
    /// Whether the gateway surely delivers it.
    pub(super) is_delivered: bool,
}

/// A channel in which something was heard.
#[derive(Debug)]
struct Place {
    channel: ChannelId,
    /// The last message there that the gateway has delivered or that is not waited for. `None` after a new session:
    /// what was said before it is not delivered.
    last: Option<MessageId>,
    /// A message that Discord holds and that was not delivered, and when that was first seen.
    missing: Option<(MessageId, Instant)>,
}

/// What was heard, and when.
#[derive(Debug)]
pub(super) struct Liveness {
    deaf_after: Duration,
    is_connected: bool,
    /// The last sign that the connection lives.
    sign: Instant,
    /// How long the last heartbeat took, and when that was learned.
    heartbeat: (Option<Duration>, Instant),
    /// When a message was heard last, or looked for.
    quiet_since: Instant,
    /// Whether the channels have been asked about since the session began: what was asked before says nothing of it.
    is_asking: bool,
    /// The last active one first.
    places: Vec<Place>,
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

    /// How long nothing may be heard before it is looked whether there is something; and how long a message may be
    /// on its way.
    fn patience(&self) -> Duration {
        self.deaf_after / 5
    }

    /// How often to ask for a [`Duty`].
    pub(super) fn looks_each(&self) -> Duration {
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
        let place = Place {
            channel,
            last: last.max(Some(message)),
            missing: None,
        };
        self.places.insert(0, place);
        self.places.truncate(CHANNELS);
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

    /// There will be no connection for so long, on purpose.
    pub(super) fn waits(&mut self, wait: Duration, now: Instant) {
        self.sign = self.sign.max(now + wait);
    }

    /// The connection is gone. What it has not delivered comes with the next one, or not at all.
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

    pub(super) fn duty(&mut self, now: Instant) -> Duty {
        if now.saturating_duration_since(self.sign) >= self.deaf_after {
            return Duty::Rest;
        }
        let quiet = now.saturating_duration_since(self.quiet_since) >= self.patience();
        if !quiet || !self.is_connected || self.places.is_empty() {
            return Duty::Nothing;
        }
        self.quiet_since = now;
        self.is_asking = true;
        let channels = self.places.iter();
        Duty::Channels(channels.map(|place| (place.channel, place.last)).collect())
    }

    /// Discord has answered a request. Whether the bot is deaf.
    pub(super) fn rest_answers(&self, now: Instant) -> Option<Fatal> {
        let silent = now.saturating_duration_since(self.sign);
        (silent >= self.deaf_after).then(|| {
            let seconds = silent.as_secs();
            Fatal::Deaf(format!(
                "Discord answers, but there has been no gateway connection for {seconds} s"
            ))
        })
    }

    /// Discord has not answered a request: the bot cannot be blamed for what it has not heard so far.
    pub(super) fn rest_is_silent(&mut self, now: Instant) {
        self.sign = now;
    }

    /// A channel holds these messages after the one that was heard last, oldest first. Whether the bot is deaf.
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
        // What has been heard meanwhile is not missing.
        let mut missing = messages.iter();
        let missing = missing
            .find(|held| held.is_delivered && held.id > last)
            .map(|held| held.id);
        if missing.is_none() {
            // What comes after all these is looked at next.
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
