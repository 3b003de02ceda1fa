//! The gateway: sessions, the events they receive, and the sockets they are connected by.
//!
//! [`Gateway`] is pure and synchronous; only `socket` does I/O. It owns sessions and connections (open
//! sockets) and does not know what a message is: it receives finished payloads.

mod close;
mod hub;
mod intents;
mod receive;
mod session;
mod session_starts;
mod shard;
mod socket;

pub use close::Close;
pub(crate) use hub::{Gateway, Outgoing};
pub(crate) use intents::Intents;
pub(crate) use receive::Credentials;
pub(crate) use session_starts::{SessionStarts, TOTAL as SESSION_START_TOTAL};
pub(crate) use shard::Shard;
pub(crate) use socket::connect;
