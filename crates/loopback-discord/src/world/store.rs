//! The world itself: everything that exists, how it is found, and how guilds and people are added.

use std::{collections::BTreeMap, time::Duration};

use serde_json::Value;

use super::{
    Channel, Guild, Interaction, InteractionKind, Member, Message, Permissions, Role, StoredFile,
    User,
};
use crate::{Snowflake, snowflake::SnowflakeGenerator};

/// The app that the bot belongs to.
#[derive(Debug)]
pub(crate) struct Application {
    pub(crate) id: Snowflake,
    pub(crate) owner: Snowflake,
    /// The accepted members of the team that owns it, if a team does.
    pub(crate) team: Option<Vec<Snowflake>>,
    pub(crate) team_id: Snowflake,
    /// Whether the message content intent is enabled in the developer portal.
    pub(crate) message_content: bool,
    /// How long it has for the first response to an interaction.
    pub(crate) interaction_deadline: Duration,
    /// How long an interaction's token is valid.
    pub(crate) interaction_token_life: Duration,
}

/// Everything that exists.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) ids: SnowflakeGenerator,
    pub(crate) application: Application,
    /// The bot's user.
    pub(crate) bot: Snowflake,
    /// The base URL of attachments, without a slash at its end.
    pub(crate) file_server: String,
    /// How long the URL of an attachment is valid.
    pub(crate) file_url_life: Duration,
    /// The boost tier of all guilds.
    pub(crate) premium_tier: u8,
    /// The largest file that the bot may send, if the tier does not say.
    pub(crate) file_limit: Option<usize>,
    pub(crate) guilds: Vec<Guild>,
    /// In the order in which they were created.
    pub(crate) users: Vec<User>,
    /// In the order in which they were created.
    pub(crate) channels: Vec<Channel>,
    pub(crate) messages: BTreeMap<Snowflake, Message>,
    /// The files of messages, by the attachment's id.
    pub(crate) files: BTreeMap<Snowflake, StoredFile>,
    /// The last message of each author in each channel with each nonce.
    pub(crate) nonces: BTreeMap<(Snowflake, Snowflake, String), Snowflake>,
    /// How long an enforced nonce is remembered.
    pub(crate) nonce_memory: Duration,
    /// Registered commands, as Discord returns them.
    pub(crate) commands: Vec<Value>,
    pub(crate) interactions: BTreeMap<Snowflake, Interaction>,
}

impl World {
    pub(crate) fn user(&self, id: Snowflake) -> Option<&User> {
        self.users.iter().find(|user| user.id == id)
    }

    pub(crate) fn guild(&self, id: Snowflake) -> Option<&Guild> {
        self.guilds.iter().find(|guild| guild.id == id)
    }

    fn guild_mut(&mut self, id: Snowflake) -> Option<&mut Guild> {
        self.guilds.iter_mut().find(|guild| guild.id == id)
    }

    pub(crate) fn interaction_by_token(&self, token: &str) -> Option<&Interaction> {
        self.interactions
            .values()
            .find(|interaction| interaction.token == token)
    }

    pub(crate) fn add_interaction(
        &mut self,
        channel: Snowflake,
        user: Snowflake,
        kind: InteractionKind,
        now: u64,
    ) -> Snowflake {
        let id = self.ids.next(now);
        let interaction = Interaction {
            id,
            // Discord's own begin with "interaction:" in base64, too.
            token: format!("aW50ZXJhY3Rpb246{0}{0}", uuid::Uuid::new_v4().simple()),
            channel,
            user,
            kind,
            acknowledgement: None,
            original: None,
            followups: Vec::new(),
        };
        self.interactions.insert(id, interaction);
        id
    }

    pub(crate) fn add_user(&mut self, display_name: &str, bot: bool, now: u64) -> Snowflake {
        let id = self.ids.next(now);
        self.users.push(User {
            id,
            name: user_name(display_name),
            display_name: display_name.to_owned(),
            bot,
            accepts_dms: true,
        });
        id
    }

    /// Whether `user` takes direct messages from the bot.
    pub(crate) fn set_accepts_dms(&mut self, user: Snowflake, accepts: bool) {
        for found in self.users.iter_mut().filter(|found| found.id == user) {
            found.accepts_dms = accepts;
        }
    }

    /// The largest file that the bot may send (Discord's help center, "File attachments").
    pub(crate) fn max_file_bytes(&self) -> usize {
        let megabytes = match self.premium_tier {
            2 => 50,
            3 => 100,
            _ => 10,
        };
        self.file_limit.unwrap_or(megabytes * 1024 * 1024)
    }

    pub(crate) fn add_guild(&mut self, name: &str, owner: Snowflake, now: u64) -> Snowflake {
        let id = self.ids.next(now);
        let role = Role {
            id: self.ids.next(now),
            name: self
                .user(self.bot)
                .map_or_else(String::new, |bot| bot.display_name.clone()),
            permissions: Permissions::NONE,
            bot: Some(self.bot),
        };
        let members = [(owner, Vec::new()), (self.bot, vec![role.id])];
        let members = members.map(|(user, roles)| Member { user, roles });
        self.guilds.push(Guild {
            id,
            name: name.to_owned(),
            owner,
            roles: vec![role],
            members: members.into(),
        });
        id
    }

    pub(crate) fn add_role(&mut self, guild: Snowflake, name: &str, now: u64) -> Snowflake {
        let id = self.ids.next(now);
        if let Some(guild) = self.guild_mut(guild) {
            guild.roles.push(Role {
                id,
                name: name.to_owned(),
                permissions: Permissions::NONE,
                bot: None,
            });
        }
        id
    }

    /// Sets what a role allows. Returns whether there is such a role.
    pub(crate) fn set_role_permissions(
        &mut self,
        guild: Snowflake,
        role: Snowflake,
        permissions: Permissions,
    ) -> bool {
        let roles = self.guild_mut(guild).map(|guild| &mut guild.roles);
        let mut roles = roles.into_iter().flatten();
        let found = roles.find(|found| found.id == role);
        found.is_some_and(|found| {
            found.permissions = permissions;
            true
        })
    }

    /// Makes a user a member of a guild if they are not, and gives them a role if one is named.
    pub(crate) fn add_member(
        &mut self,
        guild: Snowflake,
        user: Snowflake,
        role: Option<Snowflake>,
    ) {
        let Some(guild) = self.guild_mut(guild) else {
            return;
        };
        if guild.member(user).is_none() {
            guild.members.push(Member {
                user,
                roles: Vec::new(),
            });
        }
        for member in guild
            .members
            .iter_mut()
            .filter(|member| member.user == user)
        {
            member.roles.extend(role);
        }
    }
}

/// A user name for a display name: lower case, and only characters that Discord allows.
fn user_name(display_name: &str) -> String {
    display_name
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect()
}
