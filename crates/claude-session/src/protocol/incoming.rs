//! Lines of the CLI's stdout, read leniently: a missing or odd field is its default, an unknown type is kept by
//! name.

use super::{
    event::{
        ApiRetry, Assistant, Block, ControlRequest, ControlResponse, Event, Init, Line, ModelUsage,
        StreamEvent, TurnResult, Usage,
    },
    raw::Raw,
    task,
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
    Raw::parse(line).map_or(Line::Noise, |value| Line::Event(event(value)))
}

fn event(value: Raw<'_>) -> Event {
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
        ("system", "status") if value.get("status").is("compacting") => Event::Compacting,
        ("system", "compact_boundary") => Event::Compacted {
            post_tokens: value.get("compact_metadata").get("post_tokens").u64(),
        },
        ("system", subtype) if let Some(task) = task::read(subtype, value) => Event::Task(task),
        ("assistant", _) => Event::Assistant(assistant(value)),
        ("user", _) => Event::ToolsDone(tools_done(value)),
        ("stream_event", _) => Event::Stream(stream_event(value)),
        ("result", _) => Event::Result(Box::new(turn_result(value, subtype))),
        ("control_response", _) => {
            let response = value.get("response");
            let session = response.get("response").get("session");
            Event::ControlResponse(ControlResponse {
                request_id: text(response, "request_id"),
                error: response
                    .get("subtype")
                    .is("error")
                    .then(|| text(response, "error")),
                session_cost_usd: dollars(session.get("total_cost_usd")),
            })
        }
        ("control_request", _) => Event::ControlRequest(ControlRequest {
            request_id: text(value, "request_id"),
            subtype: text(value.get("request"), "subtype"),
        }),
        _ => Event::Other { kind, subtype },
    }
}

fn assistant(value: Raw<'_>) -> Assistant {
    let message = value.get("message");
    let content = message.get("content");
    let blocks = match content.entries() {
        Some(blocks) => blocks.into_iter().map(block).collect(),
        None => content.text().into_iter().map(Block::Text).collect(),
    };
    Assistant {
        message_id: text(message, "id"),
        model: text(message, "model"),
        blocks,
        usage: usage(message.get("usage")),
        is_subagent: !value.get("parent_tool_use_id").is_null(),
        error: optional(value, "error"),
    }
}

fn block(value: Raw<'_>) -> Block {
    let kind = value.get("type");
    if kind.is("text") {
        Block::Text(text(value, "text"))
    } else if kind.is("tool_use") || kind.is("server_tool_use") {
        Block::ToolUse {
            id: text(value, "id"),
            name: text(value, "name"),
        }
    } else {
        Block::Other
    }
}

/// The tool calls of the main thread whose results this message carries.
fn tools_done(value: Raw<'_>) -> Vec<String> {
    if !value.get("parent_tool_use_id").is_null() {
        return Vec::new();
    }
    let content = value.get("message").get("content").entries();
    let results = content.unwrap_or_default().into_iter();
    results
        .filter(|block| block.get("type").is("tool_result"))
        .filter_map(|block| optional(block, "tool_use_id"))
        .collect()
}

fn stream_event(value: Raw<'_>) -> StreamEvent {
    if !value.get("parent_tool_use_id").is_null() {
        return StreamEvent::Other;
    }
    let event = value.get("event");
    let kind = event.get("type");
    if kind.is("message_start") {
        StreamEvent::MessageStart {
            usage: usage(event.get("message").get("usage")),
        }
    } else if kind.is("message_delta") {
        StreamEvent::MessageDelta {
            output_tokens: count(event.get("usage"), "output_tokens"),
        }
    } else {
        StreamEvent::Other
    }
}

