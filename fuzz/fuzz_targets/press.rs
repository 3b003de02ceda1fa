//! A button's press as Discord sends it: only our own buttons are read, each id in one way, and only for people let in.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use switchboard::{
    channel::intake::Intake,
    chat::{ChatEvent, ControlId, Directory, InteractionKind},
    discord::fuzzing,
    snowflake::{ChannelId, UserId},
};

const OWNER: UserId = UserId(1_100_000_000_000_000_001);
const BOT: UserId = UserId(1_100_000_000_000_000_009);
const MEMBER: UserId = UserId(1_100_000_000_000_000_002);
const CHANNEL: ChannelId = ChannelId(1_100_000_000_000_000_003);

static INTAKE: LazyLock<Intake> = LazyLock::new(|| {
    fuzzing::intake(
        r#"{"discord": {"allow": {"users": ["1100000000000000002"], "channels": ["1100000000000000003"]}}}"#,
        OWNER,
    )
});

fn check_id(custom_id: &str) {
    if let Some(id) = ControlId::parse(custom_id) {
        assert_eq!(custom_id, id.to_string(), "an id in two ways");
    }
}

// Before any input: serenity may panic on the first one.
fuzz_target!(init: { LazyLock::force(&INTAKE); }, |json: &[u8]| {
    if let Ok(text) = str::from_utf8(json) {
        check_id(text);
        check_id(&format!("sb1:{text}"));
    }
    let event = fuzzing::interaction(json, BOT, &Directory::default());
    let Some(ChatEvent::Interaction { place, author, kind, .. }) = event else {
        return;
    };
    let InteractionKind::Press { custom_id, .. } = kind else {
        return;
    };
    check_id(&custom_id);
    if let Ok(speaker) = INTAKE.admit(&author, &place) {
        assert!(!author.is_bot, "let in a program");
        assert!([OWNER, MEMBER].contains(&speaker.id), "let in a stranger");
        let is_listed = |channel| channel == CHANNEL;
        let is_there = is_listed(place.channel) || place.parent.is_some_and(is_listed);
        assert!(speaker.id == OWNER || place.guild.is_none() || is_there, "let in elsewhere");
    }
});
