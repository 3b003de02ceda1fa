//! Whether the bot still hears: a process that is online but deaf is of no use to anybody.
//!
//! [`Ears`] is pure: it is told what was observed, together with the time, and says what to look at and when to give
//! up. [`Watchdog`] looks.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use serenity::all::{Message, MessageType};

use crate::{
    discord::{Fatal, rest::Rest},
    snowflake::{ChannelId, MessageId, UserId},
};

/// How many channels are looked at.
const CHANNELS: usize = 5;

/// How many messages of each.
const MESSAGES: u8 = 5;

/// How long a connection may go without an acknowledged heartbeat. They are 41 s apart, and serenity ends a connection
/// that misses one, unless it hangs.
const HEARTBEATS: Duration = Duration::from_mins(3);

/// What to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Duty {
    Nothing,
    /// Whether Discord answers at all, though the gateway does not.
    Rest,
    /// What these channels hold after the message that was heard last; `None` where that has yet to be found out.
    Channels(Vec<(ChannelId, Option<MessageId>)>),
}

/// A channel in which something was heard.
#[derive(Debug)]
struct Place {
    channel: ChannelId,
    /// The last message there that the gateway has delivered. `None` after a new session: what was said before it is
    /// not delivered.
    last: Option<MessageId>,
    /// A message that Discord holds and that was not delivered, and when that was first seen.
    missing: Option<(MessageId, Instant)>,
}

/// What was heard, and when.
#[derive(Debug)]
struct Ears {
    deaf_after: Duration,
    is_connected: bool,
    /// The last sign that the connection lives.
    sign: Instant,
    /// How long the last heartbeat took, and when that was learned.
    heartbeat: (Option<Duration>, Instant),
    /// When a message was heard last, or looked for.
    quiet_since: Instant,
    /// The last active one first.
    places: Vec<Place>,
}

impl Ears {
    fn new(deaf_after: Duration, now: Instant) -> Self {
        Self {
            deaf_after,
            is_connected: false,
            sign: now,
            heartbeat: (None, now),
            quiet_since: now,
            places: Vec::new(),
        }
    }

    /// How long nothing may be heard before it is looked whether there is something; and how long a message may be
    /// on its way.
    fn patience(&self) -> Duration {
        self.deaf_after / 5
    }

