//! The chat port: everything that channels and a chat service tell each other.
//!
//! [`ChatEvent`] goes in, [`ChatOp`] goes out. Both are plain values that serialize and hold no handles, so that they can
//! travel between machines. The central operation is [`ChatOp::Put`]: "make the post with this key look like this". The
//! adapter of a chat service (`discord`) compares that with what is in the channel and sends the difference. It also
//! fills the [`Directory`] of channels.
//!
//! The core owns these types. Nothing here knows Discord's API or its client library.

pub mod control_id;
mod control_sequences;
mod directory;
mod event;
pub mod observer;
mod op;
mod op_id;
mod outbox;
mod post;
mod settled_text;

pub use claude_session::{is_blank, shows_nothing};
pub use control_id::ControlId;
pub use control_sequences::{
    has_control_characters, split_colors, unfinished_control_sequence, with_line_feeds,
    without_control_sequences,
};
pub use directory::Directory;
pub use event::{
    Author, ChannelChange, ChatEvent, ChatMessage, Delivery, Interaction, InteractionKind,
    MessageEdit, MissingPermission, OpError, OpResult, Place, PostFailure, PostState,
};
pub use op::{ChatOp, FieldKind, Form, FormField, InteractionReply};
pub use op_id::{Lookup, OpId};
pub use outbox::Outbox;
pub use post::{
    Body, Button, ButtonStyle, Card, CardField, Control, Menu, MenuOption, Post, PostFile, PostKey,
};
pub use settled_text::SettledText;

#[cfg(test)]
mod tests;
