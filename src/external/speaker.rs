use std::fmt;

use crate::snowflake::UserId;

/// The author of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Speaker {
    /// The only field that the author cannot choose.
    pub id: UserId,
    /// The display name, not sanitized.
    pub name: String,
    pub role: Role,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// The owner of the Discord application, or a member of its team.
    Owner,
    /// Listed under `discord.admins`.
    Admin,
    /// Anyone else who may use the bot.
    Member,
    /// A bot or webhook listed in the configuration.
    Bot,
}

impl Role {
    /// Whether the author may change models, clear sessions and see the usage of others.
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
