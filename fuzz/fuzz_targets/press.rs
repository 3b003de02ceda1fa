//! A button's press as Discord sends it: only our own buttons are read, each id in one way, and only for people let in.

#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use switchboard::{
    channel::Threads,
    discord::{again, fuzzing, intake::Intake},
    snowflake::UserId,
};

const OWNER: UserId = UserId(1_100_000_000_000_000_001);
const MEMBER: UserId = UserId(1_100_000_000_000_000_002);

static INTAKE: LazyLock<Intake> = LazyLock::new(|| {
    fuzzing::intake(
        r#"{"discord": {"allow": {"users": ["1100000000000000002"], "channels": ["1100000000000000003"]}}}"#,
        OWNER,
    )
});

fn is_ours(custom_id: &str) {
    if let Some(message) = again::pressed(custom_id) {
        assert_eq!(custom_id, format!("again:{message}"), "an id in two ways");
    }
}

fuzz_target!(|json: &[u8]| {
    if let Ok(text) = str::from_utf8(json) {
        is_ours(text);
        is_ours(&format!("again:{text}"));
    }
    let intake = Intake {
        threads: Threads::default(),
        ..INTAKE.clone()
    };
    let Some(press) = fuzzing::press(json, &intake.threads) else {
        return;
    };
    is_ours(&press.custom_id);
    assert_eq!(press.again, again::pressed(&press.custom_id));
    let presser = press.presser.clone();
    if let Ok(speaker) = intake.admit(press.presser, press.channel, press.guild) {
        assert!(!presser.is_bot, "let in a program");
        assert!([OWNER, MEMBER].contains(&speaker.id), "let in a stranger");
        let parent = intake.threads.parent(press.channel).unwrap_or(press.channel);
        let is_there = press.channel.0 == 1_100_000_000_000_000_003 || parent.0 == 1_100_000_000_000_000_003;
        assert!(speaker.id == OWNER || press.guild.is_none() || is_there, "let in elsewhere");
    }
});
