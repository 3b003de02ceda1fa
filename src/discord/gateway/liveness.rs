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
mod tests {
    use super::*;

    const HERE: ChannelId = ChannelId(1);
    const TEN: Duration = Duration::from_mins(10);

    fn minutes(minutes: u64) -> Duration {
        Duration::from_mins(minutes)
    }

    /// Messages that the gateway delivers.
    fn others(ids: &[u64]) -> Vec<Held> {
        held(ids, true)
    }

    /// Messages of the bot's own.
    fn own(ids: &[u64]) -> Vec<Held> {
        held(ids, false)
    }

    fn held(ids: &[u64], is_delivered: bool) -> Vec<Held> {
        let ids = ids.iter().map(|id| MessageId(*id));
        ids.map(|id| Held { id, is_delivered }).collect()
    }

    /// What comes of asking for these.
    fn found(liveness: &mut Liveness, held: &[Held], now: Instant) -> Option<Fatal> {
        liveness.is_asking = true;
        liveness.found(HERE, held, now)
    }

    fn looks_at(liveness: &mut Liveness, now: Instant) -> Vec<(ChannelId, Option<MessageId>)> {
        match liveness.duty(now) {
            Duty::Channels(channels) => channels,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_connection_without_a_sign_of_life_is_given_up_if_discord_answers() {
        let begin = Instant::now();
        let mut liveness = Liveness::new(TEN, begin);
        liveness.began(begin);
        let latency = |ms| Some(Duration::from_millis(ms));
        liveness.pulse(true, None, begin + minutes(2));
        // A heartbeat is acknowledged; then no more, though the connection seems to be there.
        liveness.pulse(true, latency(7), begin + minutes(8));
        liveness.pulse(true, latency(7), begin + minutes(10));
        liveness.pulse(true, latency(7), begin + minutes(11));
        liveness.pulse(false, latency(7), begin + minutes(12));
        assert_eq!(liveness.duty(begin + minutes(19)), Duty::Nothing);
        assert_eq!(liveness.rest_answers(begin + minutes(19)), None);
        assert_eq!(liveness.duty(begin + minutes(20)), Duty::Rest);
        assert!(liveness.rest_answers(begin + minutes(20)).is_some());
        // After an outage of everything it has time to come back.
        liveness.rest_is_silent(begin + minutes(20));
        assert_eq!(liveness.duty(begin + minutes(29)), Duty::Nothing);
        assert_eq!(liveness.duty(begin + minutes(30)), Duty::Rest);
        // It came back while Discord was asked.
        liveness.resumed(begin + minutes(30));
        assert_eq!(liveness.rest_answers(begin + minutes(30)), None);
    }

    #[test]
    fn who_waits_on_purpose_is_not_deaf() {
        let begin = Instant::now();
        let mut liveness = Liveness::new(TEN, begin);
        liveness.waits(minutes(60), begin);
        assert_eq!(liveness.duty(begin + minutes(69)), Duty::Nothing);
        assert_eq!(liveness.duty(begin + minutes(70)), Duty::Rest);
    }

    #[test]
    fn a_message_that_is_there_and_does_not_come_is_deafness() {
        let begin = Instant::now();
        let mut liveness = Liveness::new(TEN, begin);
        liveness.began(begin);
        liveness.heard(HERE, MessageId(10), begin);
        let (first, second) = (begin + minutes(2), begin + minutes(4));
        assert_eq!(liveness.duty(begin + minutes(1)), Duty::Nothing);
        assert_eq!(
            looks_at(&mut liveness, first),
            [(HERE, Some(MessageId(10)))]
        );
        assert_eq!(found(&mut liveness, &others(&[11]), first), None);
        assert_eq!(liveness.duty(first + minutes(1)), Duty::Nothing);
        looks_at(&mut liveness, second);
        let deaf = found(&mut liveness, &others(&[11, 12]), second);
        assert!(matches!(deaf, Some(Fatal::Deaf(_))), "{deaf:?}");
    }

    #[test]
    fn a_message_that_is_late_is_none() {
        let begin = Instant::now();
        let mut liveness = Liveness::new(TEN, begin);
        liveness.began(begin);
        liveness.heard(HERE, MessageId(10), begin);
        found(&mut liveness, &others(&[11]), begin + minutes(2));
        liveness.heard(HERE, MessageId(11), begin + minutes(3));
        assert_eq!(
            found(&mut liveness, &others(&[11]), begin + minutes(9)),
            None
        );
        // It was deleted.
        found(&mut liveness, &others(&[12]), begin + minutes(10));
        assert_eq!(
            found(&mut liveness, &others(&[]), begin + minutes(12)),
            None
        );
        assert_eq!(
            found(&mut liveness, &others(&[13]), begin + minutes(14)),
            None
        );
    }

    #[test]
    fn what_was_said_before_a_new_session_is_not_waited_for() {
        let begin = Instant::now();
        let mut liveness = Liveness::new(TEN, begin);
        liveness.began(begin);
        liveness.heard(HERE, MessageId(10), begin);
        liveness.began(begin);
        let first = begin + minutes(2);
        assert_eq!(looks_at(&mut liveness, first), [(HERE, None)]);
        assert_eq!(found(&mut liveness, &others(&[19]), first), None);
        let second = begin + minutes(4);
        assert_eq!(
            looks_at(&mut liveness, second),
            [(HERE, Some(MessageId(19)))]
        );
        assert_eq!(found(&mut liveness, &others(&[20]), second), None);
        let third = begin + minutes(6);
        assert!(found(&mut liveness, &others(&[20]), third).is_some());
    }

    #[test]
    fn what_was_said_long_before_a_new_session_is_not_waited_for_either() {
        let begin = Instant::now();
        let mut liveness = Liveness::new(TEN, begin);
        liveness.began(begin);
        liveness.heard(HERE, MessageId(10), begin);
        liveness.began(begin);
        let last = [11, 12, 13, 14, 15];
        assert_eq!(found(&mut liveness, &own(&last), begin + minutes(2)), None);
        let looked = looks_at(&mut liveness, begin + minutes(4));
        assert_eq!(looked, [(HERE, Some(MessageId(15)))]);
        for at in [4, 6, 8] {
            let ancient = others(&[3]);
            assert_eq!(found(&mut liveness, &ancient, begin + minutes(at)), None);
        }
        let at = |at| begin + minutes(at);
        assert_eq!(found(&mut liveness, &others(&[16]), at(10)), None);
        assert!(found(&mut liveness, &others(&[16]), at(12)).is_some());
    }

    #[test]
    fn an_answer_to_a_question_of_before_a_new_session_says_nothing() {
        let begin = Instant::now();
        let mut liveness = Liveness::new(TEN, begin);
        liveness.began(begin);
        liveness.heard(HERE, MessageId(10), begin);
        let first = begin + minutes(2);
        assert_eq!(
            looks_at(&mut liveness, first),
            [(HERE, Some(MessageId(10)))]
        );
        liveness.began(first);
        // The oldest of many that were missed: what follows them is not delivered either.
        let page = others(&[11, 12, 13, 14, 15]);
        assert_eq!(liveness.found(HERE, &page, first), None);
        let second = begin + minutes(4);
        assert_eq!(looks_at(&mut liveness, second), [(HERE, None)]);
    }

    #[test]
    fn in_a_channel_that_holds_nothing_nothing_is_waited_for() {
        let begin = Instant::now();
        let mut liveness = Liveness::new(TEN, begin);
        liveness.began(begin);
        liveness.heard(HERE, MessageId(10), begin);
        liveness.began(begin);
        assert_eq!(found(&mut liveness, &[], begin + minutes(2)), None);
        let looked = looks_at(&mut liveness, begin + minutes(4));
        assert_eq!(looked, [(HERE, None)]);
    }

    #[test]
    fn a_message_behind_many_of_the_bots_own_is_found() {
        let begin = Instant::now();
        let mut liveness = Liveness::new(TEN, begin);
        liveness.began(begin);
        liveness.heard(HERE, MessageId(10), begin);
        let page = own(&[11, 12, 13, 14, 15]);
        assert_eq!(found(&mut liveness, &page, begin + minutes(2)), None);
        let looked = looks_at(&mut liveness, begin + minutes(4));
        assert_eq!(looked, [(HERE, Some(MessageId(15)))]);
    }

    #[test]
    fn without_a_connection_no_message_is_waited_for() {
        let begin = Instant::now();
        let mut liveness = Liveness::new(TEN, begin);
        liveness.began(begin);
        liveness.heard(HERE, MessageId(10), begin);
        assert_eq!(found(&mut liveness, &others(&[11]), begin), None);
        liveness.ended();
        assert_eq!(liveness.duty(begin + minutes(4)), Duty::Nothing);
        liveness.resumed(begin + minutes(5));
        let again = begin + minutes(6);
        assert_eq!(
            looks_at(&mut liveness, again),
            [(HERE, Some(MessageId(10)))]
        );
        assert_eq!(found(&mut liveness, &others(&[11]), again), None);
    }

    #[test]
    fn the_last_five_channels_are_looked_at() {
        let begin = Instant::now();
        let mut liveness = Liveness::new(TEN, begin);
        liveness.began(begin);
        for id in [1, 2, 3, 4, 5, 6, 2] {
            liveness.heard(ChannelId(id), MessageId(100), begin);
        }
        let looked = looks_at(&mut liveness, begin + minutes(2));
        let channels: Vec<_> = looked.iter().map(|(channel, _)| channel.0).collect();
        assert_eq!(channels, [2, 6, 5, 4, 3]);
        liveness.forget(ChannelId(6));
        assert_eq!(looks_at(&mut liveness, begin + minutes(4)).len(), 4);
    }
}
