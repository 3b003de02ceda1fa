//! Discord's ids, one type for each kind, so that a channel is never taken for a person.
//!
//! A snowflake is an unsigned 64-bit number whose upper 42 bits count the milliseconds since 2015-01-01
//! (Discord developer docs, "Reference: Snowflakes"). It is written as a decimal string wherever a person or
//! JSON reads it.

use std::{fmt, num::ParseIntError, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

macro_rules! snowflake {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub u64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                fmt::Display::fmt(&self.0, f)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.0)
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
    };
}

snowflake! {
    /// A text channel, a thread or a direct-message channel.
    ChannelId
}
snowflake! {
    /// A guild ("server").
    GuildId
}
snowflake! {
    /// A message.
    MessageId
}
snowflake! {
    /// A role of a guild.
    RoleId
}
snowflake! {
    /// A person, a bot or a webhook.
    UserId
}
