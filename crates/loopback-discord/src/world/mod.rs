//! The world that the loopback Discord holds: guilds, channels, people, messages, interactions.
//!
//! Pure and synchronous: it owns what exists and the rules of what may be done to it. It must not
//! know HTTP, the gateway or JSON payloads of Discord; times are passed in.

mod channel;
mod interaction;
mod mentions;
mod message;
mod people;
mod seed;
mod store;

pub use channel::{Channel, ChannelKind};
pub use interaction::{Acknowledgement, InteractionKind};
pub use message::{Attachment, Message, Reaction};
pub use people::{Guild, Member, Role, User};

pub(crate) use interaction::Interaction;
pub(crate) use mentions::{Allowed, Reach, mentioned};
pub(crate) use message::Draft;
pub(crate) use seed::{Cast, Seed};
pub(crate) use store::{Application, Patch, World};
