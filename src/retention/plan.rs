//! What may go, and what is in use.

use std::collections::BTreeSet;

use chrono::{DateTime, Utc};

use crate::{registry::Record, snowflake::ChannelId};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Transcript,
    Attachment,
    Recording,
}

/// Whose a file is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum User {
    Session(String),
    /// A session that nothing shows to be the bot's unless a record names it.
    Claimed(String),
    /// The channels in whose workspace it lies.
    Channels(Vec<ChannelId>),
}

/// A file that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) name: String,
    pub(super) kind: Kind,
    /// When it was last changed, or its message was sent.
    pub(super) at: DateTime<Utc>,
    pub(super) user: User,
}

impl Found {
    pub(super) fn is_older(&self, since: DateTime<Utc>) -> bool {
        self.at < since
    }
}

/// What is kept whatever its age.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct InUse {
    sessions: BTreeSet<String>,
    channels: BTreeSet<ChannelId>,
    /// All sessions that records name, in use or not.
    on_record: BTreeSet<String>,
}

impl InUse {
    /// The sessions that were used since, and everything of a channel that is live, or has something to do after a
    /// restart or a `!clear` to undo.
    pub(crate) fn of(
        records: impl Iterator<Item = (ChannelId, Record)>,
        live: &BTreeSet<ChannelId>,
        since: DateTime<Utc>,
    ) -> Self {
        let mut found = Self::default();
        for (channel, record) in records {
            let is_busy = live.contains(&channel) || record.needs_recovery();
            if is_busy {
                found.channels.insert(channel);
                found.channels.extend(record.state.works_in);
            }
            for session in record.earlier.iter().chain([&record]) {
                let forked = session.state.fork.as_ref().map(|fork| &fork.from);
                let sessions = std::iter::once(&session.session_id).chain(forked);
                found.on_record.extend(sessions.clone().cloned());
                if is_busy || last_used(session).is_none_or(|at| at >= since) {
                    found.sessions.extend(sessions.cloned());
                }
            }
        }
        found
    }

    /// Whether a channel is live, or has something to do.
    pub(crate) fn has_channel(&self, channel: ChannelId) -> bool {
        self.channels.contains(&channel)
    }

    /// The files that go, of those that are old.
    pub(super) fn going(&self, old: Vec<Found>) -> impl Iterator<Item = Found> {
        old.into_iter().filter(move |found| match &found.user {
            User::Session(session) => !self.sessions.contains(session),
            User::Claimed(session) => {
                self.on_record.contains(session) && !self.sessions.contains(session)
            }
            User::Channels(channels) => !channels.iter().any(|it| self.has_channel(*it)),
        })
    }
}

/// When a session was last used; `None` if that is not known.
pub(crate) fn last_used(session: &Record) -> Option<DateTime<Utc>> {
    let at = DateTime::parse_from_rfc3339(&session.last_message_at).ok()?;
    Some(at.to_utc())
}

#[cfg(test)]
mod tests;
