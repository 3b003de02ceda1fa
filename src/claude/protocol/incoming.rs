//! Lines of the CLI's stdout, read leniently: a missing or odd field is its default, an unknown type is kept by
//! name.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What one line of stdout is.
#[derive(Debug, Clone, PartialEq)]
pub enum Line {
    /// A message of the protocol.
    Event(Event),
    /// Nothing but white space.
    Blank,
    /// Not a JSON object: banners and debug output occur between the messages.
    Noise,
}

/// A message of the CLI's.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// `system/init`: sent at the start of every turn.
    Init(Init),
    /// `assistant`: one or more finished content blocks.
    Assistant(Assistant),
    /// `stream_event`: a piece of the Messages API's own stream.
    Stream(StreamEvent),
    /// `result`: the end of a turn.
    Result(Box<TurnResult>),
    /// `system/api_retry`: the API failed and is asked again.
    ApiRetry(ApiRetry),
    /// The answer to one of our control requests.
    ControlResponse(ControlResponse),
    /// A question of the CLI's; the turn waits until it is answered.
    ControlRequest(ControlRequest),
    /// `system/compact_boundary`: the conversation was summarised.
    Compacted,
    /// Known to exist, or new; of no use here.
    Other {
        /// The `type` of the message.
        kind: String,
        /// Its `subtype`, empty where there is none.
        subtype: String,
    },
}

/// `system/init`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Init {
    /// The session that the process serves.
    pub session_id: Option<String>,
    /// The model of this turn, resolved (`claude-sonnet-5`).
    pub model: Option<String>,
    /// The CLI's version, such as `2.1.197`.
    pub version: Option<String>,
}

/// `assistant`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Assistant {
    /// Id of the API's message; several lines share one.
    pub message_id: String,
    /// The model that answered; `<synthetic>` for the CLI's own words.
    pub model: String,
    /// The finished blocks, usually one.
    pub blocks: Vec<Block>,
    /// Tokens of the call; `output` is a placeholder until the call is over.
    pub usage: Usage,
    /// Set where a subagent speaks: its words are not for the chat.
    pub is_subagent: bool,
    /// Set where the words stand for an API failure (`overloaded`, `authentication_failed`, ...).
    pub error: Option<String>,
}

/// A content block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// Words for the chat.
    Text(String),
    /// A tool is about to run.
    ToolUse {
        /// The tool's name.
        name: String,
    },
    /// Thinking, server tools and whatever else.
    Other,
}

/// The parts of `stream_event` that say what a call uses. Only the main thread's are read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum StreamEvent {
    /// A call to the API began.
    MessageStart {
        /// Input and cached tokens of the call.
        usage: Usage,
    },
    /// The call is over, or nearly so.
    MessageDelta {
        /// Output tokens of the call so far.
        output_tokens: u64,
    },
    /// Deltas and the rest.
    Other,
}

/// Tokens by kind, as the Messages API counts them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Input tokens that came from no cache.
    pub input_tokens: u64,
    /// Output tokens.
    pub output_tokens: u64,
    /// Input tokens read from the cache.
    pub cache_read_tokens: u64,
    /// Input tokens written to the cache.
    pub cache_creation_tokens: u64,
}

impl Usage {
    /// All input, cached or not.
    #[must_use]
    pub fn all_input(&self) -> u64 {
        self.input_tokens
            .saturating_add(self.cache_read_tokens)
            .saturating_add(self.cache_creation_tokens)
    }

    /// Input, cached and output: what the context holds after a call.
    #[must_use]
    pub fn context(&self) -> u64 {
        self.all_input().saturating_add(self.output_tokens)
    }

    /// No tokens at all.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        *self == Self::default()
    }

    /// The sum, kind by kind.
    #[must_use]
    pub fn plus(&self, other: &Self) -> Self {
        Self {
            input_tokens: self.input_tokens.saturating_add(other.input_tokens),
            output_tokens: self.output_tokens.saturating_add(other.output_tokens),
            cache_read_tokens: self
                .cache_read_tokens
                .saturating_add(other.cache_read_tokens),
            cache_creation_tokens: self
                .cache_creation_tokens
                .saturating_add(other.cache_creation_tokens),
        }
    }
}

