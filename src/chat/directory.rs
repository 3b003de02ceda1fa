//! What is known about channels and people: their names, and which channels are threads of which.

use std::{
    collections::HashMap,
    sync::{Arc, PoisonError, RwLock},
};

use super::Place;
use crate::snowflake::{ChannelId, GuildId, RoleId, UserId};

/// The places that the chat service has described, also after they are deleted: their last turn may still run. Clones
/// share one directory.
///
/// A thread follows the rules of its channel, so nothing runs in a channel of a guild before the channel is known here.
#[derive(Debug, Clone, Default)]
pub struct Directory(Arc<RwLock<Known>>);

#[derive(Debug, Default)]
struct Known {
    places: HashMap<ChannelId, Place>,
    guilds: HashMap<GuildId, String>,
    people: HashMap<UserId, String>,
    /// The roles' names, and of those that a bot has to itself, which bot.
    roles: HashMap<RoleId, (String, Option<UserId>)>,
    /// The forums with the names of their tags.
    forums: HashMap<ChannelId, HashMap<u64, String>>,
    /// The largest file that may be attached, where that is known.
    guild_limits: HashMap<GuildId, u64>,
}

/// The largest file that Discord takes everywhere, in bytes (Discord developer docs, "Uploading files").
const ATTACHMENT_LIMIT: u64 = 10 * 1024 * 1024;

impl Directory {
    /// Whether `channel` has been described.
    pub fn knows(&self, channel: ChannelId) -> bool {
        self.read(|known| known.places.contains_key(&channel))
    }

    /// What is known about `channel`, including its guild's name.
    pub fn place(&self, channel: ChannelId) -> Option<Place> {
        self.read(|known| {
            let mut place = known.places.get(&channel)?.clone();
            let guild_name = place.guild.and_then(|guild| known.guilds.get(&guild));
            place.guild_name = guild_name.cloned().or(place.guild_name);
            Some(place)
        })
    }

    /// The guild of `channel`, where it has one; `None` if the channel has not been described.
    pub fn guild(&self, channel: ChannelId) -> Option<Option<GuildId>> {
        self.read(|known| Some(known.places.get(&channel)?.guild))
    }

    /// The channel that `thread` belongs to; `None` if it is no thread or not known.
    pub fn parent(&self, thread: ChannelId) -> Option<ChannelId> {
        self.read(|known| known.places.get(&thread)?.parent)
    }

    /// Remembers a place. A place without a name or tags keeps those that were known before.
    pub fn learn(&self, place: &Place) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let before = known.places.insert(place.channel, place.clone());
        let Some((before, entry)) = before.zip(known.places.get_mut(&place.channel)) else {
            return;
        };
        entry.name = entry.name.take().or(before.name);
        entry.tags = entry.tags.take().or(before.tags);
    }

    /// Remembers a guild's name.
    pub fn learn_guild(&self, guild: GuildId, name: &str) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.guilds.insert(guild, name.to_owned());
    }

    /// Remembers the name of somebody who talks to the bot.
    pub fn learn_person(&self, person: UserId, name: &str) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.people.insert(person, name.to_owned());
    }

    /// A person's name, once they have talked to the bot.
    #[must_use]
    pub fn person(&self, person: UserId) -> Option<String> {
        self.read(|known| known.people.get(&person).cloned())
    }

    /// Remembers a role's name, and the bot that has the role to itself.
    pub fn learn_role(&self, role: RoleId, name: &str, bot: Option<UserId>) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.roles.insert(role, (name.to_owned(), bot));
    }

    /// Remembers that a channel is a forum with these tags.
    pub fn learn_forum(&self, forum: ChannelId, tags: HashMap<u64, String>) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.forums.insert(forum, tags);
    }

    /// The names of these tags; `None` if the channel is no forum.
    pub fn tags(&self, forum: ChannelId, tags: &[u64]) -> Option<Vec<String>> {
        self.read(|known| {
            let names = known.forums.get(&forum)?;
            Some(
                tags.iter()
                    .filter_map(|tag| names.get(tag).cloned())
                    .collect(),
            )
        })
    }

    /// A role's name.
    pub fn role_name(&self, role: RoleId) -> Option<String> {
        self.read(|known| Some(known.roles.get(&role)?.0.clone()))
    }

    /// Whether a bot has the role to itself.
    pub fn is_role_of(&self, role: RoleId, bot: UserId) -> bool {
        self.read(|known| {
            known
                .roles
                .get(&role)
                .is_some_and(|(_, its)| *its == Some(bot))
        })
    }

    /// The largest file that may be attached in a channel, in bytes.
    pub fn attachment_limit(&self, channel: ChannelId) -> u64 {
        self.read(|known| {
            let guild = known.places.get(&channel).and_then(|place| place.guild);
            let of_guild = guild.and_then(|guild| known.guild_limits.get(&guild));
            of_guild.copied().unwrap_or(ATTACHMENT_LIMIT)
        })
    }

    /// Remembers the largest file that may be attached in a guild.
    pub fn learn_guild_limit(&self, guild: GuildId, bytes: u64) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        known.guild_limits.insert(guild, bytes);
    }

    /// Remembers that no larger file may be attached in a guild.
    pub fn lower_guild_limit(&self, guild: GuildId, bytes: u64) {
        let mut known = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let limit = known.guild_limits.entry(guild).or_insert(ATTACHMENT_LIMIT);
        *limit = bytes.min(*limit);
    }

    fn read<T>(&self, read: impl FnOnce(&Known) -> T) -> T {
        read(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }
}
