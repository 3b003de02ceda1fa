//! The world that the loopback Discord holds: guilds, channels, people, messages, interactions.
//!
//! Pure and synchronous: it owns what exists and the rules for changing it. It knows neither HTTP nor
//! the gateway nor Discord's JSON; times are passed in.

mod channel;
mod channels;
mod file;
mod guild;
mod interaction;
mod mentions;
mod message;
mod messages;
mod permissions;
mod poll;
mod seed;
mod store;

pub use channel::{Channel, ChannelKind, ForumTag, Thread};
pub use guild::{Guild, Member, Role, User};
pub use interaction::{Acknowledgement, InteractionKind};
pub use message::{Attachment, Forward, Message, Reaction, SystemMessage};
pub use permissions::Permissions;
pub use poll::{Poll, PollAnswer};

pub(crate) use channels::{ChannelPatch, NewThread};
pub(crate) use file::{FileContent, NewFile, StoredFile};
pub(crate) use interaction::Interaction;
pub(crate) use mentions::{Allowed, Reach, mentioned};
pub(crate) use message::{Draft, Patch};
pub(crate) use permissions::Overwrite;
pub(crate) use seed::{Seed, SeedIds};
pub(crate) use store::{Application, World};
