use std::fmt;

use proptest::prelude::*;

use super::*;
use crate::config::AllowList;

const OWNER: u64 = 1;
const ADMIN: u64 = 2;
const LISTED: u64 = 3;
const HOLDER: u64 = 4;
const STRANGER: u64 = 5;

const ROLE: u64 = 20;
const OTHER_ROLE: u64 = 21;
const CHANNEL: u64 = 30;
const OTHER_CHANNEL: u64 = 31;
const THREAD: u64 = 32;
const DIRECT: u64 = 33;
const GUILD: u64 = 40;
const OTHER_GUILD: u64 = 41;

/// The lists that a test sets, by the words of the table.
fn policy(lists: &str) -> AccessPolicy {
    let mut policy = AccessPolicy {
        admins: BTreeSet::from([UserId(ADMIN)]),
        owners: BTreeSet::from([UserId(OWNER)]),
        ..AccessPolicy::default()
    };
    let allow = &mut policy.allow;
    for list in lists.split_whitespace() {
        match list {
            "none" => {}
            "users" => drop(allow.users.ids.insert(UserId(LISTED))),
            "roles" => drop(allow.roles.ids.insert(RoleId(ROLE))),
            "channels" => drop(allow.channels.ids.insert(ChannelId(CHANNEL))),
            "guilds" => drop(allow.guilds.ids.insert(GuildId(GUILD))),
            "@everyone" => drop(allow.roles.ids.insert(RoleId(GUILD))),
            "users:*" => allow.users.everyone = true,
            "roles:*" => allow.roles.everyone = true,
            "channels:*" => allow.channels.everyone = true,
            "guilds:*" => allow.guilds.everyone = true,
            "bots" => drop(allow.bots.insert(UserId(LISTED))),
            "webhooks" => drop(allow.webhooks.insert(UserId(LISTED))),
            other => panic!("no list {other}"),
        }
    }
    policy
}

fn asker(user: u64, place: usize) -> Asker<'static> {
    let (channel, parent, guild) = [
        (CHANNEL, None, Some(GUILD)),
        (THREAD, Some(CHANNEL), Some(GUILD)),
        (OTHER_CHANNEL, None, Some(GUILD)),
        (OTHER_CHANNEL, None, Some(OTHER_GUILD)),
        (DIRECT, None, None),
    ][place];
    Asker {
        user: UserId(user),
        roles: match (user, guild) {
            (HOLDER, Some(_)) => &[RoleId(OTHER_ROLE), RoleId(ROLE)],
            (STRANGER, Some(_)) => &[RoleId(OTHER_ROLE)],
            _ => &[],
        },
        channel: ChannelId(channel),
        parent: parent.map(ChannelId),
        guild: guild.map(GuildId),
        is_bot: false,
        is_webhook: false,
    }
}

/// One letter for each place: in the listed channel, a thread of it, another channel of the listed guild,
/// another guild, a direct message.
fn letters(policy: &AccessPolicy, user: u64) -> String {
    (0..5)
        .map(|place| match decide(policy, &asker(user, place)) {
            AccessDecision::Allowed(_) => 'y',
            AccessDecision::Refused(Reason::NothingListed) => 'n',
            AccessDecision::Refused(Reason::Person) => 'u',
            AccessDecision::Refused(Reason::Place) => 'p',
            AccessDecision::Refused(Reason::DirectMessage) => 'd',
            AccessDecision::Refused(Reason::Automaton) => 'a',
        })
        .collect()
}

#[track_caller]
fn check(lists: &str, listed: &str, holder: &str, stranger: &str) {
    let policy = policy(lists);
    assert_eq!(letters(&policy, OWNER), "yyyyy", "owner, {lists}");
    assert_eq!(letters(&policy, ADMIN), "yyyyy", "admin, {lists}");
    assert_eq!(letters(&policy, LISTED), listed, "listed user, {lists}");
    assert_eq!(letters(&policy, HOLDER), holder, "role holder, {lists}");
    assert_eq!(letters(&policy, STRANGER), stranger, "stranger, {lists}");
}

/// Columns: the user in `users`, the holder of the role in `roles`, anyone else. Letters: see [`letters`].
#[test]
fn every_user_in_every_place_under_every_set_of_lists() {
    check("none", "nnnnn", "nnnnn", "nnnnn");
    // one list
    check("users", "yyyyy", "uuuud", "uuuud");
    check("roles", "uuuud", "yyyyd", "uuuud");
    check("channels", "yyppd", "yyppd", "yyppd");
    check("guilds", "yyypd", "yyypd", "yyypd");
    // one kind of rule
    check("users roles", "yyyyy", "yyyyd", "uuuud");
    check("channels guilds", "yyypd", "yyypd", "yyypd");
    // both kinds of rule
    check("users channels", "yyppy", "uuuud", "uuuud");
    check("users guilds", "yyypy", "uuuud", "uuuud");
    check("roles channels", "uuuud", "yyppd", "uuuud");
    check("roles guilds", "uuuud", "yyypd", "uuuud");
    check("users roles channels guilds", "yyypy", "yyypd", "uuuud");
    // everyone
    check("users:*", "yyyyy", "yyyyy", "yyyyy");
    check("roles:*", "yyyyd", "yyyyd", "yyyyd");
    check("channels:*", "yyyyd", "yyyyd", "yyyyd");
    check("guilds:*", "yyyyd", "yyyyd", "yyyyd");
    check("@everyone", "yyyud", "yyyud", "yyyud");
    check("users:* channels", "yyppy", "yyppy", "yyppy");
    check("users:* guilds", "yyypy", "yyypy", "yyypy");
    check("users channels:*", "yyyyy", "uuuud", "uuuud");
    check("roles guilds:*", "uuuud", "yyyyd", "uuuud");
    check("users roles:*", "yyyyy", "yyyyd", "yyyyd");
    check("channels guilds:*", "yyyyd", "yyyyd", "yyyyd");
}

