//! Who a message is from.

use std::fmt;

use crate::snowflake::UserId;

/// Who a message is from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Speaker {
    /// The only part that nobody can choose.
    pub id: UserId,
    /// The display name, as Discord has it; cleaned where it is used.
    pub name: String,
    /// What this person may ask for.
    pub role: Role,
}

/// What a person may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// The owner of the Discord application, or one of its team.
    Owner,
    /// Listed under `discord.admins`.
    Admin,
    /// Anyone else who may talk to the bot.
    Member,
    /// Another bot, or a webhook, that is listed: no person at all.
    Bot,
}

impl Role {
    /// Whether this person may change models, clear sessions and see the usage of others.
    #[must_use]
    pub fn is_admin(self) -> bool {
        matches!(self, Self::Owner | Self::Admin)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Owner => "owner",
            Self::Admin => "admin",
            Self::Member => "member",
            Self::Bot => "bot",
        })
    }
}
