//! A message or a slash command as Discord sends it: through serenity's types into ours, and on to what is wanted.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use switchboard::{
    channel::{Threads, Wish},
    discord::{
        fuzzing,
        intake::{Intake, Person},
    },
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
fn intake() -> Intake {
    let threads = Threads::default();
    threads.learn(THREAD, CHANNEL, "aside".to_owned());
    Intake {
        threads,
        ..INTAKE.clone()
    }
}

/// Who may speak there by these lists, said in another way than the policy says it.
fn may_speak(
    intake: &Intake,
    author: &Person,
    channel: ChannelId,
    guild: Option<GuildId>,
) -> Option<Role> {
    let is_there = guild == Some(GUILD)
        || guild.is_some() && [Some(channel), intake.threads.parent(channel)].contains(&Some(CHANNEL));
    let is_listed = author.id == MEMBER
        || guild.is_some() && author.roles.contains(&ROLE)
        || guild.is_some_and(|guild| guild.0 == ROLE.0);
    match author {
        Person { is_webhook: true, id, .. } => (*id == WEBHOOK && is_there).then_some(Role::Bot),
        Person { is_bot: true, id, .. } => (*id == OTHER_BOT && is_there).then_some(Role::Bot),
        Person { id, .. } if *id == OWNER => Some(Role::Owner),
        Person { id, .. } if *id == ADMIN => Some(Role::Admin),
        Person { id, .. } if guild.is_none() => (*id == MEMBER).then_some(Role::Member),
        _ => (is_listed && is_there).then_some(Role::Member),
    }
}

fuzz_target!(|json: &[u8]| {
    let intake = intake();
    if let Some(message) = fuzzing::message(json, BOT) {
        let (author, channel, guild) = (message.author.clone(), message.channel, message.guild);
        let text = message.text.clone();
        if let Ok(inbound) = intake.message(message, BOT) {
            let expected = may_speak(&intake, &author, channel, guild);
            assert_eq!(Some(inbound.item.speaker.role), expected, "{author:?}");
            assert_eq!(inbound.channel, channel);
            if let Wish::Words { words, context } = inbound.item.wish {
                assert_eq!(words, text, "changed a person's words");
                assert_eq!(context.thread.is_some(), channel == THREAD);
            }
        }
    }
    if let Some(slash) = fuzzing::slash(json, &intake.threads) {
        let (author, channel, guild) = (slash.author.clone(), slash.channel, slash.guild);
        let role = intake.slash(slash).ok().map(|inbound| inbound.item.speaker.role);
        assert_eq!(role, may_speak(&intake, &author, channel, guild), "{author:?}");
    }
});
