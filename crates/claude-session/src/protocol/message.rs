//! Whole messages of the conversation: what the model and its tools say.

use super::{FromJson, from_json::wire, json::Json, usage::Usage};

/// `assistant`: finished content blocks of the model, usually one a line.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Assistant {
    /// The line's id, by which a session can be resumed or forked at this point.
    pub uuid: Option<String>,
    /// Id of the API's message; several lines share one.
    pub message_id: String,
    /// The model that answered; `<synthetic>` for the CLI's own words.
    pub model: String,
    pub blocks: Vec<Block>,
    /// Tokens of the call; `output_tokens` is a placeholder until the call is over.
    pub usage: Usage,
    /// Why the message ended, if it has.
    pub stop_reason: Option<String>,
    /// The tool call that started the subagent that speaks; `None` on the main thread.
    pub parent_tool_use_id: Option<String>,
    /// Set if the text stands for an API failure (`overloaded`, `authentication_failed`, ...).
    pub error: Option<String>,
    /// The user messages that this answers, on CLIs that say so (2.1.329).
    pub user_message_uuids: Vec<String>,
}

/// A content block of the model's.
#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    /// Text of the answer.
    Text(String),
    Thinking(String),
    ToolUse(ToolUse),
    Other {
        kind: String,
    },
}

wire! {
    /// A tool call.
    pub struct ToolUse {
        id: String,
        name: String,
        input: Json,
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

impl Assistant {
    pub(super) fn read(value: &Json) -> Self {
        let [uuid, message, parent, error, answers] = value.pick([
            "uuid",
            "message",
            "parent_tool_use_id",
            "error",
            "user_message_uuids",
        ]);
        let [id, model, content, usage, stop_reason] =
            message.pick(["id", "model", "content", "usage", "stop_reason"]);
        Self {
            uuid: uuid.text(),
            message_id: id.read(),
            model: model.read(),
            blocks: blocks(&content, Block::Text),
            usage: usage.read(),
            stop_reason: stop_reason.text(),
            parent_tool_use_id: parent_of(&parent),
            error: error.text(),
            user_message_uuids: answers.read(),
        }
    }

    /// Whether a subagent speaks: its words are not for the person.
    #[must_use]
    pub fn is_subagent(&self) -> bool {
        self.parent_tool_use_id.is_some()
    }

    /// The tools that it calls.
    pub fn tool_uses(&self) -> impl Iterator<Item = &ToolUse> {
        self.blocks.iter().filter_map(|block| match block {
            Block::ToolUse(call) => Some(call),
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
            kind => Self::Other {
                kind: kind.to_owned(),
            },
        })
    }
}

/// `user`: results of tools, or user messages that the CLI repeats.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct User {
    /// The line's id; of a repeated message, the one that the host gave it.
    pub uuid: Option<String>,
    pub blocks: Vec<UserBlock>,
    /// The tool's own record of its result (such as an edit's patch), if the line holds a result.
    pub tool_use_result: Json,
    /// The tool call that started the subagent that this belongs to; `None` on the main thread.
    pub parent_tool_use_id: Option<String>,
    /// Whether it repeats a message of the host's (`--replay-user-messages`).
    pub is_replay: bool,
}

/// A content block of a user line.
#[derive(Debug, Clone, PartialEq)]
pub enum UserBlock {
    Text(String),
    ToolResult(ToolResult),
    /// An image, a document or anything else.
    Other {
        kind: String,
    },
}

impl User {
    pub(super) fn read(value: &Json) -> Self {
        let [uuid, message, tool_use_result, parent, replay] = value.pick([
            "uuid",
            "message",
            "tool_use_result",
            "parent_tool_use_id",
            "isReplay",
        ]);
        Self {
            uuid: uuid.text(),
            blocks: blocks(&message.get("content"), UserBlock::Text),
            tool_use_result,
            parent_tool_use_id: parent_of(&parent),
            is_replay: replay.read(),
        }
    }

    /// Whether it belongs to a subagent.
    #[must_use]
    pub fn is_subagent(&self) -> bool {
        self.parent_tool_use_id.is_some()
    }

    /// The results of tools that it holds.
    pub fn tool_results(&self) -> impl Iterator<Item = &ToolResult> {
        self.blocks.iter().filter_map(|block| match block {
            UserBlock::ToolResult(result) => Some(result),
            _ => None,
        })
    }
}

impl FromJson for UserBlock {
    fn from_json(value: &Json) -> Option<Self> {
        let [kind, text] = value.pick(["type", "text"]);
        Some(match &*kind.str().unwrap_or_default() {
            "text" => Self::Text(text.read()),
            "tool_result" => Self::ToolResult(value.read()),
            kind => Self::Other {
                kind: kind.to_owned(),
            },
        })
    }
}

/// The blocks of a message, whose content may also be one text.
fn blocks<B: FromJson>(content: &Json, text: fn(String) -> B) -> Vec<B> {
    Vec::from_json(content).unwrap_or_else(|| content.text().into_iter().map(text).collect())
}

/// The parent of a line; one that is no string still marks a subagent.
fn parent_of(value: &Json) -> Option<String> {
    (!value.is_null()).then(|| value.text().unwrap_or_default())
}
