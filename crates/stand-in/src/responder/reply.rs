//! A message to answer, and an answer.

use serde_json::Value;

use crate::tools::ToolOutput;

/// A message to answer.
pub(crate) struct Question<'a> {
    /// The person's text.
    pub(crate) text: &'a str,
    /// The person's earlier messages in this session, oldest first.
    pub(crate) earlier: &'a [String],
    /// The results of this turn's tool calls.
    pub(crate) results: &'a [ToolOutput],
}

/// A part of an answer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Piece {
    /// A text block.
    Text(String),
    /// A tool call.
    Tool { name: String, input: Value },
}

/// An answer, or the part of it that ends with a tool call.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Reply {
    /// At most the last piece is a tool call.
    pub(crate) pieces: Vec<Piece>,
    /// Whether to pause before each piece.
    pub(crate) slow: bool,
}

impl Reply {
    /// An answer of one text block.
    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self {
            pieces: vec![Piece::Text(text.into())],
            slow: false,
        }
    }

    /// A text, then a tool call.
    pub(crate) fn tool(lead: &str, name: &str, input: Value) -> Self {
        let name = name.to_owned();
        Self {
            pieces: vec![Piece::Text(lead.to_owned()), Piece::Tool { name, input }],
            slow: false,
        }
    }

    /// A tool call after a pause, as a step of several.
    pub(crate) fn step(name: &str, input: Value) -> Self {
        let name = name.to_owned();
        Self {
            pieces: vec![Piece::Tool { name, input }],
            slow: true,
        }
    }

    /// The same without a pause.
    pub(crate) fn quick(self) -> Self {
        Self {
            slow: false,
            ..self
        }
    }
}
