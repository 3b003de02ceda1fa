use std::fmt;

use crate::snowflake::UserId;

/// The author of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Speaker {
    /// The only field that the author cannot choose.
    pub id: UserId,
    /// The display name as Discord has it, not sanitized.
    pub name: String,
    /// What the author may ask for.
    pub role: Role,
}

/// What an author may ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    /// The owner of the Discord application, or a member of its team.
    Owner,
    /// Listed under `discord.admins`.
    Admin,
    /// Anyone else who may talk to the bot.
    Member,
    /// A bot or webhook that is listed in the configuration.
    Bot,
}

impl Role {
    /// Whether the author may change models, clear sessions and see the usage of others.
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
