//! The page on which people chat with the bot.
//!
//! It owns the routes `/` and `/loopback/...`, which are for the page alone, and the JSON that the page
//! receives, which is not Discord's.

mod actions;
mod guard;
mod payload;
mod routes;

pub(crate) use payload::update;
pub(crate) use routes::router;
