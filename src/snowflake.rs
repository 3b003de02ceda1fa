//! Discord's IDs, with a type for each kind.
//!
//! A snowflake is an unsigned 64-bit number whose upper 42 bits count milliseconds since 2015-01-01 (Discord developer
//! docs, "Reference: Snowflakes"). In JSON it is a decimal string.

use std::{fmt, num::ParseIntError, str::FromStr};

use chrono::{DateTime, Utc};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

macro_rules! snowflakes {
    ($($(#[$doc:meta])* $name:ident,)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl FromStr for $name {
            type Err = ParseIntError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }

        impl Serialize for $name {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(&self.0)
            }
        }

        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map(Self).map_err(de::Error::custom)
            }
        }
    )*};
}

snowflakes! {
    /// A text channel, a thread or a direct-message channel.
    ChannelId,
    /// A guild ("server").
    GuildId,
    MessageId,
    RoleId,
    /// A person, a bot or a webhook.
    UserId,
}

/// Discord's epoch, 2015-01-01, in Unix milliseconds.
const EPOCH: i64 = 1_420_070_400_000;

impl MessageId {
    /// When the message was sent, with millisecond precision.
    pub fn sent_at(self) -> DateTime<Utc> {
        // 42 bits fit into an `i64`.
        let since = i64::try_from(self.0 >> 22).unwrap_or(i64::MAX);
        DateTime::from_timestamp_millis(EPOCH.saturating_add(since)).unwrap_or(DateTime::UNIX_EPOCH)
    }

    /// The smallest ID of a message sent at `time`; 0 before Discord's epoch.
    pub fn at(time: DateTime<Utc>) -> Self {
        let since = time.timestamp_millis().saturating_sub(EPOCH);
        Self(u64::try_from(since).map_or(0, |since| since << 22))
    }
}
