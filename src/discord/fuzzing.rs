//! The way from Discord's JSON to our own types, for the fuzz targets: serenity's types stay in this room.

use super::{
    convert,
    intake::{Delivered, Slash},
};
use crate::snowflake::UserId;

/// A message as the gateway sends it; `None` where serenity refuses it.
#[must_use]
pub fn message(json: &[u8], bot: UserId) -> Option<Delivered> {
    let message = serde_json::from_slice(json).ok()?;
    Some(convert::delivered(message, bot))
}

/// A slash command as the gateway sends it; `None` where serenity refuses it.
#[must_use]
pub fn slash(json: &[u8]) -> Option<Slash> {
    let command = serde_json::from_slice(json).ok()?;
    Some(convert::used(&command))
}
