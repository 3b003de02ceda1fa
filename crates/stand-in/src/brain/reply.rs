//! The brain's two sides: what there is to answer, and an answer.

use serde_json::Value;

use crate::tools::ToolOutput;

/// What there is to answer.
pub(crate) struct Ask<'a> {
    /// The person's words.
    pub(crate) text: &'a str,
    /// What the person wrote before in this session, oldest first.
    pub(crate) earlier: &'a [String],
    /// What the tool calls of this turn gave.
    pub(crate) results: &'a [ToolOutput],
}

/// A part of an answer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Piece {
    /// A text block.
    Text(String),
    /// A call of a tool; its result is waited for.
    Tool { name: String, input: Value },
}

/// An answer, or the part of it that ends with a tool call.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Reply {
    /// At most the last piece is a tool call.
    pub(crate) pieces: Vec<Piece>,
    /// Whether to take a long time over each piece.
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

    /// A word, then a call of a tool.
    pub(crate) fn tool(lead: &str, name: &str, input: Value) -> Self {
        let name = name.to_owned();
        Self {
            pieces: vec![Piece::Text(lead.to_owned()), Piece::Tool { name, input }],
            slow: false,
        }
    }
}
