//! How channels and threads change, and what the bot may do in them.

use super::{
    Channel, ChannelKind, Draft, ForumTag, Overwrite, Permissions, SystemMessage, Thread, World,
};
use crate::Snowflake;

/// Minutes of inactivity after which a thread leaves the channel list, unless its creator says
/// otherwise.
const AUTO_ARCHIVE_MINUTES: u64 = 1440;

/// A change to a channel. `None` leaves a field as it is.
#[derive(Debug, Default)]
pub(crate) struct ChannelPatch {
    pub(crate) name: Option<String>,
    pub(crate) archived: Option<bool>,
    pub(crate) locked: Option<bool>,
    pub(crate) auto_archive_minutes: Option<u64>,
    pub(crate) applied_tags: Option<Vec<Snowflake>>,
}

/// A checked thread that is about to be started.
#[derive(Clone, Debug)]
pub(crate) struct NewThread<'a> {
    /// The guild, and the text channel or forum.
    pub(crate) place: (Snowflake, Snowflake),
    /// The message it is started from. The thread gets its id.
    pub(crate) from: Option<Snowflake>,
    pub(crate) owner: Snowflake,
    pub(crate) name: &'a str,
    pub(crate) auto_archive_minutes: Option<u64>,
    pub(crate) applied_tags: Vec<Snowflake>,
}

impl World {
    pub(crate) fn channel(&self, id: Snowflake) -> Option<&Channel> {
        self.channels.iter().find(|channel| channel.id == id)
    }

    pub(crate) fn channel_mut(&mut self, id: Snowflake) -> Option<&mut Channel> {
        self.channels.iter_mut().find(|channel| channel.id == id)
    }

    /// What the bot may do in a channel. A thread has the permissions of its parent.
    pub(crate) fn bot_permissions(&self, channel: &Channel) -> Permissions {
        let parent = channel.parent().and_then(|parent| self.channel(parent));
        let base = self.bot_base(channel.id);
        parent.unwrap_or(channel).overwrite.effective(base)
    }

    /// What the bot may do in the guild of a channel, before the channel's overwrite.
    fn bot_base(&self, channel: Snowflake) -> Permissions {
        let guild = self.channel(channel).and_then(Channel::guild);
        let guild = guild.and_then(|guild| self.guild(guild));
        guild.map_or(Permissions::EVERYONE, |guild| guild.permissions(self.bot))
    }

    /// Whether the bot can see a channel.
    pub(crate) fn bot_sees(&self, channel: Snowflake) -> bool {
        self.channel(channel).is_some_and(|channel| {
            self.bot_permissions(channel)
                .contains(Permissions::VIEW_CHANNEL)
        })
    }

    pub(crate) fn set_bot_permissions(&mut self, channel: Snowflake, wanted: Permissions) {
        let base = self.bot_base(channel);
        if let Some(channel) = self.channel_mut(channel) {
            channel.overwrite = Overwrite::to_get(base, wanted);
        }
    }

    /// The active threads of a text channel.
    pub(crate) fn active_threads(&self, parent: Snowflake) -> impl Iterator<Item = &Channel> {
        self.channels
            .iter()
            .filter(move |channel| channel.parent() == Some(parent) && !channel.is_archived())
    }

    pub(crate) fn add_text_channel(&mut self, guild: Snowflake, name: &str, now: u64) -> Snowflake {
        let id = self.ids.next(now);
        self.insert_channel(id, name, ChannelKind::Text { guild }, None)
    }

    pub(crate) fn add_forum(
        &mut self,
        guild: Snowflake,
        name: &str,
        tags: &[&str],
        now: u64,
    ) -> Snowflake {
        let id = self.ids.next(now);
        let tags = tags.iter().map(|&name| ForumTag {
            id: self.ids.next(now),
            name: name.to_owned(),
        });
        let tags = tags.collect();
        self.insert_channel(id, name, ChannelKind::Forum { guild }, None);
        if let Some(forum) = self.channel_mut(id) {
            forum.tags = tags;
        }
        id
    }

    /// The direct message channel of a user; creates it if there is none.
    pub(crate) fn open_direct(&mut self, user: Snowflake, now: u64) -> Snowflake {
        let kind = ChannelKind::Direct { user };
        match self.channels.iter().find(|channel| channel.kind == kind) {
            Some(channel) => channel.id,
            None => {
                let id = self.ids.next(now);
                self.insert_channel(id, "", kind, None)
            }
        }
    }

    /// Starts a thread.
    pub(crate) fn start_thread(&mut self, new: &NewThread<'_>, now: u64) -> Snowflake {
        let id = new.from.unwrap_or_else(|| self.ids.next(now));
        let thread = Thread {
            owner: new.owner,
            archived: false,
            locked: false,
            applied_tags: new.applied_tags.clone(),
            members: vec![new.owner],
            auto_archive_minutes: new.auto_archive_minutes.unwrap_or(AUTO_ARCHIVE_MINUTES),
            archive_changed: now,
        };
        let (guild, parent) = new.place;
        let kind = ChannelKind::Thread { guild, parent };
        self.insert_channel(id, new.name, kind, Some(thread))
    }

    /// Lets a user join a thread, or leave it. Other channels are joined by nobody.
    pub(crate) fn join_thread(&mut self, channel: Snowflake, user: Snowflake, joined: bool) {
        let found = self.channel_mut(channel);
        if let Some(thread) = found.and_then(|channel| channel.thread.as_mut()) {
            thread.members.retain(|member| *member != user);
            if joined {
                thread.members.push(user);
            }
        }
    }

    fn insert_channel(
        &mut self,
        id: Snowflake,
        name: &str,
        kind: ChannelKind,
        thread: Option<Thread>,
    ) -> Snowflake {
        self.channels.push(Channel {
            id,
            name: name.to_owned(),
            kind,
            thread,
            tags: Vec::new(),
            overwrite: Overwrite::default(),
        });
        id
    }

    /// Changes a channel. Returns the message with which a thread announces its new name.
    pub(crate) fn edit_channel(
        &mut self,
        id: Snowflake,
        by: Snowflake,
        patch: ChannelPatch,
        now: u64,
    ) -> Option<Snowflake> {
        let channel = self.channel_mut(id)?;
        if let Some(thread) = &mut channel.thread {
            let archived = patch.archived.unwrap_or(thread.archived);
            if archived != thread.archived {
                thread.archive_changed = now;
            }
            thread.archived = archived;
            thread.locked = patch.locked.unwrap_or(thread.locked);
            if let Some(tags) = patch.applied_tags {
                thread.applied_tags = tags;
            }
            if let Some(minutes) = patch.auto_archive_minutes {
                thread.auto_archive_minutes = minutes;
                thread.archive_changed = now;
            }
        }
        let name = patch.name.filter(|name| *name != channel.name)?;
        channel.name.clone_from(&name);
        channel.thread.as_ref()?;
        let draft = Draft {
            content: name,
            system: Some(SystemMessage::Renamed),
            ..Draft::default()
        };
        Some(self.post(id, by, draft, now))
    }

    /// Removes a channel with its messages and threads.
    pub(crate) fn delete_channel(&mut self, id: Snowflake) {
        let gone: Vec<_> = self
            .channels
            .iter()
            .filter(|channel| channel.id == id || channel.parent() == Some(id))
            .map(|channel| channel.id)
            .collect();
        self.channels.retain(|channel| !gone.contains(&channel.id));
        let messages: Vec<_> = self
            .messages
            .values()
            .filter(|message| gone.contains(&message.channel))
            .map(|message| message.id)
            .collect();
        for message in messages {
            self.delete_message(message);
        }
    }
}
