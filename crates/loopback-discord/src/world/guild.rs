//! Guilds, users, and membership.

use super::Permissions;
use crate::Snowflake;

/// A guild, which people call a server.
#[derive(Clone, Debug)]
pub struct Guild {
    /// Its id, which is also the id of its `@everyone` role.
    pub id: Snowflake,
    /// Its name.
    pub name: String,
    /// Its owner.
    pub owner: Snowflake,
    /// Its roles, without `@everyone`.
    pub roles: Vec<Role>,
    /// Its members.
    pub members: Vec<Member>,
}

/// A role of a guild.
#[derive(Clone, Debug)]
pub struct Role {
    /// Its id.
    pub id: Snowflake,
    /// Its name.
    pub name: String,
    /// What it allows beyond `@everyone`.
    pub permissions: Permissions,
    /// The bot that it was made for when that joined, and that alone has it.
    pub bot: Option<Snowflake>,
}

/// A user's membership in a guild.
#[derive(Clone, Debug)]
pub struct Member {
    /// The user.
    pub user: Snowflake,
    /// The user's roles in the guild.
    pub roles: Vec<Snowflake>,
}

/// A person or a bot.
#[derive(Clone, Debug)]
pub struct User {
    /// Their id.
    pub id: Snowflake,
    /// Their unique name, lower case.
    pub name: String,
    /// The name that is shown.
    pub display_name: String,
    /// Whether it is a bot.
    pub bot: bool,
    /// Whether they take direct messages from the bot.
    pub(crate) accepts_dms: bool,
}

impl Guild {
    /// The membership of a user, if they are a member.
    #[must_use]
    pub fn member(&self, user: Snowflake) -> Option<&Member> {
        self.members.iter().find(|member| member.user == user)
    }

    /// What a user may do in the guild, before the overwrites of channels.
    pub(crate) fn permissions(&self, user: Snowflake) -> Permissions {
        if user == self.owner {
            return Permissions::ALL;
        }
        let roles = self.member(user).map_or(&[][..], |member| &member.roles);
        let own = self.roles.iter().filter(|role| roles.contains(&role.id));
        own.fold(Permissions::EVERYONE, |all, role| all | role.permissions)
    }
}