#[test]
fn bots_and_webhooks_are_refused_whoever_they_are() {
    for user in [OWNER, ADMIN, LISTED, HOLDER, STRANGER] {
        for place in 0..5 {
            for (is_bot, is_webhook) in [(true, false), (false, true), (true, true)] {
                let asker = Asker {
                    is_bot,
                    is_webhook,
                    ..asker(user, place)
                };
                assert_eq!(
                    decide(&policy("users:* guilds:*"), &asker),
                    AccessDecision::Refused(Reason::Automaton)
                );
            }
        }
    }
}

#[test]
fn listed_bots_and_webhooks_are_admitted_as_bots() {
    #[track_caller]
    fn check(lists: &str, is_webhook: bool, user: u64, expected: [Result<Role, Reason>; 5]) {
        for (place, expected) in expected.into_iter().enumerate() {
            let asker = Asker {
                is_bot: true,
                is_webhook,
                ..asker(user, place)
            };
            let expected = match expected {
                Ok(role) => AccessDecision::Allowed(role),
                Err(reason) => AccessDecision::Refused(reason),
            };
            assert_eq!(decide(&policy(lists), &asker), expected, "place {place}");
        }
    }
    let bot = Ok(Role::Bot);
    let direct = Err(Reason::DirectMessage);
    let (place, automaton) = (Err(Reason::Place), Err(Reason::Automaton));
    check("bots", false, LISTED, [bot, bot, bot, bot, direct]);
    check("webhooks", true, LISTED, [bot, bot, bot, bot, direct]);
    check(
        "bots channels",
        false,
        LISTED,
        [bot, bot, place, place, direct],
    );
    check(
        "webhooks guilds",
        true,
        LISTED,
        [bot, bot, bot, place, direct],
    );
    check("bots", true, LISTED, [automaton; 5]);
    check("webhooks", false, LISTED, [automaton; 5]);
    check("bots webhooks users:*", false, OWNER, [automaton; 5]);
    assert_eq!(letters(&policy("bots webhooks"), STRANGER), "nnnnn");
    let mut policy = policy("bots");
    policy.admins.insert(UserId(LISTED));
    let asker = Asker {
        is_bot: true,
        ..asker(LISTED, 0)
    };
    assert_eq!(decide(&policy, &asker), AccessDecision::Allowed(Role::Bot));
}

#[test]
fn those_let_in_are_told_apart() {
    let policy = policy("users:*");
    for (user, role) in [
        (OWNER, Role::Owner),
        (ADMIN, Role::Admin),
        (STRANGER, Role::Member),
    ] {
        assert_eq!(
            decide(&policy, &asker(user, 0)),
            AccessDecision::Allowed(role)
        );
    }
}

/// One letter for each place, as in [`letters`]: whether that person decides about tool calls there.
fn approving(policy: &AccessPolicy, user: u64) -> String {
    let may = |place| policy.may_approve(&asker(user, place));
    (0..5)
        .map(|place| if may(place) { 'y' } else { '-' })
        .collect()
}

#[test]
fn approvers_are_the_admins_unless_others_are_listed() {
    let users = || BTreeSet::from([UserId(LISTED)]);
    let roles = || BTreeSet::from([RoleId(ROLE)]);
    for (approvers, [owner, admin, listed, holder, stranger]) in [
        (
            Approvers::default(),
            ["yyyyy", "yyyyy", "-----", "-----", "-----"],
        ),
        (
            Approvers {
                users: users(),
                ..Approvers::default()
            },
            ["yyyyy", "-----", "yyyyy", "-----", "-----"],
        ),
        (
            Approvers {
                roles: roles(),
                ..Approvers::default()
            },
            ["yyyyy", "-----", "-----", "yyyy-", "-----"],
        ),
        (
            Approvers {
                users: users(),
                roles: roles(),
            },
            ["yyyyy", "-----", "yyyyy", "yyyy-", "-----"],
        ),
    ] {
        let policy = AccessPolicy {
            approvers,
            ..policy("users:*")
        };
        for (user, expected) in [
            (OWNER, owner),
            (ADMIN, admin),
            (LISTED, listed),
            (HOLDER, holder),
            (STRANGER, stranger),
        ] {
            assert_eq!(
                approving(&policy, user),
                expected,
                "{user}, {:?}",
                policy.approvers
            );
        }
    }
}

