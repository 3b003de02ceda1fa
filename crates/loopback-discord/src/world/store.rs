//! The world itself: everything that exists, and the ways in which it changes.

use std::{collections::BTreeMap, time::Duration};

use serde_json::Value;

use super::{
    Allowed, Attachment, Channel, ChannelKind, Draft, Guild, Interaction, InteractionKind, Member,
    Message, Reaction, Role, User, mentioned,
};
use crate::{Snowflake, snowflake::Mint};

/// The app that the bot belongs to.
#[derive(Debug)]
pub(crate) struct Application {
    pub(crate) id: Snowflake,
    pub(crate) owner: Snowflake,
    /// The accepted members of the team that owns it, if a team does.
    pub(crate) team: Option<Vec<Snowflake>>,
    pub(crate) team_id: Snowflake,
    /// Whether the message content intent is ticked in the developer portal.
    pub(crate) message_content: bool,
    /// How long it has for the first answer to an interaction.
    pub(crate) patience: Duration,
}

/// Everything that exists.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) mint: Mint,
    pub(crate) application: Application,
    /// The bot's user.
    pub(crate) bot: Snowflake,
    /// Where files are, without a slash at its end.
    pub(crate) file_server: String,
    pub(crate) guilds: Vec<Guild>,
    /// In the order in which they were made.
    pub(crate) users: Vec<User>,
    /// In the order in which they were made.
    pub(crate) channels: Vec<Channel>,
    pub(crate) messages: BTreeMap<Snowflake, Message>,
    /// The last message of each author in each channel with each nonce.
    pub(crate) nonces: BTreeMap<(Snowflake, Snowflake, String), Snowflake>,
    /// How long an enforced nonce is remembered.
    pub(crate) nonce_memory: Duration,
    /// Registered commands, as given back by Discord.
    pub(crate) commands: Vec<Value>,
    pub(crate) interactions: BTreeMap<Snowflake, Interaction>,
}

impl World {
    pub(crate) fn user(&self, id: Snowflake) -> Option<&User> {
        self.users.iter().find(|user| user.id == id)
    }

    pub(crate) fn channel(&self, id: Snowflake) -> Option<&Channel> {
        self.channels.iter().find(|channel| channel.id == id)
    }

    pub(crate) fn guild(&self, id: Snowflake) -> Option<&Guild> {
        self.guilds.iter().find(|guild| guild.id == id)
    }

    pub(crate) fn guild_mut(&mut self, id: Snowflake) -> Option<&mut Guild> {
        self.guilds.iter_mut().find(|guild| guild.id == id)
    }

    /// The messages of a channel, oldest first.
    pub(crate) fn messages(&self, channel: Snowflake) -> impl DoubleEndedIterator<Item = &Message> {
        self.messages
            .values()
            .filter(move |message| message.channel == channel)
    }

    pub(crate) fn interaction_by_token(&mut self, token: &str) -> Option<&mut Interaction> {
        self.interactions
            .values_mut()
            .find(|interaction| interaction.token == token)
    }

    /// The message that `author` sent with this nonce a short while ago.
    pub(crate) fn sent_with_nonce(
        &self,
        author: Snowflake,
        channel: Snowflake,
        nonce: &Value,
        now: u64,
    ) -> Option<&Message> {
        let key = (author, channel, nonce.to_string());
        let found = self.messages.get(self.nonces.get(&key)?)?;
        let age = Duration::from_millis(now.saturating_sub(found.created()));
        (age <= self.nonce_memory).then_some(found)
    }

    /// Makes a message. The channel and the author are known to exist.
    pub(crate) fn post(
        &mut self,
        channel: Snowflake,
        author: Snowflake,
        draft: Draft,
        now: u64,
    ) -> Snowflake {
        let id = self.mint.mint(now);
        let replied = draft
            .reply_to
            .and_then(|id| self.messages.get(&id))
            .map(|message| message.author);
        let pings = mentioned(&draft.content, &draft.allowed, replied);
        let attachments = draft
            .files
            .into_iter()
            .map(|(name, size, content_type)| Attachment {
                id: self.mint.mint(now),
                name,
                size,
                content_type,
            })
            .collect();
        let message = Message {
            id,
            channel,
            author,
            content: draft.content.trim().to_owned(),
            history: Vec::new(),
            edited: None,
            reply_to: draft.reply_to,
            mentions: self.known_users(pings.users),
            mention_roles: self.known_roles(pings.roles),
            mention_everyone: pings.everyone,
            attachments,
            embeds: draft.embeds,
            components: draft.components,
            reactions: Vec::new(),
            nonce: draft.nonce,
            interaction: draft.interaction,
            ephemeral_to: draft.ephemeral_to,
            loading: draft.loading,
            suppress_embeds: draft.suppress_embeds,
        };
        if let Some(nonce) = &message.nonce {
            let key = (author, channel, nonce.to_string());
            self.nonces.insert(key, id);
        }
        self.messages.insert(id, message);
        id
    }

