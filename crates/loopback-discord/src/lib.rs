//! A Discord on 127.0.0.1: REST and gateway v10, for tests and for trying a bot out.
//!
//! [`Loopback`] holds a small world (a guild, channels, forums, roles, people, direct messages) and
//! serves it as Discord does: with its limits, required fields, permissions, rate limit headers and
//! error codes. Unmodified clients work with it: serenity, discord.py, discord.js. It records every call
//! of the bot, fails on request ([`Fault`], [`Gateway`]), and serves a page on which people chat with
//! the bot. Tests act as people with the methods of [`Loopback`].
//!
//! ```
//! # use std::time::Duration;
//! # use loopback_discord::Loopback;
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let discord = Loopback::builder().token("a.bot.token").start().await?;
//! // ... start the bot with `discord.url()` ...
//! # if false {
//! discord.wait_until(Duration::from_secs(5), "the bot to connect", |view| view.connected() > 0).await?;
//! let question = discord.say(discord.general(), discord.owner(), "hello");
//! let reply = discord
//!     .wait_until(Duration::from_secs(5), "a reply", |view| view.replies_to(question).pop())
//!     .await?;
//! assert_eq!(reply.content, "hello yourself");
//! # }
//! # Ok(())
//! # }
//! ```
//!
//! Waiting is driven by events, not by polling. Dropping the [`Loopback`] ends everything.

#![recursion_limit = "256"]

mod actions;
mod admin;
mod builder;
mod cdn;
mod clock;
mod control;
mod event;
mod fault;
mod file_url;
mod gateway;
mod interaction_handle;
mod loopback;
mod page;
mod people;
mod rate_limit;
mod record;
mod rest;
mod route;
mod server;
mod shared;
mod snowflake;
mod view;
mod wait;
mod wire;
mod world;

pub use builder::Builder;
pub use cdn::Upload;
pub use control::{Gateway, Outage};
pub use fault::{Fault, Hold};
pub use gateway::Close;
pub use interaction_handle::InteractionHandle;
pub use loopback::Loopback;
pub use record::{Call, File, Frame};
pub use snowflake::Snowflake;
pub use view::View;
pub use wait::{Outcome, WaitError};
pub use world::{
    Acknowledgement, Attachment, Channel, ChannelKind, ForumTag, Forward, Guild, InteractionKind,
    Member, Message, Permissions, Poll, PollAnswer, Reaction, Role, SystemMessage, Thread, User,
};

pub(crate) use route::Route;
