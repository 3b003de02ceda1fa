//! Decides which channels are asked for missed messages, and in which order. Pure.
//!
//! A channel is asked when Discord has described it and its last message is newer than what the bot knows. One that is
//! not described, such as a direct message or an archived thread, is asked once all guilds of its shard are described, or
//! of all shards if it is not known which one delivers it.

use std::collections::{BTreeMap, BTreeSet};

use crate::snowflake::{ChannelId, GuildId, MessageId};

/// What Discord tells of channels while a round runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::discord) enum Told {
    /// A channel with its last message, which may be deleted.
    Channel(ChannelId, Option<MessageId>),
    /// All channels of a guild have been described that will be.
    WholeGuild(GuildId),
    /// Somebody has written in a channel, and waits.
    Written(ChannelId),
    /// A session of another shard has begun, whose round takes over channels whose shard is not known. `is_last` says
    /// whether every shard has had one by now.
    Begun { is_last: bool },
}

/// A channel that may have to be asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ask {
    /// No message up to this one is missing.
    pub(super) known: MessageId,
    /// Whether somebody waits there.
    pub(super) is_waited_for: bool,
    /// Whether it seems to be a direct message.
    pub(super) is_direct: bool,
    /// Whether another shard may deliver it.
    pub(super) may_be_elsewhere: bool,
}

/// In which order channels are asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    WaitedFor,
    /// Discord has a newer message.
    Newer,
    /// It is not known whether there is a newer one.
    Unknown,
    Direct,
}

#[derive(Debug, Default)]
pub(super) struct Schedule {
    /// Guilds that are not described yet.
    guilds: BTreeSet<GuildId>,
    /// What is neither settled nor handed out.
    open: BTreeMap<ChannelId, (Ask, Rank)>,
    /// Those of them that are asked without a further description.
    due: BTreeSet<(Rank, ChannelId)>,
    /// Whether no further description is waited for.
    is_described: bool,
    /// Whether channels that another shard may deliver wait for its session.
    are_others_awaited: bool,
}

impl Ask {
    pub(super) fn after(known: MessageId) -> Self {
        Self {
            known,
            is_waited_for: false,
            is_direct: false,
            may_be_elsewhere: false,
        }
    }
}

impl Schedule {
    /// A schedule that waits for the description of these guilds and, unless `is_last`, for sessions of other shards.
    pub(super) fn new(guilds: BTreeSet<GuildId>, is_last: bool) -> Self {
        Self {
            is_described: guilds.is_empty(),
            guilds,
            are_others_awaited: !is_last,
            ..Self::default()
        }
    }

    pub(super) fn add(&mut self, channel: ChannelId, ask: Ask) {
        let rank = match ask {
            Ask {
                is_waited_for: true,
                ..
            } => Rank::WaitedFor,
            Ask {
                is_direct: true, ..
            } => Rank::Direct,
            _ => Rank::Unknown,
        };
        self.open.insert(channel, (ask, rank));
        if rank == Rank::WaitedFor
            || self.is_described && !(self.are_others_awaited && ask.may_be_elsewhere)
        {
            self.due.insert((rank, channel));
        }
    }

    /// Takes what Discord tells. Returns the channel if that settles it: nothing was missed there.
    pub(super) fn told(&mut self, told: Told) -> Option<ChannelId> {
        match told {
            Told::Channel(channel, last) => {
                let (ask, _) = self.open.get(&channel)?;
                if last.is_some_and(|last| last <= ask.known) {
                    self.take(channel);
                    return Some(channel);
                }
                self.promote(channel, Rank::Newer);
            }
            Told::WholeGuild(guild) => {
                self.guilds.remove(&guild);
                if self.guilds.is_empty() {
                    self.all_described();
                }
            }
            Told::Written(channel) => self.promote(channel, Rank::WaitedFor),
            Told::Begun { is_last } => {
                if is_last {
                    self.no_others();
                }
            }
        }
        None
    }

    /// Forgets all channels but these.
    pub(super) fn retain(&mut self, is_kept: impl Fn(ChannelId) -> bool) {
        self.open.retain(|channel, _| is_kept(*channel));
        self.due.retain(|(_, channel)| is_kept(*channel));
    }

    /// No further description is waited for.
    pub(super) fn all_described(&mut self) {
        if !std::mem::replace(&mut self.is_described, true) {
            self.make_due();
        }
    }

    /// No session of another shard is waited for.
    pub(super) fn no_others(&mut self) {
        if std::mem::take(&mut self.are_others_awaited) && self.is_described {
            self.make_due();
        }
    }

    fn make_due(&mut self) {
        let open = self.open.iter();
        let are_others_awaited = self.are_others_awaited;
        let due = open.filter(|(_, (ask, _))| !(are_others_awaited && ask.may_be_elsewhere));
        let due = due.map(|(channel, (_, rank))| (*rank, *channel));
        self.due.extend(due);
    }

    /// The channel to ask next, if one is due.
    pub(super) fn next(&mut self) -> Option<ChannelId> {
        let (_, channel) = *self.due.first()?;
        self.take(channel);
        Some(channel)
    }

    /// Whether no channel is left.
    pub(super) fn is_empty(&self) -> bool {
        self.open.is_empty()
    }

    /// Whether channels wait for a description.
    pub(super) fn waits(&self) -> bool {
        !self.is_described && !self.open.is_empty()
    }

    fn take(&mut self, channel: ChannelId) {
        if let Some((_, rank)) = self.open.remove(&channel) {
            self.due.remove(&(rank, channel));
        }
    }

    /// Makes a channel due, before those of lower ranks.
    fn promote(&mut self, channel: ChannelId, to: Rank) {
        let Some((_, rank)) = self.open.get_mut(&channel) else {
            return;
        };
        self.due.remove(&(*rank, channel));
        *rank = to.min(*rank);
        self.due.insert((*rank, channel));
    }
}

#[cfg(test)]
mod tests;
