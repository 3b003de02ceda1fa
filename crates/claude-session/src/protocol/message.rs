//! Whole messages of the conversation: what the model and its tools say.

use super::{FromJson, from_json::wire, json::Json, usage::Usage};

wire! {
    /// `assistant`: finished content blocks of the model, usually one per line.
    pub struct Assistant {
        /// The line's id, at which a session can be resumed or forked.
        uuid: Option<String>,
        /// The id of the API's message, which several lines may share.
        message_id: String = "id",
        /// The model that answered; `<synthetic>` for the CLI's own texts.
        model: String,
        blocks: Vec<Block> = "content" => read_blocks,
        /// Tokens of the call; `output_tokens` is a placeholder until the call is over.
        usage: Usage,
        /// Why the message ended, if it has.
        stop_reason: Option<String>,
        /// The tool call that started the subagent that wrote this; `None` on the main thread.
        parent_tool_use_id: Option<String> => parent_of,
        /// Set if the text reports an API failure (`overloaded`, `authentication_failed`, ...).
        error: Option<String>,
        /// The user messages that this answers, on CLIs that report them (2.1.329).
        user_message_uuids: Vec<String>,
    }

    /// A block in which the model calls a tool.
    pub struct ToolUse {
        id: String,
        name: String,
        input: Json,
    }

    /// `user`: tool results, or user messages that the CLI repeats.
    pub struct User {
        /// The line's id; for a repeated message, the one that the host gave it.
        uuid: Option<String>,
        blocks: Vec<Block> = "message" => |message: &Json| read_blocks(&message.get("content")),
        /// The tool's own record of its result (such as an edit's patch), if the line holds a result.
        tool_use_result: Json,
        /// The tool call that started the subagent that this belongs to; `None` on the main thread.
        parent_tool_use_id: Option<String> => parent_of,
        /// Whether it repeats one of the host's messages (`--replay-user-messages`).
        is_replay: bool = "isReplay",
    }

    /// A tool's result, as the model reads it.
    pub struct ToolResult {
        tool_use_id: String,
        /// A string, or an array of content blocks.
        content: Json,
        /// Whether the tool failed or was denied.
        is_error: bool,
    }
}

/// A content block of a message.
#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    Text(String),
    Thinking(String),
    ToolUse(ToolUse),
    ToolResult(ToolResult),
    /// An image, a document or anything else.
    Other {
        kind: String,
    },
}

impl Block {
    /// How many bytes of it the model wrote.
    pub(crate) fn written(&self) -> usize {
        match self {
            Self::Text(text) | Self::Thinking(text) => text.len(),
            Self::ToolUse(call) => call.input.as_str().len(),
            Self::ToolResult(_) | Self::Other { .. } => 0,
        }
    }
}

impl Assistant {
    /// Most fields are those of the API's message inside the line.
    pub(super) fn read(value: &Json) -> Self {
        let line: Self = value.read();
        Self {
            uuid: line.uuid,
            parent_tool_use_id: line.parent_tool_use_id,
            error: line.error,
            user_message_uuids: line.user_message_uuids,
            ..value.get("message").read()
        }
    }

    /// Whether a subagent wrote it. Its text is not for the person.
    pub fn is_subagent(&self) -> bool {
        self.parent_tool_use_id.is_some()
    }

    /// The tool calls in it.
    pub fn tool_uses(&self) -> impl Iterator<Item = &ToolUse> {
        self.blocks.iter().filter_map(|block| match block {
            Block::ToolUse(call) => Some(call),
            _ => None,
        })
    }
}

impl User {
    /// Whether it belongs to a subagent.
    pub fn is_subagent(&self) -> bool {
        self.parent_tool_use_id.is_some()
    }

    /// The tool results in it.
    pub fn tool_results(&self) -> impl Iterator<Item = &ToolResult> {
        self.blocks.iter().filter_map(|block| match block {
            Block::ToolResult(result) => Some(result),
            _ => None,
        })
    }
}

impl FromJson for Block {
    fn from_json(value: &Json) -> Option<Self> {
        let [kind, text, thinking] = value.pick(["type", "text", "thinking"]);
        Some(match &*kind.str().unwrap_or_default() {
            "text" => Self::Text(text.read()),
            "thinking" => Self::Thinking(thinking.read()),
            "tool_use" | "server_tool_use" => Self::ToolUse(value.read()),
            "tool_result" => Self::ToolResult(value.read()),
            kind => Self::Other {
                kind: kind.to_owned(),
            },
        })
    }
}

/// The blocks of a message, whose content may also be a single text.
fn read_blocks(content: &Json) -> Vec<Block> {
    let text = || content.text().into_iter().map(Block::Text);
    Vec::from_json(content).unwrap_or_else(|| text().collect())
}

/// The parent of a line. One that is not a string still marks a subagent.
fn parent_of(value: &Json) -> Option<String> {
    (!value.is_null()).then(|| value.read())
}