    fn heard(&mut self, channel: ChannelId, message: MessageId, now: Instant) {
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

    fn began(&mut self, now: Instant) {
        self.resumed(now);
        for place in &mut self.places {
            place.last = None;
            place.missing = None;
        }
    }

    fn resumed(&mut self, now: Instant) {
        self.is_connected = true;
        self.sign = now;
        self.heartbeat = (None, now);
    }

    /// The connection is gone. What it has not delivered comes with the next one, or not at all.
    fn ended(&mut self) {
        self.is_connected = false;
        for place in &mut self.places {
            place.missing = None;
        }
    }

    /// `latency` changes with each heartbeat that is acknowledged.
    fn pulse(&mut self, is_connected: bool, latency: Option<Duration>, now: Instant) {
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

    fn duty(&mut self, now: Instant) -> Duty {
        if now.saturating_duration_since(self.sign) >= self.deaf_after {
            return Duty::Rest;
        }
        let quiet = now.saturating_duration_since(self.quiet_since) >= self.patience();
        if !quiet || !self.is_connected || self.places.is_empty() {
            return Duty::Nothing;
        }
        self.quiet_since = now;
        let channels = self.places.iter();
        Duty::Channels(channels.map(|place| (place.channel, place.last)).collect())
    }

    /// Discord has answered a request. Whether the bot is deaf.
    fn rest_answers(&self, now: Instant) -> Option<Fatal> {
        let silent = now.saturating_duration_since(self.sign);
        (silent >= self.deaf_after).then(|| {
            let seconds = silent.as_secs();
            Fatal::Deaf(format!(
                "Discord answers, but there has been no gateway connection for {seconds} s"
            ))
        })
    }

    /// Discord has not answered a request: the bot cannot be blamed for what it has not heard so far.
    fn rest_is_silent(&mut self, now: Instant) {
        self.sign = now;
    }

    /// A channel holds these messages of others after the one that was heard last, oldest first. Whether the bot is
    /// deaf.
    fn found(&mut self, channel: ChannelId, messages: &[MessageId], now: Instant) -> Option<Fatal> {
        let patience = self.patience();
        let place = self
            .places
            .iter_mut()
            .find(|place| place.channel == channel)?;
        let Some(last) = place.last else {
            place.last = messages.last().copied().or(Some(MessageId(0)));
            return None;
        };
        // What has been heard meanwhile is not missing.
        let missing = messages.iter().copied().find(|id| *id > last);
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

    fn forget(&mut self, channel: ChannelId) {
        self.places.retain(|place| place.channel != channel);
    }
}

/// The ears, shared by those who hear and the one who looks.
#[derive(Debug)]
pub(super) struct Watchdog(Mutex<Ears>);

impl Watchdog {
    pub(super) fn new(deaf_after: Duration) -> Self {
        Self(Mutex::new(Ears::new(deaf_after, Instant::now())))
    }

    fn ears(&self) -> MutexGuard<'_, Ears> {
        // Whoever panicked with it has left times and ids, none of them dangerous.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The gateway has delivered a message.
    pub(super) fn heard(&self, message: &Message) {
        let (channel, id) = (message.channel_id.get(), message.id.get());
        self.ears()
            .heard(ChannelId(channel), MessageId(id), Instant::now());
    }

    /// A new session has begun.
    pub(super) fn began(&self) {
        self.ears().began(Instant::now());
    }

    /// The session goes on.
    pub(super) fn resumed(&self) {
        self.ears().resumed(Instant::now());
    }

    /// The connection has ended.
    pub(super) fn ended(&self) {
        self.ears().ended();
    }

    /// How the connection is.
    pub(super) fn pulse(&self, is_connected: bool, latency: Option<Duration>) {
        self.ears().pulse(is_connected, latency, Instant::now());
    }

    /// Looks now and then; returns when the bot is deaf.
    pub(super) async fn watch(&self, rest: &Rest, bot: UserId) -> Fatal {
        let often = self.ears().deaf_after / 20;
        loop {
            tokio::time::sleep(often).await;
            let duty = self.ears().duty(Instant::now());
            let deaf = match duty {
                Duty::Nothing => None,
                Duty::Rest => match rest.gateway().await {
                    Ok(_) => self.ears().rest_answers(Instant::now()),
                    Err(failed) => {
                        tracing::debug!(reason = failed.reason, "Discord does not answer at all");
                        self.ears().rest_is_silent(Instant::now());
                        None
                    }
                },
                Duty::Channels(channels) => self.look(channels, rest, bot).await,
            };
            if let Some(deaf) = deaf {
                return deaf;
            }
        }
    }

    async fn look(
        &self,
        channels: Vec<(ChannelId, Option<MessageId>)>,
        rest: &Rest,
        bot: UserId,
    ) -> Option<Fatal> {
        for (channel, last) in channels {
            match rest.look_after(channel, last, MESSAGES).await {
                Ok(messages) => {
                    let ids: Vec<_> = messages
                        .iter()
                        .filter(|message| is_delivered(message, bot))
                        .map(|message| MessageId(message.id.get()))
                        .collect();
                    let deaf = self.ears().found(channel, &ids, Instant::now());
                    if deaf.is_some() {
                        return deaf;
                    }
                }
                Err(failed) => {
                    tracing::debug!(%channel, reason = failed.reason, "not looked at");
                    if failed.status.is_some() {
                        self.ears().forget(channel);
                    }
                }
            }
        }
        None
    }
}

/// Whether the gateway surely delivers it.
fn is_delivered(message: &Message, bot: UserId) -> bool {
    let is_said = matches!(
        message.kind,
        MessageType::Regular | MessageType::InlineReply
    );
    is_said && message.author.id.get() != bot.0
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: ChannelId = ChannelId(1);
    const TEN: Duration = Duration::from_mins(10);

    fn minutes(minutes: u64) -> Duration {
        Duration::from_mins(minutes)
    }

    fn looks_at(ears: &mut Ears, now: Instant) -> Vec<(ChannelId, Option<MessageId>)> {
        match ears.duty(now) {
            Duty::Channels(channels) => channels,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_connection_without_a_sign_of_life_is_given_up_if_discord_answers() {
        let begin = Instant::now();
        let mut ears = Ears::new(TEN, begin);
        ears.began(begin);
        let latency = |ms| Some(Duration::from_millis(ms));
        ears.pulse(true, None, begin + minutes(2));
        // A heartbeat is acknowledged; then no more, though the connection seems to be there.
        ears.pulse(true, latency(7), begin + minutes(8));
        ears.pulse(true, latency(7), begin + minutes(10));
        ears.pulse(true, latency(7), begin + minutes(11));
        ears.pulse(false, latency(7), begin + minutes(12));
        assert_eq!(ears.duty(begin + minutes(19)), Duty::Nothing);
        assert_eq!(ears.rest_answers(begin + minutes(19)), None);
        assert_eq!(ears.duty(begin + minutes(20)), Duty::Rest);
        assert!(ears.rest_answers(begin + minutes(20)).is_some());
        // After an outage of everything it has time to come back.
        ears.rest_is_silent(begin + minutes(20));
        assert_eq!(ears.duty(begin + minutes(29)), Duty::Nothing);
        assert_eq!(ears.duty(begin + minutes(30)), Duty::Rest);
        // It came back while Discord was asked.
        ears.resumed(begin + minutes(30));
        assert_eq!(ears.rest_answers(begin + minutes(30)), None);
    }

    #[test]
    fn a_message_that_is_there_and_does_not_come_is_deafness() {
        let begin = Instant::now();
        let mut ears = Ears::new(TEN, begin);
        ears.began(begin);
        ears.heard(HERE, MessageId(10), begin);
        let (first, second) = (begin + minutes(2), begin + minutes(4));
        assert_eq!(ears.duty(begin + minutes(1)), Duty::Nothing);
        assert_eq!(looks_at(&mut ears, first), [(HERE, Some(MessageId(10)))]);
        assert_eq!(ears.found(HERE, &[MessageId(11)], first), None);
        assert_eq!(ears.duty(first + minutes(1)), Duty::Nothing);
        looks_at(&mut ears, second);
        let deaf = ears.found(HERE, &[MessageId(11), MessageId(12)], second);
        assert!(matches!(deaf, Some(Fatal::Deaf(_))), "{deaf:?}");
    }

    #[test]
    fn a_message_that_is_late_is_none() {
        let begin = Instant::now();
        let mut ears = Ears::new(TEN, begin);
        ears.began(begin);
        ears.heard(HERE, MessageId(10), begin);
        ears.found(HERE, &[MessageId(11)], begin + minutes(2));
        ears.heard(HERE, MessageId(11), begin + minutes(3));
        assert_eq!(ears.found(HERE, &[MessageId(11)], begin + minutes(9)), None);
        // It was deleted.
        ears.found(HERE, &[MessageId(12)], begin + minutes(10));
        assert_eq!(ears.found(HERE, &[], begin + minutes(12)), None);
        assert_eq!(
            ears.found(HERE, &[MessageId(13)], begin + minutes(14)),
            None
        );
    }

    #[test]
    fn what_was_said_before_a_new_session_is_not_waited_for() {
        let begin = Instant::now();
        let mut ears = Ears::new(TEN, begin);
        ears.began(begin);
        ears.heard(HERE, MessageId(10), begin);
        ears.began(begin);
        let first = begin + minutes(2);
        assert_eq!(looks_at(&mut ears, first), [(HERE, None)]);
        assert_eq!(ears.found(HERE, &[MessageId(19)], first), None);
        let second = begin + minutes(4);
        assert_eq!(looks_at(&mut ears, second), [(HERE, Some(MessageId(19)))]);
        assert_eq!(ears.found(HERE, &[MessageId(20)], second), None);
        let third = begin + minutes(6);
        assert!(ears.found(HERE, &[MessageId(20)], third).is_some());
    }

    #[test]
    fn without_a_connection_no_message_is_waited_for() {
        let begin = Instant::now();
        let mut ears = Ears::new(TEN, begin);
        ears.began(begin);
        ears.heard(HERE, MessageId(10), begin);
        assert_eq!(ears.found(HERE, &[MessageId(11)], begin), None);
        ears.ended();
        assert_eq!(ears.duty(begin + minutes(4)), Duty::Nothing);
        ears.resumed(begin + minutes(5));
        let again = begin + minutes(6);
        assert_eq!(looks_at(&mut ears, again), [(HERE, Some(MessageId(10)))]);
        assert_eq!(ears.found(HERE, &[MessageId(11)], again), None);
    }

    #[test]
    fn the_last_five_channels_are_looked_at() {
        let begin = Instant::now();
        let mut ears = Ears::new(TEN, begin);
        ears.began(begin);
        for id in [1, 2, 3, 4, 5, 6, 2] {
            ears.heard(ChannelId(id), MessageId(100), begin);
        }
        let looked = looks_at(&mut ears, begin + minutes(2));
        let channels: Vec<_> = looked.iter().map(|(channel, _)| channel.0).collect();
        assert_eq!(channels, [2, 6, 5, 4, 3]);
        ears.forget(ChannelId(6));
        assert_eq!(looks_at(&mut ears, begin + minutes(4)).len(), 4);
    }
}
