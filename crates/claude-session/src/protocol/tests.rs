use bytes::Bytes;
use proptest::prelude::*;
use serde_json::{Value, json};
use uuid::Uuid;

use super::*;

fn line(line: &str) -> Line {
    parse(&Bytes::copy_from_slice(line.as_bytes()))
}

fn event(text: &str) -> SessionEvent {
    match line(text) {
        Line::Event(event) => event,
        other => panic!("{text}: {other:?}"),
    }
}

fn other(kind: &str, subtype: &str) -> SessionEvent {
    SessionEvent::Other {
        kind: kind.into(),
        subtype: subtype.into(),
    }
}

#[test]
fn blank_lines_noise_and_unknown_messages_are_told_apart() {
    assert_eq!(line("  \r"), Line::Blank);
    for noise in ["[SandboxDebug] hello", "{\"type\": \"result\"", "[1,2]"] {
        assert_eq!(line(noise), Line::Noise, "{noise}");
    }
    let new = event(r#"{"type":"system","subtype":"brand_new","x":[1]}"#);
    assert_eq!(new, other("system", "brand_new"));
    assert!(new.is_unknown());
    assert_eq!(event("{}"), other("", ""));
    let keep_alive = event(r#" {"type":"keep_alive"} "#);
    assert_eq!(keep_alive, other("keep_alive", ""));
    assert!(!keep_alive.is_unknown());
}

#[test]
fn the_session_id_is_found_in_all_its_places() {
    #[track_caller]
    fn check(json: &str, expected: Option<&str>) {
        let SessionEvent::Result(result) = event(json) else {
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
fn odd_fields_have_their_defaults() {
    let line = r#"{"type":"result","is_error":"yes","total_cost_usd":"much","usage":{"input_tokens":-5,
        "output_tokens":2.9},"modelUsage":[1],"errors":[1,"two"],"api_error_status":99999999}"#;
    let SessionEvent::Result(result) = event(line) else {
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
fn half_a_surrogate_pair_does_not_cost_the_text() {
    let line =
        r#"{"type":"assistant","message":{"content":[{"type":"text","text":"cut \ud83d here"}]}}"#;
    let SessionEvent::Assistant(said) = event(line) else {
        panic!("not an assistant line")
    };
    assert_eq!(said.blocks, [Block::Text("cut \u{fffd} here".into())]);
}

#[test]
fn a_subagent_is_recognized() {
    let line = r#"{"type":"assistant","message":{"content":[{"type":"text","text":"psst"}]},"parent_tool_use_id":"t"}"#;
    let SessionEvent::Assistant(said) = event(line) else {
        panic!("not an assistant line")
    };
    assert!(said.is_subagent());
    assert_eq!(said.parent_tool_use_id.as_deref(), Some("t"));
    assert_eq!(said.blocks, [Block::Text("psst".into())]);
}

#[test]
fn a_tool_call_keeps_its_whole_input() {
    let line = r#"{"type":"assistant","uuid":"u","message":{"id":"m","model":"x","content":[
        {"type":"thinking","thinking":"hm"},
        {"type":"tool_use","id":"t","name":"Bash","input":{"command":"ls \ud83d","n":[1, 2]}}]}}"#;
    let SessionEvent::Assistant(said) = event(line) else {
        panic!("not an assistant line")
    };
    assert_eq!(said.uuid.as_deref(), Some("u"));
    assert_eq!(said.blocks[0], Block::Thinking("hm".into()));
    let call = said.tool_uses().next().unwrap();
    assert_eq!((call.id.as_str(), call.name.as_str()), ("t", "Bash"));
    assert_eq!(call.input.as_str(), r#"{"command":"ls \ud83d","n":[1, 2]}"#);
}

#[test]
fn user_lines_hold_results_or_text() {
    let SessionEvent::User(user) = event(
        r#"{"type":"user","uuid":"u","message":{"content":[
        {"type":"tool_result","tool_use_id":"t1","content":[1],"is_error":true},{"type":"text","text":"x"}]},
        "tool_use_result":{"stdout":"y"},"isReplay":true}"#,
    ) else {
        panic!("not a user line")
    };
    let result = user.tool_results().next().unwrap();
    assert_eq!(result.tool_use_id, "t1");
    assert!(result.is_error && user.is_replay && !user.is_subagent());
    assert_eq!(result.content.as_str(), "[1]");
    assert_eq!(user.blocks[1], Block::Text("x".into()));
    assert!(user.tool_use_result.get("stdout").is("y"));
    let SessionEvent::User(user) = event(r#"{"type":"user","message":{"content":"hello"}}"#) else {
        panic!("not a user line")
    };
    assert_eq!(user.blocks, [Block::Text("hello".into())]);
}

