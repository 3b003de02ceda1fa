//! Who may talk to the bot, and whether a message is meant for it.
//!
//! The caller fills an [`Asker`] from what the gateway delivers, and obeys the [`AccessDecision`].
//!
//! 1. Bots and webhooks are refused, whoever is behind them, unless `bots` or `webhooks` lists them. A listed one has the
//!    role of a bot, wherever else its id is listed, and follows the place rule as people do.
//! 2. Owners and admins are let in everywhere.
//! 3. If nothing is listed, nobody else is let in.
//! 4. In a guild, if `users` or `roles` is set, the person must be listed or have a listed role (*person rule*);
//!    if `channels` or `guilds` is set, the place must be listed (*place rule*). Each rule that is set must hold.
//! 5. In a direct message the person must be in `users`. Roles and places do not matter there.

use std::collections::BTreeSet;

use crate::{
    config::{Allow, Approvers, Respond},
    external::Role,
    snowflake::{ChannelId, GuildId, RoleId, UserId},
};

/// The rules of the configuration, together with the owners.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AccessPolicy {
    pub allow: Allow,
    pub admins: BTreeSet<UserId>,
    pub approvers: Approvers,
    /// The owner of the Discord application, or the members of the team that owns it.
    pub owners: BTreeSet<UserId>,
}

impl AccessPolicy {
    /// The role of a person, who may still be refused.
    pub fn role(&self, user: UserId) -> Role {
        if self.owners.contains(&user) {
            Role::Owner
        } else if self.admins.contains(&user) {
            Role::Admin
        } else {
            Role::Member
        }
    }

    /// Whether somebody decides about tool calls, if they are let in: the owner, and those whom `approvers` lists or, if
    /// it lists nobody, the admins. Bots and webhooks never do.
    pub fn may_approve(&self, asker: &Asker<'_>) -> bool {
        let Approvers { users, roles } = &self.approvers;
        let is_listed = users.contains(&asker.user)
            || (asker.guild.is_some() && asker.roles.iter().any(|role| roles.contains(role)));
        let role = self.role(asker.user);
        let may =
            role == Role::Owner || is_listed || (self.approvers.is_empty() && role == Role::Admin);
        may && !asker.is_bot && !asker.is_webhook
    }

    /// Who can be asked in direct messages to decide about tool calls: whom the configuration names, if they may do so there
    /// whatever roles they have. Discord does not tell a bot who has a role. `place` is in a guild; its person is ignored.
    pub fn approvers(&self, place: &Asker<'_>) -> Vec<UserId> {
        let named = self.owners.iter().chain(&self.approvers.users);
        let named: BTreeSet<UserId> = named.chain(&self.admins).copied().collect();
        let may_decide = |user: &UserId| {
            let asker = Asker {
                user: *user,
                roles: &[],
                ..*place
            };
            self.may_approve(&asker) && matches!(decide(self, &asker), AccessDecision::Allowed(_))
        };
        named.into_iter().filter(may_decide).collect()
    }

    fn person_is_listed(&self, guild: GuildId, asker: &Asker<'_>) -> bool {
        let Allow { users, roles, .. } = &self.allow;
        // A guild's own id is the id of its role "@everyone", which is in no member's list of roles (Discord developer
        // docs, "Permissions": role object and guild member object).
        users.contains(&asker.user)
            || roles.contains(&RoleId(guild.0))
            || asker.roles.iter().any(|role| roles.contains(role))
    }

    /// Whether the place rule holds for a channel of a guild, or for a thread and its `parent`.
    pub fn is_listed_place(
        &self,
        guild: GuildId,
        channel: ChannelId,
        parent: Option<ChannelId>,
    ) -> bool {
        let Allow {
            channels, guilds, ..
        } = &self.allow;
        let mut places = [Some(channel), parent].into_iter().flatten();
        let has_rule = !(channels.is_empty() && guilds.is_empty());
        !has_rule || guilds.contains(&guild) || places.any(|place| channels.contains(&place))
    }

    fn decide_on_place(&self, guild: GuildId, asker: &Asker<'_>, role: Role) -> AccessDecision {
        if self.is_listed_place(guild, asker.channel, asker.parent) {
            AccessDecision::Allowed(role)
        } else {
            AccessDecision::Refused(Reason::Place)
        }
    }
}

/// Who writes to the bot, and from where.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Asker<'a> {
    /// The author of the message, or the person who used the command.
    pub user: UserId,
    /// The roles in the guild; empty in a direct message.
    pub roles: &'a [RoleId],
    /// A channel or a thread.
    pub channel: ChannelId,
    /// The channel that a thread belongs to.
    pub parent: Option<ChannelId>,
    /// `None` in a direct message.
    pub guild: Option<GuildId>,
    /// Whether Discord marks the author as a bot.
    pub is_bot: bool,
    /// Whether `user` is a webhook. A bot's answer to a slash command comes from a webhook.
    pub is_webhook: bool,
}

/// Whether an asker is let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use = "a decision that is not obeyed lets everyone in"]
pub enum AccessDecision {
    Allowed(Role),
    /// The reason is for the log, never for the channel.
    Refused(Reason),
}

/// Why an asker is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Reason {
    #[error("this bot or webhook is not listed")]
    Automaton,
    #[error("nobody but the owner and the admins is let in")]
    NothingListed,
    #[error("neither the person nor any of their roles is listed")]
    Person,
    #[error("neither the channel nor the guild is listed")]
    Place,
    #[error("direct messages are only for people listed by name")]
    DirectMessage,
}

/// Whether `asker` is let in under `policy`; the rules are at the top of this module.
pub fn decide(policy: &AccessPolicy, asker: &Asker<'_>) -> AccessDecision {
    if asker.is_bot || asker.is_webhook {
        return decide_on_bot(policy, asker);
    }
    let role = policy.role(asker.user);
    if role != Role::Member {
        return AccessDecision::Allowed(role);
    }
    let allow = &policy.allow;
    if allow.is_empty() {
        return AccessDecision::Refused(Reason::NothingListed);
    }
    let Some(guild) = asker.guild else {
        return if allow.users.contains(&asker.user) {
            AccessDecision::Allowed(role)
        } else {
            AccessDecision::Refused(Reason::DirectMessage)
        };
    };
    let has_person_rule = !(allow.users.is_empty() && allow.roles.is_empty());
    if has_person_rule && !policy.person_is_listed(guild, asker) {
        return AccessDecision::Refused(Reason::Person);
    }
    policy.decide_on_place(guild, asker, role)
}

/// Discord marks webhooks as bots too, so `is_webhook` is checked first.
fn decide_on_bot(policy: &AccessPolicy, asker: &Asker<'_>) -> AccessDecision {
    let Allow { bots, webhooks, .. } = &policy.allow;
    let listed = if asker.is_webhook { webhooks } else { bots };
    if !listed.contains(&asker.user) {
        return AccessDecision::Refused(Reason::Automaton);
    }
    let Some(guild) = asker.guild else {
        return AccessDecision::Refused(Reason::DirectMessage);
    };
    policy.decide_on_place(guild, asker, Role::Bot)
}

/// Whether a message is meant for the bot. `mentions_bot` is true of a reply to the bot as well.
pub fn addressed(respond: Respond, is_direct_message: bool, mentions_bot: bool) -> bool {
    is_direct_message || mentions_bot || respond == Respond::All
}

#[cfg(test)]
mod tests;
