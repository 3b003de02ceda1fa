//! The chat port: everything that channels and a chat service tell each other.
//!
//! [`ChatEvent`] goes in, [`ChatOp`] goes out. Both are plain values that serialize: they hold no handles and no
//! monotonic times, so that the two sides could run on different machines. The central operation is
//! [`ChatOp::Put`]: "the post with this key shall look like this". The adapter of a chat service (`discord`)
//! compares what stands there with what is wanted and makes the difference up.
//!
//! The core owns these types. Nothing here knows Discord's API or its client library.

pub mod control_id;
mod directory;
mod event;
pub mod observer;
mod op;
mod outbox;
mod post;

pub use control_id::ControlId;
pub use directory::Directory;
pub use event::{
    Author, ChannelChange, ChatEvent, ChatMessage, Delivery, Interaction, MessageEdit, OpError,
    OpResult, Place, PostFailure,
};
pub use op::{ChatOp, Form, FormField, InteractionReply, OpId};
pub use outbox::Outbox;
pub use post::{
    Body, Button, ButtonStyle, Card, CardField, Control, Menu, MenuOption, Post, PostFile, PostKey,
};