#[test]
fn those_are_asked_privately_who_may_decide_without_a_role() {
    let listed = Approvers {
        users: BTreeSet::from([UserId(LISTED), UserId(HOLDER)]),
        roles: BTreeSet::from([RoleId(ROLE)]),
    };
    let by_role = Approvers {
        users: BTreeSet::new(),
        ..listed.clone()
    };
    for (lists, approvers, place, expected) in [
        ("users", Approvers::default(), 0, vec![OWNER, ADMIN]),
        ("none", listed.clone(), 0, vec![OWNER]),
        ("users", listed.clone(), 0, vec![OWNER, LISTED]),
        // Who is let in by a role cannot press there: a press in direct messages comes without roles.
        ("roles", listed.clone(), 0, vec![OWNER]),
        ("@everyone", listed.clone(), 0, vec![OWNER, LISTED, HOLDER]),
        ("users channels", listed.clone(), 1, vec![OWNER, LISTED]),
        ("users channels", listed, 2, vec![OWNER]),
        ("users:*", by_role, 0, vec![OWNER]),
    ] {
        let policy = AccessPolicy {
            approvers,
            ..policy(lists)
        };
        let asked = policy.approvers(&asker(0, place));
        let asked: Vec<_> = asked.into_iter().map(|user| user.0).collect();
        assert_eq!(asked, expected, "{lists}, {:?}", policy.approvers);
    }
}

#[test]
fn a_bot_never_decides_about_tool_calls() {
    let mut policy = policy("bots");
    policy.approvers.users = BTreeSet::from([UserId(LISTED)]);
    for (is_bot, is_webhook) in [(true, false), (false, true)] {
        let asker = Asker {
            is_bot,
            is_webhook,
            ..asker(LISTED, 0)
        };
        assert!(!policy.may_approve(&asker));
    }
}

#[test]
fn an_owner_who_is_listed_as_an_admin_stays_the_owner() {
    let mut policy = policy("none");
    policy.admins.insert(UserId(OWNER));
    assert_eq!(policy.role(UserId(OWNER)), Role::Owner);
}

#[test]
fn a_role_does_not_count_where_discord_gives_none() {
    let in_direct_message = Asker {
        roles: &[RoleId(ROLE)],
        ..asker(HOLDER, 4)
    };
    assert_eq!(
        decide(&policy("roles"), &in_direct_message),
        AccessDecision::Refused(Reason::DirectMessage)
    );
}

#[test]
fn messages_meant_for_the_bot() {
    for (respond, is_direct_message, mentions_bot, expected) in [
        (Respond::Mention, false, false, false),
        (Respond::Mention, false, true, true),
        (Respond::Mention, true, false, true),
        (Respond::Mention, true, true, true),
        (Respond::All, false, false, true),
        (Respond::All, false, true, true),
        (Respond::All, true, false, true),
        (Respond::All, true, true, true),
    ] {
        assert_eq!(
            addressed(respond, is_direct_message, mentions_bot),
            expected,
            "{respond:?}, direct message {is_direct_message}, mention {mentions_bot}"
        );
    }
}

fn listed<T: Ord + fmt::Debug>(id: fn(u64) -> T) -> impl Strategy<Value = AllowList<T>> {
    (
        prop::bool::weighted(0.2),
        prop::collection::btree_set(0..4_u64, 0..3),
    )
        .prop_map(move |(everyone, ids)| AllowList {
            everyone,
            ids: ids.into_iter().map(id).collect(),
        })
}

proptest! {
    /// Unless it is the first name of all, which sets the person rule.
    #[test]
    fn naming_one_more_person_changes_nothing_for_others(
        users in listed(UserId), roles in listed(RoleId), channels in listed(ChannelId),
        guilds in listed(GuildId), user in 0..4_u64, named in 0..4_u64, channel in 0..4_u64,
        guild in prop::option::of(0..4_u64), held in prop::collection::vec((0..4_u64).prop_map(RoleId), 0..3),
    ) {
        let asker = Asker {
            user: UserId(user), roles: &held, channel: ChannelId(channel), parent: None,
            guild: guild.map(GuildId), is_bot: false, is_webhook: false,
        };
        let allow = Allow { users, roles, channels, guilds, ..Allow::default() };
        let before = AccessPolicy { allow, ..AccessPolicy::default() };
        let mut after = before.clone();
        after.allow.users.ids.insert(UserId(named));
        let minded_person = !(before.allow.users.is_empty() && before.allow.roles.is_empty());
        if let AccessDecision::Allowed(_) = decide(&before, &asker) {
            prop_assert!(!minded_person || matches!(decide(&after, &asker), AccessDecision::Allowed(_)));
        } else if user != named {
            prop_assert!(matches!(decide(&after, &asker), AccessDecision::Refused(_)));
        }
    }
}
