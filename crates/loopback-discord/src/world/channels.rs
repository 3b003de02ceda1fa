//! How channels and threads change, and what the bot may do in them.

use super::{Channel, ChannelKind, Draft, Overwrite, Permissions, SystemMessage, Thread, World};
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
        parent.unwrap_or(channel).overwrite.effective()
    }

    /// Whether the bot can see a channel.
    pub(crate) fn bot_sees(&self, channel: Snowflake) -> bool {
        self.channel(channel).is_some_and(|channel| {
            self.bot_permissions(channel)
                .contains(Permissions::VIEW_CHANNEL)
        })
    }

    pub(crate) fn set_bot_permissions(&mut self, channel: Snowflake, wanted: Permissions) {
        if let Some(channel) = self.channel_mut(channel) {
            channel.overwrite = Overwrite::to_get(wanted);
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

    /// Starts a thread in a channel of a guild, from a message if one is given. Its id is then the
    /// message's.
    pub(crate) fn start_thread(
        &mut self,
        (guild, parent): (Snowflake, Snowflake),
        from: Option<Snowflake>,
        owner: Snowflake,
        name: &str,
        auto_archive_minutes: Option<u64>,
        now: u64,
    ) -> Snowflake {
        let id = from.unwrap_or_else(|| self.ids.next(now));
        let thread = Thread {
            owner,
            archived: false,
            locked: false,
            auto_archive_minutes: auto_archive_minutes.unwrap_or(AUTO_ARCHIVE_MINUTES),
            archive_changed: now,
        };
        self.insert_channel(
            id,
            name,
            ChannelKind::Thread { guild, parent },
            Some(thread),
        )
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
