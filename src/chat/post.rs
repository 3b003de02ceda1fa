//! A post: something of the bot's in a channel, in as many messages as it takes.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::ControlId;
use crate::snowflake::MessageId;

/// Names a post within its channel: at most 20 ASCII letters, digits, `-` and `.`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "String")]
pub struct PostKey(String);

impl PostKey {
    /// The longest key, in bytes. A message's nonce, of 25 characters at most, is made from it.
    pub const LONGEST: usize = 20;

    /// A key from any id. Characters that a key cannot hold are left out, and a long id is cut: 19 characters of a
    /// random UUID hold 72 random bits.
    pub fn new(id: &str) -> Self {
        let is_allowed =
            |character: &char| character.is_ascii_alphanumeric() || matches!(character, '-' | '.');
        Self(id.chars().filter(is_allowed).take(Self::LONGEST).collect())
    }

    /// The key of the notice that a message's turn was cut off for the `cuts`th time.
    pub fn cut_off(message: MessageId, cuts: u32) -> Self {
        Self::new(&format!("c{:x}.{cuts:x}", message.0))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<String> for PostKey {
    fn from(id: String) -> Self {
        Self::new(&id)
    }
}

impl fmt::Display for PostKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a post looks like.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Post {
    pub body: Body,
    /// Buttons and menus below the body, by row: at most five rows, each with up to five buttons or one menu.
    pub controls: Vec<Vec<Control>>,
    pub files: Vec<PostFile>,
    pub reply_to: Option<MessageId>,
    /// Whether creating the post pings the author of the message that it replies to. Nobody else is ever pinged.
    pub notify: bool,
    /// Whether this is the last version: the adapter forgets the post once it is in the channel.
    pub is_final: bool,
}

impl Post {
    /// A post of text that does not change any more.
    pub fn text(text: impl Into<String>) -> Self {
        Self {
            body: Body::Text(text.into()),
            is_final: true,
            ..Self::default()
        }
    }

    /// Claude's answer, or a part of it, which does not change any more.
    pub fn answer(text: impl Into<String>) -> Self {
        Self {
            body: Body::Answer(text.into()),
            ..Self::text("")
        }
    }

    /// The same as a reply that pings the author of a message.
    #[must_use]
    pub fn replying_to(self, message: Option<MessageId>) -> Self {
        Self {
            reply_to: message,
            notify: message.is_some(),
            ..self
        }
    }
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Body {
    /// Markdown of any length.
    Text(String),
    /// Claude's Markdown. What is too long for a chat is left to files.
    Answer(String),
    Card(Card),
}

impl Default for Body {
    fn default() -> Self {
        Self::Text(String::new())
    }
}

/// A box with a title, text and fields, in one message.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Card {
    /// At most 256 characters.
    pub title: String,
    /// At most 4,096 characters of Markdown.
    pub text: String,
    /// At most 25.
    pub fields: Vec<CardField>,
    /// Small print, at most 2,048 characters.
    pub footer: String,
    /// Color of the edge, as `0xRRGGBB`.
    pub color: Option<u32>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardField {
    /// At most 256 characters.
    pub name: String,
    /// At most 1,024 characters of Markdown.
    pub value: String,
    /// Whether other fields may be beside it.
    pub is_inline: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Control {
    Button(Button),
    Menu(Menu),
}

impl Control {
    pub fn id(&self) -> &ControlId {
        match self {
            Self::Button(button) => &button.id,
            Self::Menu(menu) => &menu.id,
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Button {
    /// Returned when the button is pressed.
    pub id: ControlId,
    /// At most 80 characters.
    pub label: String,
    pub style: ButtonStyle,
    pub is_enabled: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ButtonStyle {
    /// What most people want.
    Primary,
    Secondary,
    /// Allows or approves what is asked for.
    Success,
    /// Refuses or destroys.
    Danger,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Menu {
    /// Returned with the choice.
    pub id: ControlId,
    /// Shown until something is chosen, at most 150 characters.
    pub placeholder: String,
    /// At most 25.
    pub options: Vec<MenuOption>,
    /// The fewest options that can be chosen.
    pub min: u8,
    /// The most options that can be chosen.
    pub max: u8,
}

/// Each text has at most 100 characters.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MenuOption {
    /// Returned when the option is chosen.
    pub value: String,
    pub label: String,
    /// Small print.
    pub description: String,
}

#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PostFile {
    /// Without a path.
    pub name: String,
    pub content: Vec<u8>,
}

impl fmt::Debug for PostFile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "PostFile({:?}, {} bytes)", self.name, self.content.len())
    }
}

#[cfg(test)]
mod tests;
