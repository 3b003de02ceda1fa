//! What a world is made from.

use std::time::Duration;

use super::{Application, ChannelKind, World};
use crate::{Snowflake, snowflake::Mint};

/// How many seconds before the start the accounts and channels were made, so that their ids are
/// older than any message's.
const AGE_MS: u64 = 90 * 24 * 60 * 60 * 1000;

/// The plan of a world.
#[derive(Debug)]
pub(crate) struct Seed {
    pub(crate) bot: String,
    pub(crate) guild: String,
    pub(crate) channels: Vec<String>,
    pub(crate) owner: String,
    pub(crate) member: String,
    pub(crate) stranger: String,
    pub(crate) role: String,
    pub(crate) team: Vec<String>,
    pub(crate) message_content: bool,
    pub(crate) patience: Duration,
    pub(crate) nonce_memory: Duration,
}

/// Who is who in a fresh world.
#[derive(Clone, Debug)]
pub(crate) struct Cast {
    pub(crate) guild: Snowflake,
    pub(crate) owner: Snowflake,
    pub(crate) member: Snowflake,
    pub(crate) stranger: Snowflake,
    pub(crate) role: Snowflake,
    pub(crate) team: Vec<Snowflake>,
}

impl Seed {
    /// The world at its start.
    pub(crate) fn grow(&self, now: u64) -> (World, Cast) {
        let then = now.saturating_sub(AGE_MS);
        let mut mint = Mint::default();
        let (application, team_id) = (mint.mint(then), mint.mint(then));
        let nobody = Snowflake::new(0);
        let mut world = World {
            mint,
            application: Application {
                id: application,
                owner: nobody,
                team: None,
                team_id,
                message_content: self.message_content,
                patience: self.patience,
            },
            bot: nobody,
            file_server: "https://cdn.discordapp.com".to_owned(),
            guilds: Vec::new(),
            users: Vec::new(),
            channels: Vec::new(),
            messages: std::collections::BTreeMap::new(),
            commands: Vec::new(),
            nonces: std::collections::BTreeMap::new(),
            nonce_memory: self.nonce_memory,
            interactions: std::collections::BTreeMap::new(),
        };
        let owner = world.add_user(&self.owner, false, then);
        let member = world.add_user(&self.member, false, then);
        let stranger = world.add_user(&self.stranger, false, then);
        let team: Vec<_> = self
            .team
            .iter()
            .map(|name| world.add_user(name, false, then))
            .collect();
        world.bot = world.add_user(&self.bot, true, then);
        world.application.owner = owner;
        if !team.is_empty() {
            world.application.team = Some(team.clone());
        }
        let guild = world.add_guild(&self.guild, owner, then);
        let role = world.add_role(guild, &self.role, then);
        world.join(guild, member, Some(role));
        for user in [stranger].iter().chain(&team) {
            world.join(guild, *user, None);
        }
        for name in &self.channels {
            world.add_channel(name, ChannelKind::Text { guild }, then);
        }
        for user in [owner, member, stranger] {
            world.direct(user, then);
        }
        let cast = Cast {
            guild,
            owner,
            member,
            stranger,
            role,
            team,
        };
        (world, cast)
    }
}
