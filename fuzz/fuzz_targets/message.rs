//! A message or a slash command as Discord sends it: through serenity's types into ours, and on to what is wanted.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use switchboard::{
    channel::{Request, intake::Intake},
    chat::{Author, ChatEvent, Delivery, Directory, InteractionKind, Place},
    discord::fuzzing,
    external::Role,
    snowflake::{ChannelId, GuildId, RoleId, UserId},
};

const OWNER: UserId = UserId(1_100_000_000_000_000_001);
const MEMBER: UserId = UserId(1_100_000_000_000_000_002);
const CHANNEL: ChannelId = ChannelId(1_100_000_000_000_000_003);
const GUILD: GuildId = GuildId(1_100_000_000_000_000_004);
const ROLE: RoleId = RoleId(1_100_000_000_000_000_006);
const BOT: UserId = UserId(1_100_000_000_000_000_009);
const OTHER_BOT: UserId = UserId(1_100_000_000_000_000_010);
const WEBHOOK: UserId = UserId(1_100_000_000_000_000_011);
const ADMIN: UserId = UserId(1_100_000_000_000_000_012);
const THREAD: ChannelId = ChannelId(1_100_000_000_000_000_013);

static INTAKE: LazyLock<Intake> = LazyLock::new(|| {
    fuzzing::intake(
        r#"{
            "discord": {
                "respond": "mention",
                "allow": {
                    "users": ["1100000000000000002"], "roles": ["1100000000000000006"],
                    "channels": ["1100000000000000003"], "guilds": ["1100000000000000004"],
                    "bots": ["1100000000000000010"], "webhooks": ["1100000000000000011"]
                },
                "admins": ["1100000000000000012"]
            },
            "channels": { "1100000000000000003": { "respond": "all" } }
        }"#,
        OWNER,
    )
});

/// Each input finds the one thread that Discord has told of.
fn directory() -> Directory {
    let directory = Directory::default();
    directory.learn(&Place {
        parent: Some(CHANNEL),
        guild: Some(GUILD),
        name: Some("aside".to_owned()),
        ..Place::channel(THREAD)
    });
    directory
}

/// Who may speak there by these lists, said in another way than the policy says it.
fn may_speak(author: &Author, place: &Place) -> Option<Role> {
    let guild = place.guild;
    let is_there = guild == Some(GUILD)
        || guild.is_some() && [Some(place.channel), place.parent].contains(&Some(CHANNEL));
    let is_listed = author.id == MEMBER
        || guild.is_some() && author.roles.contains(&ROLE)
        || guild.is_some_and(|guild| guild.0 == ROLE.0);
    match author {
        Author { is_webhook: true, id, .. } => (*id == WEBHOOK && is_there).then_some(Role::Bot),
        Author { is_bot: true, id, .. } => (*id == OTHER_BOT && is_there).then_some(Role::Bot),
        Author { id, .. } if *id == OWNER => Some(Role::Owner),
        Author { id, .. } if *id == ADMIN => Some(Role::Admin),
        Author { id, .. } if guild.is_none() => (*id == MEMBER).then_some(Role::Member),
        _ => (is_listed && is_there).then_some(Role::Member),
    }
}

// Before any input: serenity may panic on the first one.
fuzz_target!(init: { LazyLock::force(&INTAKE); }, |json: &[u8]| {
    let directory = directory();
    if let Some(message) = fuzzing::message(json, BOT, &directory)
        && let Ok(item) = INTAKE.message(&message, Delivery::Live, BOT)
    {
        let expected = may_speak(&message.author, &message.place);
        assert_eq!(Some(item.speaker.role), expected, "{:?}", message.author);
        assert_eq!(item.place, message.place);
        if let Request::Prompt { text, context } = item.request {
            if item.mode.is_some() {
                let rest = message.text.strip_suffix(&text);
                assert!(
                    rest.is_some_and(|prefix| prefix.contains("!!")),
                    "took more than the prefix off a person's words"
                );
            } else {
                assert_eq!(text, message.text, "changed a person's words");
            }
            assert_eq!(context.thread.is_some(), message.place.channel == THREAD);
        }
    }
    let event = fuzzing::interaction(json, BOT, &directory);
    if let Some(ChatEvent::Interaction { place, author, kind, .. }) = event
        && let InteractionKind::Command { name, options } = kind
    {
        let item = INTAKE.command(&place, &author, 1, (&name, &options));
        let role = item.ok().map(|item| item.speaker.role);
        assert_eq!(role, may_speak(&author, &place), "{author:?}");
    }
});
