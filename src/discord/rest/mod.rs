//! REST: all of the bot's requests to Discord, the same in production and on the loopback.
//!
//! # Theory of operation
//!
//! serenity's types stand for bodies and answers. Its own client is not used: it hides `Retry-After`, repeats only
//! requests that were rate limited, and has no rate limiter for other addresses than Discord's.
//!
//! [`Rest`] takes a [`Call`], waits until the [`rate_limiter`] allows it and, where the global limit lacks room, until it
//! is the call's turn in the [`queue`], sends it, and judges the answer ([`verdict`]).
//! It tries again for as long as the call's [`patience`] lasts. It also counts the requests that Discord counts as
//! invalid ([`budget`]), and stops the bot long before Discord would ban it. All of these decisions are pure; [`client`]
//! carries them out.
//!
//! This module does not know what is posted where, and why: the reconciler does.

mod budget;
mod call;
mod client;
mod clock;
mod endpoints;
mod failed;
#[cfg(feature = "fuzzing")]
pub(super) mod fuzzing;
mod patience;
mod proxy;
mod queue;
mod rate_limiter;
mod verdict;

pub(super) use call::{Call, Route};
pub(super) use client::ONE_TRY;
pub(crate) use client::Rest;
pub(super) use endpoints::{GatewayBot, route};
pub(crate) use failed::Failed;
pub(super) use queue::Class;
