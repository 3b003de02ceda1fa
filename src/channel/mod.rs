//! One actor per channel: its inbox, its state machine, and the loop that obeys it.
//!
//! [`state`] decides and is pure: `handle(event, now) -> effects`. [`actor`] is the loop: it turns what happens into
//! events and carries out the effects. [`hub`] makes an actor on a channel's first message and lets it go when
//! it is idle. [`Notice`] is what an admin is told once. [`words`] is all that a person reads that Claude did not write. Nothing here knows serenity.

pub mod actor;
mod body;
mod claims;
mod gate;
pub mod hub;
pub mod item;
mod notice;
pub mod state;
pub mod threads;
pub mod words;

pub use gate::Gate;
pub use hub::{Hub, Inbound};
pub use item::{Interaction, Item, Mark, Origin, Utterance, Via, Wish};
pub use notice::Notice;
pub use threads::Threads;
