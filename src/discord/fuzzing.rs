//! The way from Discord's JSON to our own types, for the fuzz targets: serenity's types stay in this room.

use std::{
    panic::{self, Location},
    path::Path,
};

use serenity::all::Interaction;

pub use super::rest::fuzzing::{Answered, Outcome};
use super::{convert, json::parse};
use crate::{
    access::Policy,
    channel::intake::Intake,
    chat::{ChatEvent, ChatMessage, Directory},
    config::{Config, Environment, Machine},
    snowflake::UserId,
};

/// The way in of a bot with this configuration and owner. To be called once.
///
/// # Panics
///
/// Where the configuration is not sound.
#[must_use]
#[expect(clippy::expect_used, reason = "the fuzz targets' own configuration")]
pub fn intake(config: &str, owner: UserId) -> Intake {
    allow_serenity_to_panic();
    let machine = Machine {
        memory_bytes: 4_000_000_000,
    };
    let folder = Path::new("/srv/bot");
    let config = Config::from_json(config, folder, &Environment::default(), &machine)
        .expect("a sound configuration");
    let policy = Policy {
        allow: config.discord.allow.clone(),
        admins: config.discord.admins.clone(),
        owners: [owner].into(),
    };
    Intake {
        policy,
        config: config.into(),
    }
}

/// serenity may panic, which the program catches; libFuzzer's own hook would end the process first.
fn allow_serenity_to_panic() {
    let hook = panic::take_hook();
    panic::set_hook(Box::new(move |info| {
        let is_serenitys = |location: &Location<'_>| location.file().contains("/serenity-");
        if !info.location().is_some_and(is_serenitys) {
            hook(info);
        }
    }));
}

/// A message as the gateway sends it; `None` where serenity refuses it.
#[must_use]
pub fn message(json: &[u8], bot: UserId, directory: &Directory) -> Option<ChatMessage> {
    let message = parse(json).ok()?;
    Some(convert::message(message, bot, directory))
}

/// An interaction as the gateway sends it, and what it says of its channel; `None` where serenity refuses it.
#[must_use]
pub fn interaction(json: &[u8], directory: &Directory) -> Option<ChatEvent> {
    match parse(json).ok()? {
        Interaction::Command(command) => {
            if let Some(channel) = &command.channel {
                convert::learn_partial(directory, channel, command.guild_id);
            }
            Some(convert::command(&command, directory))
        }
        Interaction::Component(press) => {
            if let Some(channel) = &press.channel {
                convert::learn_partial(directory, channel, press.guild_id);
            }
            Some(convert::press(&press, directory))
        }
        Interaction::Autocomplete(typed) => convert::autocomplete(&typed, directory),
        Interaction::Modal(form) => Some(convert::form(&form, directory)),
        _ => None,
    }
}
