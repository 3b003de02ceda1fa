//! REST: the one place from which the bot asks something of Discord, the same in production and on the loopback.
//!
//! # Theory of operation
//!
//! serenity makes the bodies and reads the answers; its own client is not used, because it hides `Retry-After`, tries
//! nothing again but what was limited, and has no limiter wherever its address is another than Discord's.
//!
//! A [`Call`] is asked of [`Rest`], which lets it wait until no limit forbids it ([`RateLimiter`]), sends it, reads
//! Discord's answer ([`verdict`]), and tries again what may work later, for as long as the call has patience. Answers
//! that Discord counts as invalid are counted here too ([`Budget`]): it bans an address for 10,000 of them in 10
//! minutes, and the bot stops long before. All of these decisions are pure; [`client`] carries them out.
//!
//! This room must not know what is posted where, and why: that is the reconciler's business.

mod budget;
mod call;
mod client;
mod clock;
mod endpoints;
#[cfg(feature = "fuzzing")]
pub(super) mod fuzzing;
mod members;
mod patience;
mod proxy;
mod rate_limiter;
mod verdict;

pub(super) use call::Call;
pub(super) use client::{Failed, Rest};
