//! The gateway: sessions, what they are sent, and the socket they are sent it on.
//!
//! [`Gateway`] is pure and synchronous; only `socket` does I/O. It owns sessions and links (open
//! sockets) and must not know what a message is: payloads are handed to it.

mod close;
mod hub;
mod intents;
mod receive;
mod session;
mod socket;

pub use close::Close;
pub(crate) use hub::{Gateway, Outgoing};
pub(crate) use intents::Intents;
pub(crate) use receive::Terms;
pub(crate) use socket::connect;
