//! Who is let in, in every combination, against rules that were written down apart from the code.

use std::collections::BTreeSet;

use switchboard::{
    access::{AccessDecision, AccessPolicy, Asker, decide},
    config::{Allow, AllowList, Approvers},
    external::Role,
    snowflake::{ChannelId, GuildId, RoleId, UserId},
};

use crate::prove::figure;

const OWNER: u64 = 1;
const ADMIN: u64 = 2;
const NAMED: u64 = 3;
const HOLDER: u64 = 4;
const STRANGER: u64 = 5;
const ROLE: u64 = 20;
const CHANNEL: u64 = 30;
const THREAD: u64 = 31;
const GUILD: u64 = 40;

/// What a list may hold: nothing, the id that the tests use, another id, everyone; for roles and channels one more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum List {
    Empty,
    Named,
    Other,
    Everyone,
    /// The guild's own role; the thread itself.
    Special,
}

use List::{Empty, Everyone, Named, Other, Special};

#[derive(Clone, Copy, Debug)]
struct Lists {
    users: List,
    roles: List,
    channels: List,
    guilds: List,
    bots: List,
    webhooks: List,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Person,
    Bot,
    Webhook,
}

/// Where: the listed channel, a thread of it, another channel, its thread, another guild, a direct message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Channel,
    Thread,
    OtherChannel,
    OtherThread,
    OtherGuild,
    Direct,
}

fn listed<T: Ord + Copy>(list: List, id: fn(u64) -> T, named: u64, special: u64) -> AllowList<T> {
    let ids = match list {
        Empty | Everyone => vec![],
        Named => vec![named],
        Other => vec![999],
        Special => vec![special],
    };
    AllowList {
        everyone: list == Everyone,
        ids: ids.into_iter().map(id).collect(),
    }
}

fn policy(lists: Lists) -> AccessPolicy {
    let automata = |list| listed(list, UserId, NAMED, 0).ids;
    AccessPolicy {
        allow: Allow {
            users: listed(lists.users, UserId, NAMED, 0),
            roles: listed(lists.roles, RoleId, ROLE, GUILD),
            channels: listed(lists.channels, ChannelId, CHANNEL, THREAD),
            guilds: listed(lists.guilds, GuildId, GUILD, 0),
            bots: automata(lists.bots),
            webhooks: automata(lists.webhooks),
        },
        admins: BTreeSet::from([UserId(ADMIN)]),
        approvers: Approvers::default(),
        owners: BTreeSet::from([UserId(OWNER)]),
    }
}

fn decided(policy: &AccessPolicy, user: u64, kind: Kind, place: Place) -> Option<Role> {
    let (channel, parent, guild) = match place {
        Place::Channel => (CHANNEL, None, Some(GUILD)),
        Place::Thread => (THREAD, Some(CHANNEL), Some(GUILD)),
        Place::OtherChannel => (32, None, Some(GUILD)),
        Place::OtherThread => (33, Some(32), Some(GUILD)),
        Place::OtherGuild => (34, None, Some(41)),
        Place::Direct => (35, None, None),
    };
    let asker = Asker {
        user: UserId(user),
        roles: if user == HOLDER && guild.is_some() {
            &[RoleId(21), RoleId(ROLE)]
        } else {
            &[]
        },
        channel: ChannelId(channel),
        parent: parent.map(ChannelId),
        guild: guild.map(GuildId),
        is_bot: kind != Kind::Person,
        is_webhook: kind == Kind::Webhook,
    };
    match decide(policy, &asker) {
        AccessDecision::Allowed(role) => Some(role),
        AccessDecision::Refused(_) => None,
    }
}

/// The rules, as sentences of the documentation.
fn ought(lists: Lists, user: u64, kind: Kind, place: Place) -> Option<Role> {
    let in_home_guild = !matches!(place, Place::OtherGuild | Place::Direct);
    let places_are_set = lists.channels != Empty || lists.guilds != Empty;
    let place_is_listed = lists.channels == Everyone
        || lists.guilds == Everyone
        || lists.guilds == Named && in_home_guild
        || lists.channels == Named && matches!(place, Place::Channel | Place::Thread)
        || lists.channels == Special && place == Place::Thread;
    let place_is_fine = !places_are_set || place_is_listed;
    if kind != Kind::Person {
        // "Other bots and webhooks are answered only if `bots` or `webhooks` names them."
        let list = if kind == Kind::Bot {
            lists.bots
        } else {
            lists.webhooks
        };
        let is_named = list == Named && user == NAMED;
        return (is_named && place != Place::Direct && place_is_fine).then_some(Role::Bot);
    }
    // "The owner and the admins may always talk to it."
    match user {
        OWNER => return Some(Role::Owner),
        ADMIN => return Some(Role::Admin),
        _ => {}
    }
    let user_is_listed = lists.users == Everyone || lists.users == Named && user == NAMED;
    if place == Place::Direct {
        // "In direct messages: whoever is listed there; roles and places neither open nor close them."
        return user_is_listed.then_some(Role::Member);
    }
    let role_is_listed = match lists.roles {
        Everyone => true,
        Named => user == HOLDER && place != Place::Direct,
        Special => in_home_guild,
        Empty | Other => false,
    };
    let people_are_set = lists.users != Empty || lists.roles != Empty;
    let person_is_fine = !people_are_set || user_is_listed || role_is_listed;
    // "With nothing listed at all, only the application's owner."
    let something_is_set = people_are_set || places_are_set;
    (something_is_set && person_is_fine && place_is_fine).then_some(Role::Member)
}

#[test]
fn every_cell_of_the_access_table() {
    let mut cells = 0_u32;
    let mut let_in = 0_u32;
    for users in [Empty, Named, Other, Everyone] {
        for roles in [Empty, Named, Other, Everyone, Special] {
            for channels in [Empty, Named, Other, Everyone, Special] {
                for guilds in [Empty, Named, Other, Everyone] {
                    for bots in [Empty, Named, Other] {
                        for webhooks in [Empty, Named, Other] {
                            let lists = Lists {
                                users,
                                roles,
                                channels,
                                guilds,
                                bots,
                                webhooks,
                            };
                            let (tried, let_in_here) = try_all(lists);
                            cells += tried;
                            let_in += let_in_here;
                        }
                    }
                }
            }
        }
    }
    assert!(let_in > cells / 20 && let_in < cells, "{let_in} of {cells}");
    figure(
        "Who is let in is as the rules say",
        &format!("{cells} combinations of lists, people, bots, webhooks and places"),
        &format!("{let_in} let in, 0 of them or of the others against the rules"),
    );
}

fn try_all(lists: Lists) -> (u32, u32) {
    let policy = policy(lists);
    let (mut cells, mut let_in) = (0, 0);
    for user in [OWNER, ADMIN, NAMED, HOLDER, STRANGER] {
        for kind in [Kind::Person, Kind::Bot, Kind::Webhook] {
            for place in [
                Place::Channel,
                Place::Thread,
                Place::OtherChannel,
                Place::OtherThread,
                Place::OtherGuild,
                Place::Direct,
            ] {
                let expected = ought(lists, user, kind, place);
                assert_eq!(
                    decided(&policy, user, kind, place),
                    expected,
                    "{user} {kind:?} {place:?} {lists:?}"
                );
                cells += 1;
                let_in += u32::from(expected.is_some());
            }
        }
    }
    (cells, let_in)
}