    /// Changes a message. What a field of the patch leaves out stays as it is.
    pub(crate) fn edit(&mut self, id: Snowflake, patch: Patch, now: u64) {
        let files: Vec<_> = patch
            .files
            .into_iter()
            .map(|(name, size, content_type)| Attachment {
                id: self.mint.mint(now),
                name,
                size,
                content_type,
            })
            .collect();
        let replied = self
            .messages
            .get(&id)
            .and_then(|message| self.messages.get(&message.reply_to?))
            .map(|message| message.author);
        let pings = patch
            .content
            .as_deref()
            .map(|content| mentioned(content, &patch.allowed, replied))
            .map(|pings| (self.known_users(pings.users), pings.everyone));
        let Some(message) = self.messages.get_mut(&id) else {
            return;
        };
        if let Some((users, everyone)) = pings {
            message.mentions = users;
            message.mention_everyone = everyone;
        }
        if let Some(content) = patch.content {
            let content = content.trim().to_owned();
            let old = std::mem::replace(&mut message.content, content);
            if !message.loading {
                message.history.push(old);
            }
        }
        if let Some(embeds) = patch.embeds {
            message.embeds = embeds;
        }
        if let Some(components) = patch.components {
            message.components = components;
        }
        if let Some(suppress) = patch.suppress_embeds {
            message.suppress_embeds = suppress;
        }
        message.attachments.extend(files);
        // A deferred response that is filled in does not count as edited.
        if message.loading {
            message.loading = false;
        } else {
            message.edited = Some(now);
        }
    }

    /// Puts a reaction on a message, or takes it off.
    pub(crate) fn react(&mut self, id: Snowflake, user: Snowflake, emoji: &str, on: bool) {
        let Some(message) = self.messages.get_mut(&id) else {
            return;
        };
        let reactions = &mut message.reactions;
        match reactions.iter_mut().find(|found| found.emoji == emoji) {
            Some(reaction) => {
                reaction.users.retain(|there| *there != user);
                if on {
                    reaction.users.push(user);
                }
            }
            None if on => reactions.push(Reaction {
                emoji: emoji.to_owned(),
                users: vec![user],
            }),
            None => {}
        }
        reactions.retain(|reaction| !reaction.users.is_empty());
    }

    /// Notes an interaction.
    pub(crate) fn interact(
        &mut self,
        channel: Snowflake,
        user: Snowflake,
        kind: InteractionKind,
        now: u64,
    ) -> Snowflake {
        let id = self.mint.mint(now);
        let interaction = Interaction {
            id,
            // In the shape of Discord's own, which begin with "interaction:" in base64.
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
        let id = self.mint.mint(now);
        self.users.push(User {
            id,
            name: handle(display_name),
            display_name: display_name.to_owned(),
            bot,
        });
        id
    }

    pub(crate) fn add_guild(&mut self, name: &str, owner: Snowflake, now: u64) -> Snowflake {
        let id = self.mint.mint(now);
        let members = [owner, self.bot].map(|user| Member {
            user,
            roles: Vec::new(),
        });
        self.guilds.push(Guild {
            id,
            name: name.to_owned(),
            owner,
            roles: Vec::new(),
            members: members.into(),
        });
        id
    }

    pub(crate) fn add_channel(&mut self, name: &str, kind: ChannelKind, now: u64) -> Snowflake {
        let id = self.mint.mint(now);
        self.channels.push(Channel {
            id,
            name: name.to_owned(),
            kind,
        });
        id
    }

    /// The direct message channel of a user, made if there is none.
    pub(crate) fn direct(&mut self, user: Snowflake, now: u64) -> Snowflake {
        let kind = ChannelKind::Direct { user };
        match self.channels.iter().find(|channel| channel.kind == kind) {
            Some(channel) => channel.id,
            None => self.add_channel("", kind, now),
        }
    }

    pub(crate) fn add_role(&mut self, guild: Snowflake, name: &str, now: u64) -> Snowflake {
        let id = self.mint.mint(now);
        if let Some(guild) = self.guild_mut(guild) {
            guild.roles.push(Role {
                id,
                name: name.to_owned(),
            });
        }
        id
    }

    /// Makes a user a member of a guild if they are not, and gives them a role if one is named.
    pub(crate) fn join(&mut self, guild: Snowflake, user: Snowflake, role: Option<Snowflake>) {
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

    fn known_users(&self, ids: Vec<Snowflake>) -> Vec<Snowflake> {
        ids.into_iter()
            .filter(|id| self.user(*id).is_some())
            .collect()
    }

    fn known_roles(&self, ids: Vec<Snowflake>) -> Vec<Snowflake> {
        let roles = || self.guilds.iter().flat_map(|guild| &guild.roles);
        ids.into_iter()
            .filter(|id| roles().any(|role| role.id == *id))
            .collect()
    }
}

/// A change to a message.
#[derive(Debug, Default)]
pub(crate) struct Patch {
    pub(crate) content: Option<String>,
    pub(crate) embeds: Option<Vec<Value>>,
    pub(crate) components: Option<Vec<Value>>,
    pub(crate) files: Vec<(String, usize, Option<String>)>,
    pub(crate) allowed: Allowed,
    pub(crate) suppress_embeds: Option<bool>,
}

/// A user name from a display name: lower case, and only what Discord lets a user name hold.
fn handle(display_name: &str) -> String {
    display_name
        .to_lowercase()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect()
}
