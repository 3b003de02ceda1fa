//! A post: something of the bot's that stands in a channel, however many messages that takes.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::ControlId;
use crate::snowflake::MessageId;

/// Names a post within its channel: at most 20 ASCII letters, digits, `-` and `.`. Whoever puts the same key again
/// means the same post.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PostKey(String);

impl PostKey {
    /// The longest key, in bytes. A message's nonce, of 25 characters at most, is made from it.
    pub const LONGEST: usize = 20;

    /// A key from any id. Characters that a key cannot hold are left out, and of a long id the beginning is used: 19
    /// characters of a random UUID hold 72 random bits.
    #[must_use]
    pub fn new(id: &str) -> Self {
        let is_allowed =
            |character: &char| character.is_ascii_alphanumeric() || matches!(character, '-' | '.');
        Self(id.chars().filter(is_allowed).take(Self::LONGEST).collect())
    }

    /// The key of the notice that a message's turn was cut off for the `cuts`th time.
    #[must_use]
    pub fn cut_off(message: MessageId, cuts: u32) -> Self {
        Self::new(&format!("c{:x}.{cuts:x}", message.0))
    }

    /// The key as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for PostKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// How a post shall look.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Post {
    /// What it says.
    pub body: Body,
    /// Buttons and menus below it, a row each: at most five rows, of five buttons or one menu.
    pub controls: Vec<Vec<Control>>,
    /// Files that go with it.
    pub files: Vec<PostFile>,
    /// The message that it replies to.
    pub reply_to: Option<MessageId>,
    /// Whether the author of that message is pinged when the post is created. Nobody else ever is.
    pub notify: bool,
    /// Whether this is its last version: the adapter forgets the post when it stands there.
    pub is_final: bool,
}

impl Post {
    /// A post of text that does not change any more.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self {
            body: Body::Text(text.into()),
            is_final: true,
            ..Self::default()
        }
    }

    /// The same, as a reply that pings the author of a message.
    #[must_use]
    pub fn replying_to(self, message: Option<MessageId>) -> Self {
        Self {
            reply_to: message,
            notify: message.is_some(),
            ..self
        }
    }
}

/// What a post says.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// Markdown of any length.
    Text(String),
    /// A card.
    Card(Card),
}

impl Default for Body {
    fn default() -> Self {
        Self::Text(String::new())
    }
}

/// A box with a title, text and fields. It stands in one message.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Card {
    /// The title, of at most 256 characters.
    pub title: String,
    /// The text, of at most 4,096 characters of Markdown.
    pub text: String,
    /// The fields, at most 25.
    pub fields: Vec<CardField>,
    /// Small print at the end, of at most 2,048 characters.
    pub footer: String,
    /// The color of its edge, as `0xRRGGBB`.
    pub color: Option<u32>,
}

/// A field of a card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardField {
    /// Its name, of at most 256 characters.
    pub name: String,
    /// Its value, of at most 1,024 characters of Markdown.
    pub value: String,
    /// Whether it may stand beside others.
    pub is_inline: bool,
}

/// Something to press or to choose from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Control {
    /// A button.
    Button(Button),
    /// A menu. It takes a row of its own.
    Menu(Menu),
}

/// A button.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Button {
    /// Comes back when it is pressed.
    pub id: ControlId,
    /// What stands on it, at most 80 characters.
    pub label: String,
    /// How it looks.
    pub style: ButtonStyle,
    /// Whether it can be pressed.
    pub is_enabled: bool,
}

/// How a button looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ButtonStyle {
    /// The one that most people want.
    Primary,
    /// Any other.
    Secondary,
    /// It agrees.
    Success,
    /// It refuses or destroys.
    Danger,
}

/// A menu.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Menu {
    /// Comes back with what was chosen.
    pub id: ControlId,
    /// What stands there before anything is chosen, at most 150 characters.
    pub placeholder: String,
    /// The options, at most 25.
    pub options: Vec<MenuOption>,
    /// How many must be chosen, and how many may be.
    pub min: u8,
    /// How many may be chosen at most.
    pub max: u8,
}

/// An option of a menu.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MenuOption {
    /// What comes back, at most 100 characters.
    pub value: String,
    /// What the person reads, at most 100 characters.
    pub label: String,
    /// Small print, at most 100 characters.
    pub description: String,
}

/// A file that goes with a post.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostFile {
    /// Its name, without a path.
    pub name: String,
    /// Its content.
    pub content: Vec<u8>,
}

impl fmt::Debug for PostFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PostFile({:?}, {} bytes)", self.name, self.content.len())
    }
}

#[cfg(test)]
mod tests;
