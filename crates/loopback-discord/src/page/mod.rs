//! The page on which people chat with the bot.
//!
//! It owns the doors under `/` and `/loopback`, which are for the page alone, and what the page is
//! told. It must not know Discord's JSON: the page has a form of its own.

mod doors;
mod guard;
mod told;

pub(crate) use doors::router;
pub(crate) use told::told;