/// One model's share of `modelUsage`: a running total, like the cost.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ModelUsage {
    /// The model's full name.
    pub model: String,
    /// Its tokens so far.
    pub usage: Usage,
    /// Its cost so far, in US dollars at list price.
    pub cost_usd: f64,
}

/// `result`.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct TurnResult {
    /// `success`, `error_during_execution`, `error_max_turns`, ... An API failure is `success` too.
    pub subtype: String,
    /// Whether the turn failed.
    pub is_error: bool,
    /// The final text; `None` on errors that carry `errors` instead.
    pub result: Option<String>,
    /// What went wrong, on subtypes other than `success`.
    pub errors: Vec<String>,
    /// HTTP status of the API's refusal.
    pub api_error_status: Option<u16>,
    /// Why the turn ended: `completed`, `aborted_streaming`, `prompt_too_long`, ...
    pub terminal_reason: Option<String>,
    /// The session served.
    pub session_id: Option<String>,
    /// Running total in US dollars (see `ledger::cost`); `None` where the CLI gave none.
    pub total_cost_usd: Option<f64>,
    /// What was spent since the last result, on CLIs that say so (seen on 2.1.329).
    pub cost_since_last_usd: Option<f64>,
    /// Tokens of this turn's main thread.
    pub usage: Usage,
    /// Running totals by model, helpers and subagents included.
    pub model_usage: Vec<ModelUsage>,
    /// Calls to the API.
    pub num_turns: u64,
    /// Names of the tools that were refused.
    pub denied_tools: Vec<String>,
    /// Set where the turn was not a person's: `task-notification` and alike.
    pub origin: Option<String>,
}

/// `system/api_retry`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ApiRetry {
    /// Which try this is, from 1.
    pub attempt: u64,
    /// How many there will be.
    pub max_retries: u64,
    /// Wait before it, in milliseconds.
    pub delay_ms: u64,
    /// HTTP status that caused it, where there was one.
    pub status: Option<u16>,
}

/// The answer to a control request of ours.
#[derive(Debug, Clone, PartialEq)]
pub struct ControlResponse {
    /// The id that we gave the request.
    pub request_id: String,
    /// The CLI's reason where it refused.
    pub error: Option<String>,
    /// In the answer to `get_usage`: the running cost total in US dollars, to the last digit.
    pub session_cost_usd: Option<f64>,
}

/// A control request of the CLI's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ControlRequest {
    /// To be repeated in the answer.
    pub request_id: String,
    /// `can_use_tool`, `hook_callback`, ...
    pub subtype: String,
}

/// Reads one line of stdout, without its newline.
#[must_use]
pub fn parse(line: &str) -> Line {
    let line = line.trim();
    if line.is_empty() {
        return Line::Blank;
    }
    if !line.starts_with('{') {
        return Line::Noise;
    }
    match serde_json::from_str::<Value>(line) {
        Ok(value) => Line::Event(event(&value)),
        Err(_) => Line::Noise,
    }
}

fn event(value: &Value) -> Event {
    let kind = text(value, "type");
    let subtype = text(value, "subtype");
    match (kind.as_str(), subtype.as_str()) {
        ("system", "init") => Event::Init(Init {
            session_id: session_id(value),
            model: optional(value, "model"),
            version: optional(value, "claude_code_version"),
        }),
        ("system", "api_retry") => Event::ApiRetry(ApiRetry {
            attempt: count(value, "attempt"),
            max_retries: count(value, "max_retries"),
            delay_ms: count(value, "retry_delay_ms"),
            status: status(value, "error_status"),
        }),
        ("system", "compact_boundary") => Event::Compacted,
        ("assistant", _) => Event::Assistant(assistant(value)),
        ("stream_event", _) => Event::Stream(stream_event(value)),
        ("result", _) => Event::Result(Box::new(turn_result(value, subtype))),
        ("control_response", _) => {
            let response = &value["response"];
            let failed = response["subtype"] == "error";
            Event::ControlResponse(ControlResponse {
                request_id: text(response, "request_id"),
                error: failed.then(|| text(response, "error")),
                session_cost_usd: dollars(&response["response"]["session"]["total_cost_usd"]),
            })
        }
        ("control_request", _) => Event::ControlRequest(ControlRequest {
            request_id: text(value, "request_id"),
            subtype: text(&value["request"], "subtype"),
        }),
        _ => Event::Other { kind, subtype },
    }
}

