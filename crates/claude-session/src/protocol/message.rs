//! Whole messages of the conversation: what the model and its tools say.

use super::{json::Json, usage::Usage};

/// `assistant`: finished content blocks of the model, usually one a line.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Assistant {
    /// The line's id, by which a session can be resumed or forked at this point.
    pub uuid: Option<String>,
    /// Id of the API's message; several lines share one.
    pub message_id: String,
    /// The model that answered; `<synthetic>` for the CLI's own words.
    pub model: String,
    /// The finished blocks.
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// Text of the answer.
    Text(String),
    /// Thinking, as far as the API shows it.
    Thinking(String),
    /// A call of a tool, which runs next.
    ToolUse(ToolUse),
    /// Any other block.
    Other {
        /// Its `type`.
        kind: String,
    },
}

/// A call of a tool.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ToolUse {
    /// The call's id.
    pub id: String,
    /// The tool's name.
    pub name: String,
    /// The tool's input, whole.
    pub input: Json,
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
        let blocks = match content.entries() {
            Some(blocks) => blocks.iter().map(Block::read).collect(),
            None => content.text().into_iter().map(Block::Text).collect(),
        };
        Self {
            uuid: uuid.text(),
            message_id: id.text().unwrap_or_default(),
            model: model.text().unwrap_or_default(),
            blocks,
            usage: Usage::read(&usage),
            stop_reason: stop_reason.text(),
            parent_tool_use_id: parent_of(&parent),
            error: error.text(),
            user_message_uuids: answers.texts(),
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

impl Block {
    fn read(value: &Json) -> Self {
        let [kind, text, thinking, id, name, input] =
            value.pick(["type", "text", "thinking", "id", "name", "input"]);
        let kind = kind.str().unwrap_or_default();
        match &*kind {
            "text" => Self::Text(text.text().unwrap_or_default()),
            "thinking" => Self::Thinking(thinking.text().unwrap_or_default()),
            "tool_use" | "server_tool_use" => Self::ToolUse(ToolUse {
                id: id.text().unwrap_or_default(),
                name: name.text().unwrap_or_default(),
                input,
            }),
            _ => Self::Other {
                kind: kind.into_owned(),
            },
        }
    }
}

/// `user`: results of tools, or user messages that the CLI repeats.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct User {
    /// The line's id; of a repeated message, the one that the host gave it.
    pub uuid: Option<String>,
    /// What it holds.
    pub blocks: Vec<UserBlock>,
    /// The tool's own record of its result (such as an edit's patch), if the line holds a result.
    pub tool_use_result: Json,
    /// The tool call that started the subagent that this belongs to; `None` on the main thread.
    pub parent_tool_use_id: Option<String>,
    /// Whether it repeats a message of the host's (`--replay-user-messages`).
    pub is_replay: bool,
}

/// A content block of a user line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UserBlock {
    /// Text.
    Text(String),
    /// A tool's result.
    ToolResult(ToolResult),
    /// An image, a document or anything else.
    Other {
        /// Its `type`.
        kind: String,
    },
}

/// A tool's result, as the model reads it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ToolResult {
    /// The call.
    pub tool_use_id: String,
    /// A string, or an array of content blocks.
    pub content: Json,
    /// Whether the tool failed or was refused.
    pub is_error: bool,
}

impl User {
    pub(super) fn read(value: &Json) -> Self {
        let [uuid, message, result, parent, replay] = value.pick([
            "uuid",
            "message",
            "tool_use_result",
            "parent_tool_use_id",
            "isReplay",
        ]);
        let content = message.get("content");
        let blocks = match content.entries() {
            Some(blocks) => blocks.iter().map(UserBlock::read).collect(),
            None => content.text().into_iter().map(UserBlock::Text).collect(),
        };
        Self {
            uuid: uuid.text(),
            blocks,
            tool_use_result: result,
            parent_tool_use_id: parent_of(&parent),
            is_replay: replay.bool().unwrap_or(false),
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

impl UserBlock {
    fn read(value: &Json) -> Self {
        let [kind, text, id, content, error] =
            value.pick(["type", "text", "tool_use_id", "content", "is_error"]);
        let kind = kind.str().unwrap_or_default();
        match &*kind {
            "text" => Self::Text(text.text().unwrap_or_default()),
            "tool_result" => Self::ToolResult(ToolResult {
                tool_use_id: id.text().unwrap_or_default(),
                content,
                is_error: error.bool().unwrap_or(false),
            }),
            _ => Self::Other {
                kind: kind.into_owned(),
            },
        }
    }
}

/// The parent of a line; one that is no string still marks a subagent.
pub(super) fn parent_of(value: &Json) -> Option<String> {
    (!value.is_null()).then(|| value.text().unwrap_or_default())
}
