//! People who may not talk to the bot: each is told why once, and nobody can use that to make the bot talk.

use std::collections::HashMap;

use chrono::{DateTime, TimeDelta, Utc};

use crate::snowflake::{ChannelId, UserId};

/// After this time a person is told again in a channel.
const AGAIN: TimeDelta = TimeDelta::days(1);

/// How many people are told in a channel within an hour.
const MOST: usize = 5;

/// When each person was told in each channel.
#[derive(Debug, Default)]
pub(super) struct Strangers(HashMap<(ChannelId, UserId), DateTime<Utc>>);

impl Strangers {
    /// Whether a person is to be told now, which counts as told.
    pub(super) fn tell(&mut self, channel: ChannelId, person: UserId, now: DateTime<Utc>) -> bool {
        self.0.retain(|_, told| now - *told < AGAIN);
        if self.0.contains_key(&(channel, person)) {
            return false;
        }
        let hour = now - TimeDelta::hours(1);
        let recent = self.0.iter();
        let recent = recent.filter(|((place, _), told)| *place == channel && **told > hour);
        let tells = recent.count() < MOST;
        if tells {
            self.mark_told(channel, person, now);
        }
        tells
    }

    /// The person has been told in private.
    pub(super) fn mark_told(&mut self, channel: ChannelId, person: UserId, now: DateTime<Utc>) {
        self.0.insert((channel, person), now);
    }
}

#[cfg(test)]
mod tests;
