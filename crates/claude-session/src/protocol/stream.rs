//! `stream_event`: pieces of the Messages API's stream, while a message is written.
//!
//! A delta that nobody reads costs nothing: its text is decoded on demand. The `assistant` line with the whole block comes
//! before the block's [`ApiEvent::BlockStop`], so it replaces a preview and never continues it.

use super::{FromJson, from_json::wire, json::Json, usage::Usage};

wire! {
    /// A piece of the API's stream.
    pub struct StreamEvent {
        event: ApiEvent,
        /// A string: the API's message, on CLIs that name it in every event (2.1.329). All name it in
        /// [`ApiEvent::MessageStart`].
        message_id: Json = "api_message_id",
        /// A string: the tool call that started the subagent that this belongs to; `null` on the main thread.
        parent_tool_use_id: Json,
    }
}

/// An event of the Messages API.
#[derive(Debug, Clone, Default, PartialEq)]
pub enum ApiEvent {
    /// A call to the API begins.
    MessageStart {
        id: Json,
        /// A string: the model that answers.
        model: Json,
        /// Input and cached tokens of the call.
        usage: Usage,
    },
    /// A content block begins.
    BlockStart {
        index: u64,
        /// Its `type`, and for a tool call `id` and `name`.
        block: Json,
    },
    /// A content block grows.
    Delta { index: u64, delta: Delta },
    /// A content block is finished.
    BlockStop { index: u64 },
    /// The call is about to end.
    MessageDelta {
        /// Output tokens of the call so far.
        output_tokens: u64,
        /// A string: why the message ends.
        stop_reason: Json,
    },
    /// The message is finished.
    MessageStop,
    /// Any other event.
    #[default]
    Other,
}

/// What is added to a content block. Each holds a string, which is decoded on demand.
#[derive(Debug, Clone, PartialEq)]
pub enum Delta {
    Text(Json),
    Thinking(Json),
    /// A piece of the JSON of a tool's input.
    ToolInput(Json),
    /// A signature, a citation or anything else.
    Other,
}

impl StreamEvent {
    /// Whether it belongs to a subagent.
    pub fn is_subagent(&self) -> bool {
        !self.parent_tool_use_id.is_null()
    }
}

impl FromJson for ApiEvent {
    fn from_json(value: &Json) -> Option<Self> {
        let [kind, index, message, block, delta, usage] = value.pick([
            "type",
            "index",
            "message",
            "content_block",
            "delta",
            "usage",
        ]);
        let index = index.read();
        Some(match &*kind.str()? {
            "message_start" => {
                let [id, model, usage] = message.pick(["id", "model", "usage"]);
                Self::MessageStart {
                    id,
                    model,
                    usage: usage.read(),
                }
            }
            "content_block_start" => Self::BlockStart { index, block },
            "content_block_delta" => Self::Delta {
                index,
                delta: Delta::read(&delta),
            },
            "content_block_stop" => Self::BlockStop { index },
            "message_delta" => Self::MessageDelta {
                output_tokens: usage.get("output_tokens").read(),
                stop_reason: delta.get("stop_reason"),
            },
            "message_stop" => Self::MessageStop,
            _ => Self::Other,
        })
    }
}

impl Delta {
    fn read(value: &Json) -> Self {
        let [kind, text, thinking, input] =
            value.pick(["type", "text", "thinking", "partial_json"]);
        match &*kind.str().unwrap_or_default() {
            "text_delta" => Self::Text(text),
            "thinking_delta" => Self::Thinking(thinking),
            "input_json_delta" => Self::ToolInput(input),
            _ => Self::Other,
        }
    }
}