fn turn_result(value: Raw<'_>, subtype: String) -> TurnResult {
    let entries = |key: &str| value.get(key).entries().unwrap_or_default().into_iter();
    TurnResult {
        subtype,
        is_error: value.get("is_error").bool().unwrap_or(false),
        result: optional(value, "result"),
        errors: entries("errors")
            .filter_map(Raw::text)
            .take(ERRORS)
            .collect(),
        api_error_status: status(value, "api_error_status"),
        terminal_reason: optional(value, "terminal_reason"),
        session_id: session_id(value),
        total_cost_usd: dollars(value.get("total_cost_usd")),
        cost_since_last_usd: cost_since_last(value.get("model_usage_since_last_result")),
        usage: usage(value.get("usage")),
        model_usage: model_usage(value.get("modelUsage")),
        num_turns: count(value, "num_turns"),
        denied_tools: entries("permission_denials")
            .filter_map(|denial| optional(denial, "tool_name"))
            .collect(),
        origin: optional(value.get("origin"), "kind").filter(|kind| kind != "human"),
    }
}

/// How many of a result's error texts are read.
const ERRORS: usize = 20;

fn cost_since_last(models: Raw<'_>) -> Option<f64> {
    if models.is_null() {
        return None;
    }
    let models = models.members().into_iter();
    Some(
        models
            .filter_map(|(_, entry)| dollars(entry.get("costUSD")))
            .sum(),
    )
}

fn usage(value: Raw<'_>) -> Usage {
    Usage {
        input_tokens: count(value, "input_tokens"),
        output_tokens: count(value, "output_tokens"),
        cache_read_tokens: count(value, "cache_read_input_tokens"),
        cache_creation_tokens: count(value, "cache_creation_input_tokens"),
    }
}

fn model_usage(value: Raw<'_>) -> Vec<ModelUsage> {
    let model = |(model, entry): (String, Raw<'_>)| ModelUsage {
        model,
        usage: Usage {
            input_tokens: count(entry, "inputTokens"),
            output_tokens: count(entry, "outputTokens"),
            cache_read_tokens: count(entry, "cacheReadInputTokens"),
            cache_creation_tokens: count(entry, "cacheCreationInputTokens"),
        },
        cost_usd: dollars(entry.get("costUSD")).unwrap_or(0.0),
    };
    value.members().into_iter().map(model).collect()
}

/// The session id wherever a CLI has been seen to put it. One that starts with `pending_` is not yet an id.
fn session_id(value: Raw<'_>) -> Option<String> {
    let here = |value: Raw<'_>| {
        let found = [
            value.get("session_id"),
            value.get("sessionId"),
            value.get("conversation").get("id"),
        ];
        found.into_iter().find_map(Raw::text)
    };
    let nested = ["init", "system", "result", "metadata"];
    here(value)
        .or_else(|| nested.into_iter().find_map(|key| here(value.get(key))))
        .filter(|id| !id.is_empty() && !id.starts_with("pending_"))
}

fn text(value: Raw<'_>, key: &str) -> String {
    value.get(key).text().unwrap_or_default()
}

fn optional(value: Raw<'_>, key: &str) -> Option<String> {
    value.get(key).text()
}

/// A whole number that may be written as a float; negative and absurd ones are 0.
fn count(value: Raw<'_>, key: &str) -> u64 {
    let value = value.get(key);
    value.u64().unwrap_or_else(|| {
        let float = value.f64().unwrap_or(0.0);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "`as` saturates, and NaN is 0"
        )]
        let whole = float as u64;
        whole
    })
}

fn status(value: Raw<'_>, key: &str) -> Option<u16> {
    value
        .get(key)
        .u64()
        .and_then(|status| u16::try_from(status).ok())
}

fn dollars(value: Raw<'_>) -> Option<f64> {
    value
        .f64()
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

    #[test]
    fn results_of_tools_are_told_apart_from_words() {
        #[track_caller]
        fn check(json: &str, expected: &[&str]) {
            assert_eq!(
                parsed(json),
                Event::ToolsDone(expected.iter().map(ToString::to_string).collect())
            );
        }
        let result = r#"{"type":"tool_result","tool_use_id":"t1","content":[1]}"#;
        check(
            &format!(r#"{{"type":"user","message":{{"content":[{result},{{"type":"text"}}]}}}}"#),
            &["t1"],
        );
        check(
            &format!(
                r#"{{"type":"user","message":{{"content":[{result}]}},"parent_tool_use_id":"t0"}}"#
            ),
            &[],
        );
        check(r#"{"type":"user","message":{"content":"hello"}}"#, &[]);
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