fn assistant(value: &Value) -> Assistant {
    let message = &value["message"];
    let blocks = match &message["content"] {
        Value::Array(blocks) => blocks.iter().map(block).collect(),
        Value::String(words) => vec![Block::Text(words.clone())],
        _ => Vec::new(),
    };
    Assistant {
        message_id: text(message, "id"),
        model: text(message, "model"),
        blocks,
        usage: usage(&message["usage"]),
        is_subagent: !value["parent_tool_use_id"].is_null(),
        error: optional(value, "error"),
    }
}

fn block(value: &Value) -> Block {
    match value["type"].as_str() {
        Some("text") => Block::Text(text(value, "text")),
        Some("tool_use" | "server_tool_use") => Block::ToolUse {
            name: text(value, "name"),
        },
        _ => Block::Other,
    }
}

fn stream_event(value: &Value) -> StreamEvent {
    if !value["parent_tool_use_id"].is_null() {
        return StreamEvent::Other;
    }
    let event = &value["event"];
    match event["type"].as_str() {
        Some("message_start") => StreamEvent::MessageStart {
            usage: usage(&event["message"]["usage"]),
        },
        Some("message_delta") => StreamEvent::MessageDelta {
            output_tokens: count(&event["usage"], "output_tokens"),
        },
        _ => StreamEvent::Other,
    }
}

fn turn_result(value: &Value, subtype: String) -> TurnResult {
    let strings = |key: &str, pick: fn(&Value) -> Option<&str>| -> Vec<String> {
        let items = value[key].as_array().map(Vec::as_slice).unwrap_or_default();
        items.iter().filter_map(pick).map(str::to_owned).collect()
    };
    TurnResult {
        subtype,
        is_error: value["is_error"].as_bool().unwrap_or(false),
        result: optional(value, "result"),
        errors: strings("errors", Value::as_str),
        api_error_status: status(value, "api_error_status"),
        terminal_reason: optional(value, "terminal_reason"),
        session_id: session_id(value),
        total_cost_usd: dollars(&value["total_cost_usd"]),
        cost_since_last_usd: value["model_usage_since_last_result"]
            .as_object()
            .map(|models| {
                models
                    .values()
                    .filter_map(|entry| dollars(&entry["costUSD"]))
                    .sum()
            }),
        usage: usage(&value["usage"]),
        model_usage: model_usage(&value["modelUsage"]),
        num_turns: count(value, "num_turns"),
        denied_tools: strings("permission_denials", |denial| denial["tool_name"].as_str()),
        origin: optional(&value["origin"], "kind").filter(|kind| kind != "human"),
    }
}

fn usage(value: &Value) -> Usage {
    Usage {
        input_tokens: count(value, "input_tokens"),
        output_tokens: count(value, "output_tokens"),
        cache_read_tokens: count(value, "cache_read_input_tokens"),
        cache_creation_tokens: count(value, "cache_creation_input_tokens"),
    }
}

fn model_usage(value: &Value) -> Vec<ModelUsage> {
    let Some(models) = value.as_object() else {
        return Vec::new();
    };
    let model = |(name, entry): (&String, &Value)| ModelUsage {
        model: name.clone(),
        usage: Usage {
            input_tokens: count(entry, "inputTokens"),
            output_tokens: count(entry, "outputTokens"),
            cache_read_tokens: count(entry, "cacheReadInputTokens"),
            cache_creation_tokens: count(entry, "cacheCreationInputTokens"),
        },
        cost_usd: dollars(&entry["costUSD"]).unwrap_or(0.0),
    };
    models.iter().map(model).collect()
}

/// The session id wherever a CLI has been seen to put it. One that starts with `pending_` is not yet an id.
fn session_id(value: &Value) -> Option<String> {
    let here = |value: &Value| {
        let found = [
            &value["session_id"],
            &value["sessionId"],
            &value["conversation"]["id"],
        ];
        found.into_iter().find_map(Value::as_str).map(str::to_owned)
    };
    let nested = ["init", "system", "result", "metadata"].map(|key| &value[key]);
    here(value)
        .or_else(|| nested.into_iter().find_map(here))
        .filter(|id| !id.is_empty() && !id.starts_with("pending_"))
}

