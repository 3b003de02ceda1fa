//! The way from Discord's JSON to our own types, for the fuzz targets: serenity's types stay in this room.

use std::{
    panic::{self, Location},
    path::Path,
};

use serenity::all::Interaction;

pub use super::rest::fuzzing::{Answered, Outcome};
use super::{
    access::Policy,
    again, convert,
    intake::{Delivered, Intake, Person, Slash},
    parse::parse,
};
use crate::{
    channel::Threads,
    config::{Config, Environment, Machine},
    snowflake::{ChannelId, GuildId, MessageId, UserId},
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
        threads: Threads::default(),
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
pub fn message(json: &[u8], bot: UserId) -> Option<Delivered> {
    let message = parse(json).ok()?;
    Some(convert::delivered(message, bot))
}

/// A slash command as the gateway sends it, and what it tells of its channel; `None` where serenity refuses it.
#[must_use]
pub fn slash(json: &[u8], threads: &Threads) -> Option<Slash> {
    let Interaction::Command(command) = parse(json).ok()? else {
        return None;
    };
    if let Some(told) = &command.channel {
        convert::learn_partial(threads, told);
    }
    Some(convert::used(&command))
}

/// A button that was pressed.
#[derive(Debug, Clone)]
pub struct Press {
    /// Who pressed it.
    pub presser: Person,
    /// Where.
    pub channel: ChannelId,
    /// The guild; `None` in a direct message.
    pub guild: Option<GuildId>,
    /// What its maker called it.
    pub custom_id: String,
    /// The message that it runs again; `None` for a button of another kind.
    pub again: Option<MessageId>,
}

/// A press of a button as the gateway sends it, and what it tells of its channel; `None` where serenity refuses it.
#[must_use]
pub fn press(json: &[u8], threads: &Threads) -> Option<Press> {
    let Interaction::Component(press) = parse(json).ok()? else {
        return None;
    };
    if let Some(told) = &press.channel {
        convert::learn_partial(threads, told);
    }
    Some(Press {
        presser: convert::presser(&press),
        channel: ChannelId(press.channel_id.get()),
        guild: press.guild_id.map(|guild| GuildId(guild.get())),
        again: again::pressed(&press.data.custom_id),
        custom_id: press.data.custom_id,
    })
}
