//! Lines of the CLI's stdout, read leniently: a missing or odd field is its default, an unknown type is kept by
//! name.

use serde_json::Value;

use super::event::{
    ApiRetry, Assistant, Block, ControlRequest, ControlResponse, Event, Init, Line, ModelUsage,
    StreamEvent, TurnResult, Usage,
};

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
            status: status(value, "error_status"),
        }),
        ("system", "compact_boundary") => Event::Compacted {
            post_tokens: value["compact_metadata"]["post_tokens"].as_u64(),
        },
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
            drop(parse(&line));
        }

        #[test]
        fn no_object_panics(kind in "assistant|result|stream_event|system|control_request|control_response",
                            key in "message|event|usage|response|request|modelUsage|errors|session_id",
                            value in "null|1|-1|1e400|\"x\"|\\[\\]|\\[null\\]|\\{\\}|\\{\"usage\":7\\}") {
            drop(parse(&format!(r#"{{"type":"{kind}","{key}":{value}}}"#)));
        }
    }
}