#[test]
fn deltas_are_decoded_on_demand() {
    let delta = |kind: &str, key: &str| {
        event(&format!(
            r#"{{"type":"stream_event","event":{{"type":"content_block_delta","index":2,
            "delta":{{"type":"{kind}","{key}":"a\n"}}}},"parent_tool_use_id":null,"api_message_id":"m"}}"#
        ))
    };
    for (kind, key) in [
        ("text_delta", "text"),
        ("thinking_delta", "thinking"),
        ("input_json_delta", "partial_json"),
    ] {
        let SessionEvent::Stream(stream) = delta(kind, key) else {
            panic!("no stream event")
        };
        assert!(stream.message_id.is("m") && !stream.is_subagent());
        let ApiEvent::Delta { index: 2, delta } = stream.event else {
            panic!("{stream:?}")
        };
        let (Delta::Text(text) | Delta::Thinking(text) | Delta::ToolInput(text)) = delta else {
            panic!("{delta:?}")
        };
        assert_eq!(text.text().as_deref(), Some("a\n"));
    }
}

fn written(line: &str) -> Value {
    assert!(!line.contains(['\n', '\r']), "{line}");
    serde_json::from_str(line).unwrap()
}

#[test]
fn control_requests_have_the_documented_shape() {
    let uuid = Uuid::from_u128(1);
    let id = uuid.to_string();
    let cases = [
        (
            Control::initialize(),
            json!({ "subtype": "initialize", "hooks": null }),
        ),
        (
            Control::Initialize {
                hooks: Json::default(),
                sdk_mcp_servers: vec!["bot".into()],
            },
            json!({ "subtype": "initialize", "hooks": null, "sdkMcpServers": ["bot"] }),
        ),
        (Control::Interrupt, json!({ "subtype": "interrupt" })),
        (
            Control::StopTask {
                task_id: "b1".into(),
            },
            json!({ "subtype": "stop_task", "task_id": "b1" }),
        ),
        (
            Control::SetModel {
                model: "opus".into(),
            },
            json!({ "subtype": "set_model", "model": "opus" }),
        ),
        (
            Control::SetPermissionMode {
                mode: PermissionMode::AcceptEdits,
            },
            json!({ "subtype": "set_permission_mode", "mode": "acceptEdits" }),
        ),
        (
            Control::effort(Some(Effort::XHigh)),
            json!({ "subtype": "apply_flag_settings", "settings": { "effortLevel": "xhigh" } }),
        ),
        (
            Control::effort(None),
            json!({ "subtype": "apply_flag_settings", "settings": { "effortLevel": null } }),
        ),
        (Control::GetUsage, json!({ "subtype": "get_usage" })),
        (
            Control::GetContextUsage,
            json!({ "subtype": "get_context_usage" }),
        ),
        (
            Control::SideQuestion {
                question: "why?".into(),
            },
            json!({ "subtype": "side_question", "question": "why?" }),
        ),
        (
            Control::CancelAsyncMessage { message_uuid: uuid },
            json!({ "subtype": "cancel_async_message", "message_uuid": id }),
        ),
        (
            Control::RewindConversation {
                target_message_uuid: id.clone(),
            },
            json!({ "subtype": "rewind_conversation", "target_message_uuid": id }),
        ),
    ];
    for (control, expected) in cases {
        let request = SessionRequest::Control {
            request_id: "r1".into(),
            control,
        };
        let expected =
            json!({ "type": "control_request", "request_id": "r1", "request": expected });
        assert_eq!(written(&request.line()), expected);
    }
    assert_eq!(
        Control::Interrupt.line("r1"),
        r#"{"type":"control_request","request_id":"r1","request":{"subtype":"interrupt"}}"#
    );
}

