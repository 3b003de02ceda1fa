//! How messages are created, change and go.

use std::time::Duration;

use serde_json::Value;

use super::{
    Attachment, Draft, Forward, Message, NewFile, Patch, Reaction, StoredFile, World, mentioned,
};
use crate::Snowflake;

impl World {
    /// The messages of a channel, oldest first.
    pub(crate) fn messages(&self, channel: Snowflake) -> impl DoubleEndedIterator<Item = &Message> {
        self.messages
            .values()
            .filter(move |message| message.channel == channel)
    }

    /// The message that `author` sent with this nonce within the nonce's memory.
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

    /// Creates a message. The channel and the author are known to exist.
    pub(crate) fn post(
        &mut self,
        channel: Snowflake,
        author: Snowflake,
        draft: Draft,
        now: u64,
    ) -> Snowflake {
        let id = draft.id.unwrap_or_else(|| self.ids.next(now));
        let forward = draft.forward.and_then(|id| self.snapshot(id, now));
        let replied = draft
            .reply_to
            .and_then(|id| self.messages.get(&id))
            .map(|message| message.author);
        let pings = mentioned(&draft.content, &draft.allowed, replied);
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
            attachments: self.store_files(draft.files, now),
            embeds: draft.embeds,
            components: draft.components,
            components_v2: draft.components_v2,
            forward,
            poll: draft.poll,
            stickers: draft.stickers,
            reactions: Vec::new(),
            nonce: draft.nonce,
            interaction: draft.interaction,
            ephemeral_to: draft.ephemeral_to,
            loading: draft.loading,
            suppress_embeds: draft.suppress_embeds,
            silent: draft.silent,
            system: draft.system,
        };
        if let Some(nonce) = &message.nonce {
            let key = (author, channel, nonce.to_string());
            self.nonces.insert(key, id);
        }
        self.messages.insert(id, message);
        self.join_thread(channel, author, true);
        id
    }

    /// Changes a message.
    pub(crate) fn edit(&mut self, id: Snowflake, patch: Patch, now: u64) {
        let replied = self
            .messages
            .get(&id)
            .and_then(|message| self.messages.get(&message.reply_to?))
            .map(|message| message.author);
        // New content has its mentions computed from scratch (Discord developer docs, "Edit message").
        let pings = patch
            .content
            .as_deref()
            .map(|content| mentioned(content, &patch.allowed, replied))
            .map(|pings| {
                let users = self.known_users(pings.users);
                (users, self.known_roles(pings.roles), pings.everyone)
            });
        let added = self.store_files(patch.files, now);
        let Some(message) = self.messages.get_mut(&id) else {
            return;
        };
        if let Some((users, roles, everyone)) = pings {
            message.mentions = users;
            message.mention_roles = roles;
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
        message.components_v2 |= patch.components_v2;
        if let Some(suppress) = patch.suppress_embeds {
            message.suppress_embeds = suppress;
        }
        if let Some(keep) = patch.keep {
            message.attachments.retain(|file| {
                let kept = keep.contains(&file.id);
                if !kept {
                    self.files.remove(&file.id);
                }
                kept
            });
        }
        message.attachments.extend(added);
        // Filling in a deferred response does not count as an edit.
        if message.loading {
            message.loading = false;
        } else {
            message.edited = Some(now);
        }
    }

    /// Adds a user's vote to a poll, or removes it. Returns whether that changed anything.
    pub(crate) fn vote(&mut self, id: Snowflake, user: Snowflake, answer: u64, on: bool) -> bool {
        let message = self.messages.get_mut(&id);
        let poll = message.and_then(|message| message.poll.as_mut());
        poll.is_some_and(|poll| poll.vote(user, answer, on))
    }

    /// Ends a poll.
    pub(crate) fn end_poll(&mut self, id: Snowflake) {
        let message = self.messages.get_mut(&id);
        if let Some(poll) = message.and_then(|message| message.poll.as_mut()) {
            poll.ended = true;
        }
    }

    /// Adds the preview of a link, which does not count as an edit.
    pub(crate) fn add_preview(&mut self, id: Snowflake, embed: Value) {
        if let Some(message) = self.messages.get_mut(&id) {
            message.embeds.push(embed);
        }
    }

    /// Removes a message and its files. Returns the message.
    pub(crate) fn delete_message(&mut self, id: Snowflake) -> Option<Message> {
        let gone = self.messages.remove(&id)?;
        let forwarded = gone.forward.iter();
        let forwarded = forwarded.flat_map(|forward| &forward.snapshot.attachments);
        for file in gone.attachments.iter().chain(forwarded) {
            self.files.remove(&file.id);
        }
        Some(gone)
    }

    /// Adds a user's reaction to a message, or removes it. Returns whether that changed anything.
    pub(crate) fn react(&mut self, id: Snowflake, user: Snowflake, emoji: &str, on: bool) -> bool {
        let Some(message) = self.messages.get_mut(&id) else {
            return false;
        };
        let reactions = &mut message.reactions;
        let changed = match reactions.iter_mut().find(|found| found.emoji == emoji) {
            Some(reaction) => {
                let there = reaction.users.contains(&user);
                if on && !there {
                    reaction.users.push(user);
                } else if !on {
                    reaction.users.retain(|other| *other != user);
                }
                there != on
            }
            None if on => {
                reactions.push(Reaction {
                    emoji: emoji.to_owned(),
                    users: vec![user],
                });
                true
            }
            None => false,
        };
        reactions.retain(|reaction| !reaction.users.is_empty());
        changed
    }

    /// Removes all reactions with an emoji from a message, or all reactions.
    pub(crate) fn clear_reactions(&mut self, id: Snowflake, emoji: Option<&str>) {
        if let Some(message) = self.messages.get_mut(&id) {
            message
                .reactions
                .retain(|found| emoji.is_some_and(|emoji| found.emoji != emoji));
        }
    }

    /// A copy of a message to forward. A forward of a forward has what that forwards.
    fn snapshot(&mut self, id: Snowflake, now: u64) -> Option<Box<Forward>> {
        let found = self.messages.get(&id)?;
        let mut snapshot = match &found.forward {
            Some(forward) => forward.snapshot.clone(),
            None => found.clone(),
        };
        snapshot.id = found.id;
        snapshot.channel = found.channel;
        for file in &mut snapshot.attachments {
            let copy = self.ids.next(now);
            if let Some(stored) = self.files.get(&file.id).cloned() {
                self.files.insert(copy, stored);
            }
            file.id = copy;
        }
        Some(Box::new(Forward { snapshot }))
    }

    fn store_files(&mut self, files: Vec<NewFile>, now: u64) -> Vec<Attachment> {
        files
            .into_iter()
            .map(|file| {
                let id = self.ids.next(now);
                let stored = StoredFile {
                    content_type: file.content_type.clone(),
                    content: file.content,
                };
                self.files.insert(id, stored);
                Attachment {
                    id,
                    name: file.name,
                    size: file.size,
                    content_type: file.content_type,
                    description: file.description,
                    is_voice: file.is_voice,
                }
            })
            .collect()
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