fn text(value: &Value, key: &str) -> String {
    value[key].as_str().unwrap_or_default().to_owned()
}

fn optional(value: &Value, key: &str) -> Option<String> {
    value[key].as_str().map(str::to_owned)
}

/// A whole number that may be written as a float; negative and absurd ones are 0.
fn count(value: &Value, key: &str) -> u64 {
    let value = &value[key];
    value.as_u64().unwrap_or_else(|| {
        let float = value.as_f64().unwrap_or(0.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "`as` saturates, and NaN is 0"
        )]
        let whole = float as u64;
        whole
    })
}

fn status(value: &Value, key: &str) -> Option<u16> {
    value[key]
        .as_u64()
        .and_then(|status| u16::try_from(status).ok())
}

fn dollars(value: &Value) -> Option<f64> {
    value
        .as_f64()
        .filter(|dollars| dollars.is_finite() && *dollars >= 0.0)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parsed(line: &str) -> Event {
        match parse(line) {
            Line::Event(event) => event,
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn blank_noise_and_unknown_lines_are_told_apart() {
        assert_eq!(parse("  \r"), Line::Blank);
        assert_eq!(parse("[SandboxDebug] hello"), Line::Noise);
        assert_eq!(parse("{\"type\": \"result\""), Line::Noise);
        assert_eq!(parse("[1,2]"), Line::Noise);
        let new = parsed(r#"{"type":"system","subtype":"brand_new","x":[1]}"#);
        assert_eq!(
            new,
            Event::Other {
                kind: "system".into(),
                subtype: "brand_new".into()
            }
        );
        assert_eq!(
            parsed("{}"),
            Event::Other {
                kind: String::new(),
                subtype: String::new()
            }
        );
    }

    #[test]
    fn the_session_id_is_found_wherever_it_stands() {
        #[track_caller]
        fn check(json: &str, expected: Option<&str>) {
            let Event::Result(result) = parsed(json) else {
                panic!("not a result")
            };
            assert_eq!(result.session_id.as_deref(), expected);
        }
        check(r#"{"type":"result","session_id":"a"}"#, Some("a"));
        check(r#"{"type":"result","sessionId":"b"}"#, Some("b"));
        check(r#"{"type":"result","conversation":{"id":"c"}}"#, Some("c"));
        check(
            r#"{"type":"result","metadata":{"session_id":"d"}}"#,
            Some("d"),
        );
        check(r#"{"type":"result","init":{"sessionId":"e"}}"#, Some("e"));
        check(r#"{"type":"result","session_id":"pending_1"}"#, None);
        check(r#"{"type":"result","session_id":7}"#, None);
    }

    #[test]
    fn odd_fields_are_their_defaults() {
        let line = r#"{"type":"result","is_error":"yes","total_cost_usd":"much","usage":{"input_tokens":-5,
            "output_tokens":2.9},"modelUsage":[1],"errors":[1,"two"],"api_error_status":99999999}"#;
        let Event::Result(result) = parsed(line) else {
            panic!("not a result")
        };
        assert!(!result.is_error);
        assert_eq!(result.total_cost_usd, None);
        assert_eq!(
            result.usage,
            Usage {
                output_tokens: 2,
                ..Usage::default()
            }
        );
        assert_eq!(result.errors, ["two"]);
        assert_eq!(result.api_error_status, None);
    }

    #[test]
    fn a_subagent_is_marked_as_one() {
        let line = r#"{"type":"assistant","message":{"content":[{"type":"text","text":"psst"}]},"parent_tool_use_id":"t"}"#;
        let Event::Assistant(said) = parsed(line) else {
            panic!("not an assistant line")
        };
        assert!(said.is_subagent);
        assert_eq!(said.blocks, [Block::Text("psst".into())]);
    }

    proptest! {
        #[test]
        fn no_line_panics(line in any::<String>()) {
            let _ = parse(&line);
        }

        #[test]
        fn no_object_panics(kind in "assistant|result|stream_event|system|control_request|control_response",
                            key in "message|event|usage|response|request|modelUsage|errors|session_id",
                            value in "null|1|-1|1e400|\"x\"|\\[\\]|\\[null\\]|\\{\\}|\\{\"usage\":7\\}") {
            let _ = parse(&format!(r#"{{"type":"{kind}","{key}":{value}}}"#));
        }
    }
}