#[test]
fn responses_have_the_documented_shape() {
    let input = Json::parse(r#"{"command":"ls \ud83d","n":1.50}"#).unwrap();
    let rule = Json::parse(r#"{"type":"setMode","mode":"plan","destination":"session"}"#).unwrap();
    let allow = Response::Decision(Decision::Allow {
        updated_input: input,
        updated_permissions: vec![rule],
    });
    assert_eq!(
        allow.line("r"),
        r#"{"type":"control_response","response":{"subtype":"success","request_id":"r","response":{"behavior":"allow","updatedInput":{"command":"ls \ud83d","n":1.50},"updatedPermissions":[{"type":"setMode","mode":"plan","destination":"session"}]}}}"#
    );
    let success = |body: &Value| json!({ "type": "control_response", "response": { "subtype": "success", "request_id": "r", "response": body } });
    let message = Json::parse("{\n\"id\": 1}").unwrap();
    for (response, expected) in [
        (
            Response::Decision(Decision::Deny {
                message: "no".into(),
                interrupt: false,
            }),
            json!({ "behavior": "deny", "message": "no" }),
        ),
        (
            Response::Decision(Decision::Deny {
                message: "no".into(),
                interrupt: true,
            }),
            json!({ "behavior": "deny", "message": "no", "interrupt": true }),
        ),
        (
            Response::Mcp(message),
            json!({ "mcp_response": { "id": 1 } }),
        ),
        (
            Response::Hook(Json::of(&json!({ "continue": true })).unwrap()),
            json!({ "continue": true }),
        ),
    ] {
        assert_eq!(written(&response.line("r")), success(&expected));
    }
    assert_eq!(
        Response::Error("no".into()).line("r"),
        r#"{"type":"control_response","response":{"subtype":"error","request_id":"r","error":"no"}}"#
    );
}

#[test]
fn a_user_message_keeps_its_blocks_and_words() {
    let words = "a\nb\u{2028}\"c\" @/etc/passwd /clear";
    let mut ask = Ask::texts(["open", words, "close"]);
    ask.uuid = Uuid::from_u128(1);
    let expected = json!({
        "type": "user",
        "message": { "role": "user", "content": [
            { "type": "text", "text": "open" },
            { "type": "text", "text": words },
            { "type": "text", "text": "close" },
        ] },
        "parent_tool_use_id": null,
        "session_id": "",
        "uuid": "00000000-0000-0000-0000-000000000001",
    });
    assert_eq!(written(&ask.line()), expected);
    let steering = SessionRequest::Ask(ask.steering()).line();
    assert_eq!(written(&steering)["priority"], "now");
    let mut verbatim = Ask::command("/compact");
    verbatim.is_client_composed = true;
    let verbatim = written(&verbatim.line());
    assert_eq!(verbatim["message"]["content"], "/compact");
    assert_eq!(verbatim["client_composed"], true);
}

#[test]
fn images_and_documents_keep_their_place() {
    let base64 = |media_type: &str| MediaSource::Base64 {
        media_type: media_type.into(),
        data: "AAAA".into(),
    };
    let blocks = vec![
        ContentBlock::text("look"),
        ContentBlock::Image {
            source: base64("image/png"),
        },
        ContentBlock::Document {
            source: base64("application/pdf"),
            title: None,
        },
        ContentBlock::Document {
            source: MediaSource::Text {
                media_type: "text/plain".into(),
                data: "words".into(),
            },
            title: Some("a.txt".into()),
        },
    ];
    let written = written(&Ask::new(Content::Blocks(blocks)).line());
    assert_eq!(
        written["message"]["content"],
        json!([
            { "type": "text", "text": "look" },
            { "type": "image", "source": { "type": "base64", "media_type": "image/png", "data": "AAAA" } },
            { "type": "document", "source": { "type": "base64", "media_type": "application/pdf", "data": "AAAA" } },
            { "type": "document", "source": { "type": "text", "media_type": "text/plain", "data": "words" },
              "title": "a.txt" },
        ])
    );
}

#[test]
fn only_known_permission_modes_are_accepted() {
    for name in [
        "default",
        "acceptEdits",
        "plan",
        "dontAsk",
        "auto",
        "bypassPermissions",
    ] {
        let mode: PermissionMode = name.parse().unwrap();
        assert_eq!(mode.to_string(), name);
        assert_eq!(serde_json::to_value(mode).unwrap(), name);
    }
    assert!("bogus".parse::<PermissionMode>().is_err());
}

proptest! {
    #[test]
    fn no_line_panics(text in any::<String>()) {
        drop(line(&text));
    }

    #[test]
    fn no_object_panics(kind in "assistant|result|stream_event|system|control_request|control_response|user",
                        key in "message|event|usage|response|request|modelUsage|errors|session_id",
                        value in "null|1|-1|1e400|\"x\"|\\[\\]|\\[null\\]|\\{\\}|\\{\"usage\":7\\}") {
        drop(line(&format!(r#"{{"type":"{kind}","{key}":{value}}}"#)));
    }
}
