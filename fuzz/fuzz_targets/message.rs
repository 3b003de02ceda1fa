//! A message or a slash command as Discord sends it: through serenity's types into ours, and on to what is wanted.

#![no_main]

use std::{path::Path, sync::LazyLock};

use libfuzzer_sys::fuzz_target;
use switchboard::{
    channel::{Threads, Wish},
    config::{Config, Environment, Machine},
    discord::{access::Policy, fuzzing, intake::Intake},
    snowflake::UserId,
};

const BOT: UserId = UserId(1_100_000_000_000_000_009);
const OWNER: UserId = UserId(1_100_000_000_000_000_001);

static INTAKE: LazyLock<Intake> = LazyLock::new(|| {
    let machine = Machine {
        memory_bytes: 4_000_000_000,
    };
    let config = Config::from_json(
        r#"{"discord": {"respond": "all", "allow": {"users": ["1100000000000000002"]}}}"#,
        Path::new("/srv/bot"),
        &Environment::default(),
        &machine,
    );
    let config = config.expect("a sound configuration");
    let policy = Policy {
        allow: config.discord.allow.clone(),
        admins: config.discord.admins.clone(),
        owners: [OWNER].into(),
    };
    Intake {
        policy,
        config: config.into(),
        threads: Threads::default(),
    }
});

fuzz_target!(|json: &[u8]| {
    if let Some(message) = fuzzing::message(json, BOT) {
        let author = message.author.clone();
        let text = message.text.clone();
        if let Ok(inbound) = INTAKE.message(message, BOT) {
            assert!(!author.is_bot && !author.is_webhook, "let in a program");
            let known = [OWNER, UserId(1_100_000_000_000_000_002)];
            assert!(known.contains(&author.id), "let in a stranger");
            if let Wish::Words { words, .. } = inbound.item.wish {
                assert_eq!(words, text, "changed a person's words");
            }
        }
    }
    if let Some(slash) = fuzzing::slash(json) {
        let author = slash.author.clone();
        if INTAKE.slash(slash).is_ok() {
            assert!(!author.is_bot, "let in a program");
        }
    }
});
