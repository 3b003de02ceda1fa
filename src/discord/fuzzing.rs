//! Converts Discord's JSON to the bot's own types, for the fuzz targets.

use std::{
    panic::{self, Location},
    path::Path,
};

pub use super::rest::fuzzing::{Answered, Outcome};
use super::{
    convert,
    json::{parse, parse_messages},
};
use crate::{
    channel::intake::Intake,
    chat::{ChatEvent, ChatMessage, Directory},
    config::{Config, Environment, Machine},
    snowflake::UserId,
};

/// The intake of a bot with this configuration and owner. Call it once.
///
/// # Panics
///
/// If the configuration is not valid.
#[expect(clippy::expect_used, reason = "the fuzz targets' own configuration")]
pub fn intake(config: &str, owner: UserId) -> Intake {
    allow_serenity_to_panic();
    let machine = Machine {
        memory_bytes: 4_000_000_000,
    };
    let folder = Path::new("/srv/bot");
    let config = Config::from_json(config, folder, &Environment::default(), &machine)
        .expect("a valid configuration");
    Intake::new(config.into(), [owner].into())
}

/// The program catches serenity's panics, but libFuzzer's hook would end the process first.
fn allow_serenity_to_panic() {
    let hook = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let is_in_serenity = |location: &Location<'_>| location.file().contains("/serenity-");
        if !info.location().is_some_and(is_in_serenity) {
            hook(info);
        }
    }));
}

/// Converts a message as the gateway sends it; `None` if serenity refuses it.
pub fn message(json: &[u8], bot: UserId, directory: &Directory) -> Option<ChatMessage> {
    let message = parse_messages(json).ok()?;
    Some(convert::message(message, bot, directory))
}

/// Converts an interaction as the gateway sends it; `None` if serenity or the bot refuses it.
pub fn interaction(json: &[u8], bot: UserId, directory: &Directory) -> Option<ChatEvent> {
    convert::interaction(parse(json).ok()?, bot, directory)
}
