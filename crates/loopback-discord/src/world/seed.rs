//! How a world starts.

use std::{collections::BTreeMap, time::Duration};

use super::{Application, World};
use crate::{Snowflake, snowflake::SnowflakeGenerator};

/// How long before the start accounts and channels were created, so that their ids are older than
/// any message's.
const AGE_MS: u64 = 90 * 24 * 60 * 60 * 1000;

/// What a world starts with.
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
    pub(crate) interaction_deadline: Duration,
    pub(crate) interaction_token_life: Duration,
    pub(crate) nonce_memory: Duration,
    pub(crate) file_url_life: Duration,
    pub(crate) premium_tier: u8,
    pub(crate) file_limit: Option<usize>,
}

/// The ids of what a world started with.
#[derive(Clone, Debug)]
pub(crate) struct SeedIds {
    pub(crate) guild: Snowflake,
    pub(crate) owner: Snowflake,
    pub(crate) member: Snowflake,
    pub(crate) stranger: Snowflake,
    pub(crate) role: Snowflake,
    pub(crate) team: Vec<Snowflake>,
}

impl Seed {
    /// The world at its start.
    pub(crate) fn build(&self, now: u64) -> (World, SeedIds) {
        let then = now.saturating_sub(AGE_MS);
        let mut ids = SnowflakeGenerator::default();
        let (application, team_id) = (ids.next(then), ids.next(then));
        // Replaced below, once there are users.
        let nobody = Snowflake::new(0);
        let mut world = World {
            ids,
            application: Application {
                id: application,
                owner: nobody,
                team: None,
                team_id,
                message_content: self.message_content,
                interaction_deadline: self.interaction_deadline,
                interaction_token_life: self.interaction_token_life,
            },
            bot: nobody,
            file_server: "https://cdn.discordapp.com".to_owned(),
            file_url_life: self.file_url_life,
            premium_tier: self.premium_tier,
            file_limit: self.file_limit,
            guilds: Vec::new(),
            users: Vec::new(),
            channels: Vec::new(),
            messages: BTreeMap::new(),
            files: BTreeMap::new(),
            commands: Vec::new(),
            nonces: BTreeMap::new(),
            nonce_memory: self.nonce_memory,
            interactions: BTreeMap::new(),
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
        world.add_member(guild, member, Some(role));
        for user in [stranger].iter().chain(&team) {
            world.add_member(guild, *user, None);
        }
        for name in &self.channels {
            world.add_text_channel(guild, name, then);
        }
        for user in [owner, member, stranger] {
            world.open_direct(user, then);
        }
        let ids = SeedIds {
            guild,
            owner,
            member,
            stranger,
            role,
            team,
        };
        (world, ids)
    }
}
