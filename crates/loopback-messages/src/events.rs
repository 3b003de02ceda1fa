//! Answers in the format of the Messages API: one JSON message, or a sequence of server-sent events.
//!
//! The events follow the Anthropic Messages API reference, "Streaming messages". Pure: pauses are steps
//! of the sequence, which `routes` performs.

use std::time::Duration;

use serde_json::{Value, json};

use crate::answer::{Block, Message};
use crate::usage::Usage;

/// One step of a streamed answer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Step {
    /// Send this event. `billed` is what the call costs from here on, if that changes.
    Send {
        name: &'static str,
        data: Value,
        billed: Option<Usage>,
    },
    /// Send nothing for this long.
    Pause(Duration),
    /// Send nothing until resumed.
    Stall,
}

/// The id and the model of an answer.
pub(crate) struct Heading<'a> {
    pub(crate) id: &'a str,
    pub(crate) model: &'a str,
}

/// The complete message, for a response without streaming.
pub(crate) fn message(heading: &Heading<'_>, message: &Message) -> Value {
    let content: Vec<Value> = message
        .blocks
        .iter()
        .enumerate()
        .map(|(index, block)| match block {
            Block::Text(text) => json!({ "type": "text", "text": text }),
            Block::Tool { name, input } => {
                json!({ "type": "tool_use", "id": tool_id(heading, index), "name": name, "input": input })
            }
        })
        .collect();
    envelope(
        heading,
        &json!(content),
        Some(stop_reason(message)),
        message.usage,
    )
}

/// The steps of the streamed message.
pub(crate) fn steps(heading: &Heading<'_>, message: &Message) -> Vec<Step> {
    let opening = message.usage.opening();
    let mut sequence = Sequence {
        steps: Vec::new(),
        deltas: 0,
        message,
    };
    sequence.send(
        "message_start",
        json!({ "message": envelope(heading, &json!([]), None, opening) }),
        Some(opening),
    );
    sequence.stall_if_due();
    for (index, block) in message.blocks.iter().enumerate() {
        let empty = match block {
            Block::Text(_) => json!({ "type": "text", "text": "" }),
            Block::Tool { name, .. } => {
                json!({ "type": "tool_use", "id": tool_id(heading, index), "name": name, "input": {} })
            }
        };
        sequence.send(
            "content_block_start",
            json!({ "index": index, "content_block": empty }),
            None,
        );
        match block {
            Block::Text(text) => {
                for piece in pieces(text, message.deltas) {
                    let delta = json!({ "type": "text_delta", "text": piece });
                    sequence.send(
                        "content_block_delta",
                        json!({ "index": index, "delta": delta }),
                        None,
                    );
                    sequence.after_delta();
                }
            }
            Block::Tool { input, .. } => {
                for piece in pieces(&input.to_string(), 2) {
                    let delta = json!({ "type": "input_json_delta", "partial_json": piece });
                    sequence.send(
                        "content_block_delta",
                        json!({ "index": index, "delta": delta }),
                        None,
                    );
                }
            }
        }
        sequence.send("content_block_stop", json!({ "index": index }), None);
    }
    let delta = json!({ "stop_reason": stop_reason(message), "stop_sequence": null });
    sequence.send(
        "message_delta",
        json!({ "delta": delta, "usage": message.usage }),
        Some(message.usage),
    );
    sequence.send("message_stop", json!({}), None);
    sequence.steps
}

/// The body of a refusal.
pub(crate) fn refusal(status: u16, message: &str, request_id: &str) -> Value {
    json!({
        "type": "error",
        "error": { "type": error_type(status), "message": message },
        "request_id": request_id,
    })
}

/// The sequence under construction.
struct Sequence<'a> {
    steps: Vec<Step>,
    /// How many deltas of text there are so far.
    deltas: usize,
    message: &'a Message,
}

impl Sequence<'_> {
    /// Adds an event, whose `type` is its name.
    fn send(&mut self, name: &'static str, mut data: Value, billed: Option<Usage>) {
        data["type"] = json!(name);
        self.steps.push(Step::Send { name, data, billed });
    }

    fn after_delta(&mut self) {
        self.deltas += 1;
        if !self.message.pace.is_zero() {
            self.steps.push(Step::Pause(self.message.pace));
        }
        self.stall_if_due();
    }

    fn stall_if_due(&mut self) {
        if self.message.stall == Some(self.deltas) {
            self.steps.push(Step::Stall);
        }
    }
}

fn envelope(
    heading: &Heading<'_>,
    content: &Value,
    stop_reason: Option<&str>,
    usage: Usage,
) -> Value {
    json!({
        "id": heading.id,
        "type": "message",
        "role": "assistant",
        "model": heading.model,
        "content": content,
        "stop_reason": stop_reason,
        "stop_sequence": null,
        "usage": usage,
    })
}

fn tool_id(heading: &Heading<'_>, index: usize) -> String {
    format!("toolu_{}_{index}", heading.id)
}

fn stop_reason(message: &Message) -> &'static str {
    let has_tool = message
        .blocks
        .iter()
        .any(|block| matches!(block, Block::Tool { .. }));
    if has_tool { "tool_use" } else { "end_turn" }
}

/// The error types of the Messages API reference, "Errors".
fn error_type(status: u16) -> &'static str {
    match status {
        400 => "invalid_request_error",
        401 => "authentication_error",
        403 => "permission_error",
        404 => "not_found_error",
        413 => "request_too_large",
        429 => "rate_limit_error",
        529 => "overloaded_error",
        _ => "api_error",
    }
}

/// Splits `text` into at most `count` pieces of similar length; an empty text has none.
fn pieces(text: &str, count: usize) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    let length = characters.len().div_ceil(count.max(1)).max(1);
    characters
        .chunks(length)
        .map(|piece| piece.iter().collect())
        .collect()
}

#[cfg(test)]
mod tests;
