//! Who may talk to the bot, and whether a message is meant for it.
//!
//! Owns the rules alone: the caller fills an [`Asker`] from what the gateway said and obeys the [`Decision`].
//! It must not know what was written, nor speak: a stranger is answered with silence.
//!
//! 1. Bots and webhooks are refused, whoever is behind them, unless `bots` or `webhooks` lists them. A listed one is
//!    never more than a bot, wherever else its id may be listed; the place rule holds for it as for people.
//! 2. Owners and admins are let in everywhere.
//! 3. With nothing listed, nobody else is.
//! 4. In a guild, if `users` or `roles` is set, the person must be listed or hold a listed role (*person rule*);
//!    if `channels` or `guilds` is set, the place must be listed (*place rule*). Each rule that is set must hold.
//! 5. In a direct message the person must be in `users`: a role says nothing there, and a listed place neither
//!    opens nor closes it.

use std::{collections::BTreeSet, fmt};

use crate::{
    config::{Allow, Respond},
    external::Role,
    snowflake::{ChannelId, GuildId, RoleId, UserId},
};

/// Who may do what, once the owner is known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Policy {
    /// The lists of the configuration.
    pub allow: Allow,
    /// The admins of the configuration.
    pub admins: BTreeSet<UserId>,
    /// The owner of the Discord application, or the members of the team that owns it.
    pub owners: BTreeSet<UserId>,
}

impl Policy {
    /// What `user` is to the bot, whether let in or not.
    #[must_use]
    pub fn role(&self, user: UserId) -> Role {
        if self.owners.contains(&user) {
            Role::Owner
        } else if self.admins.contains(&user) {
            Role::Admin
        } else {
            Role::Member
        }
    }

    fn person_is_listed(&self, guild: GuildId, asker: &Asker<'_>) -> bool {
        let Allow { users, roles, .. } = &self.allow;
        // A guild's own id is the id of its role "@everyone", which no member's list of roles holds
        // (Discord developer docs, "Permissions": role object and guild member object).
        users.contains(&asker.user)
            || roles.contains(&RoleId(guild.0))
            || asker.roles.iter().any(|role| roles.contains(role))
    }

    fn minds_place(&self) -> bool {
        !(self.allow.channels.is_empty() && self.allow.guilds.is_empty())
    }

    fn place_is_listed(&self, guild: GuildId, asker: &Asker<'_>) -> bool {
        let Allow {
            channels, guilds, ..
        } = &self.allow;
        guilds.contains(&guild)
            || channels.contains(&asker.channel)
            || asker
                .parent
                .is_some_and(|parent| channels.contains(&parent))
    }
}

/// Who asks, and from where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asker<'a> {
    /// Who wrote the message or used the command.
    pub user: UserId,
    /// The roles that they hold in the guild; empty in a direct message.
    pub roles: &'a [RoleId],
    /// Where they wrote it: a channel or a thread.
    pub channel: ChannelId,
    /// The channel that a thread belongs to.
    pub parent: Option<ChannelId>,
    /// The guild; `None` in a direct message.
    pub guild: Option<GuildId>,
    /// Whether Discord marks the author as a bot.
    pub is_bot: bool,
    /// Whether a webhook wrote it; `user` is its id then. A bot's answer to a slash command counts as a webhook's.
    pub is_webhook: bool,
}

/// Whether an asker is let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "a decision that is not obeyed lets everyone in"]
pub enum Decision {
    /// Let in, as this.
    Allowed(Role),
    /// Not let in; the reason is for the log, never for the channel.
    Refused(Reason),
}

/// Why an asker is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// A bot or a webhook that is not listed.
    Automaton,
    /// No list is set, and this is neither the owner nor an admin.
    NothingListed,
    /// Neither the person nor a role of theirs is listed.
    Person,
    /// Neither the channel, nor the thread's channel, nor the guild is listed.
    Place,
    /// A direct message of someone whom `users` does not name.
    DirectMessage,
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Automaton => "this bot or webhook is not listed",
            Self::NothingListed => "nobody but the owner and the admins is let in",
            Self::Person => "neither the person nor a role of theirs is listed",
            Self::Place => "neither the channel nor the guild is listed",
            Self::DirectMessage => "direct messages are for those listed by name",
        })
    }
}

/// Whether `asker` is let in under `policy`; the rules are at the top of this module.
pub fn decide(policy: &Policy, asker: &Asker<'_>) -> Decision {
    if asker.is_bot || asker.is_webhook {
        return decide_on_automaton(policy, asker);
    }
    let role = policy.role(asker.user);
    if role != Role::Member {
        return Decision::Allowed(role);
    }
    let allow = &policy.allow;
    if allow.is_empty() {
        return Decision::Refused(Reason::NothingListed);
    }
    let Some(guild) = asker.guild else {
        return if allow.users.contains(&asker.user) {
            Decision::Allowed(role)
        } else {
            Decision::Refused(Reason::DirectMessage)
        };
    };
    let minds_person = !(allow.users.is_empty() && allow.roles.is_empty());
    if minds_person && !policy.person_is_listed(guild, asker) {
        return Decision::Refused(Reason::Person);
    }
    if policy.minds_place() && !policy.place_is_listed(guild, asker) {
        return Decision::Refused(Reason::Place);
    }
    Decision::Allowed(role)
}

/// Discord marks a webhook as a bot too, so it is looked up as what it is.
fn decide_on_automaton(policy: &Policy, asker: &Asker<'_>) -> Decision {
    let Allow { bots, webhooks, .. } = &policy.allow;
    let listed = if asker.is_webhook { webhooks } else { bots };
    if !listed.contains(&asker.user) {
        return Decision::Refused(Reason::Automaton);
    }
    let Some(guild) = asker.guild else {
        return Decision::Refused(Reason::DirectMessage);
    };
    if policy.minds_place() && !policy.place_is_listed(guild, asker) {
        return Decision::Refused(Reason::Place);
    }
    Decision::Allowed(Role::Bot)
}

/// Whether a message is meant for the bot. `mentions_bot` is true of a reply to the bot as well.
#[must_use]
pub fn addressed(respond: Respond, is_direct_message: bool, mentions_bot: bool) -> bool {
    is_direct_message || mentions_bot || respond == Respond::All
}

#[cfg(test)]
mod tests;
