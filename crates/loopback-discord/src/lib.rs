//! A Discord of one's own on 127.0.0.1: REST and gateway v10, for tests and for trying a bot out.
//!
//! [`Loopback`] holds a small world (a guild, channels, people, direct messages), serves it as
//! Discord does and as strictly (limits, required fields, refusals with Discord's codes), records
//! all that the bot sends, goes wrong when told to ([`Fault`], [`Gateway`]), and shows a page on
//! which people chat with the bot.
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
//! let asked = discord.say(discord.general(), discord.owner(), "hello");
//! let answer = discord
//!     .wait_until(Duration::from_secs(5), "an answer", |view| view.replies_to(asked).pop())
//!     .await?;
//! assert_eq!(answer.content, "hello yourself");
//! # }
//! # Ok(())
//! # }
//! ```
//!
//! Waiting is driven by events, never by the clock. Everything ends when the [`Loopback`] is
//! dropped.

#![recursion_limit = "256"]

mod act;
mod asked;
mod builder;
mod clock;
mod control;
mod event;
mod fault;
mod gateway;
mod grow;
mod hosted;
mod limit;
mod loopback;
mod page;
mod people;
mod record;
mod rest;
mod server;
mod shared;
mod snowflake;
mod view;
mod wait;
mod wire;
mod world;

pub use asked::Asked;
pub use builder::Builder;
pub use control::{Gateway, Outage};
pub use fault::{Fault, Hold};
pub use gateway::Close;
pub use hosted::Upload;
pub use loopback::Loopback;
pub use record::{Call, File, Frame};
pub use snowflake::Snowflake;
pub use view::View;
pub use wait::{Outcome, WaitError};
pub use world::{
    Acknowledgement, Attachment, Channel, ChannelKind, Guild, InteractionKind, Member, Message,
    Reaction, Role, User,
};

pub(crate) use fault::Route;
