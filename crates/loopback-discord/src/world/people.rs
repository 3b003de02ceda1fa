//! Guilds, users, and what a user is in a guild.

use crate::Snowflake;

/// A server.
#[derive(Clone, Debug)]
pub struct Guild {
    /// Its id, which is also the id of its `@everyone` role.
    pub id: Snowflake,
    /// Its name.
    pub name: String,
    /// Who owns it.
    pub owner: Snowflake,
    /// Its roles, without `@everyone`.
    pub roles: Vec<Role>,
    /// Who is in it.
    pub members: Vec<Member>,
}

/// A role of a guild.
#[derive(Clone, Debug)]
pub struct Role {
    /// Its id.
    pub id: Snowflake,
    /// Its name.
    pub name: String,
}

/// What a user is in one guild.
#[derive(Clone, Debug)]
pub struct Member {
    /// The user.
    pub user: Snowflake,
    /// The roles they hold there.
    pub roles: Vec<Snowflake>,
}

/// A person, or a bot.
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
}

impl Guild {
    /// What a user is here, if they are a member.
    #[must_use]
    pub fn member(&self, user: Snowflake) -> Option<&Member> {
        self.members.iter().find(|member| member.user == user)
    }
}
