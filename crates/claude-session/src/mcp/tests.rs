use super::*;

fn server() -> Server {
    Server {
        name: "host",
        instructions: "Use it.",
        tools: vec![Tool {
            name: "wave",
            description: "Waves.",
            input: json!({ "type": "object" }),
            is_read_only: true,
        }],
    }
}

fn receive(message: &Value) -> Incoming {
    server().receive(&Json::of(message).unwrap())
}

#[track_caller]
fn check(message: &Value, expected: &Value) {
    let expected = Response::Mcp(Json::of(expected).unwrap());
    assert_eq!(receive(message), Incoming::Answered(expected));
}

#[test]
fn the_handshake_is_answered_at_once() {
    let message = json!({ "jsonrpc": "2.0", "id": 0, "method": "initialize", "params": { "protocolVersion": "2030-01-01" } });
    let Incoming::Answered(Response::Mcp(answer)) = receive(&message) else {
        panic!("no answer")
    };
    let result = answer.get("result");
    assert_eq!(answer.get("id").u64(), Some(0));
    assert!(result.get("protocolVersion").is("2030-01-01"));
    assert!(result.get("instructions").is("Use it."));
    check(
        &json!({ "method": "notifications/initialized" }),
        &json!({ "jsonrpc": "2.0", "result": {} }),
    );
    check(
        &json!({ "id": "a", "method": "ping" }),
        &json!({ "jsonrpc": "2.0", "result": {}, "id": "a" }),
    );
}

#[test]
fn tools_are_listed_for_every_request() {
    let Incoming::Answered(Response::Mcp(answer)) =
        receive(&json!({ "id": 1, "method": "tools/list" }))
    else {
        panic!("no answer")
    };
    let tools: Value = serde_json::from_str(answer.get("result").get("tools").as_str()).unwrap();
    assert_eq!(tools[0]["name"], "wave");
    assert_eq!(tools[0]["_meta"]["anthropic/alwaysLoad"], true);
    assert_eq!(tools[0]["annotations"]["readOnlyHint"], true);
    assert_eq!(server().full_name("wave"), "mcp__host__wave");
}

#[test]
fn a_call_is_passed_on_and_answered_by_its_id() {
    let params = json!({ "name": "wave", "arguments": { "a": 1 }, "_meta": { "claudecode/toolUseId": "toolu_1" } });
    let Incoming::Call(call) =
        receive(&json!({ "id": 7, "method": "tools/call", "params": params }))
    else {
        panic!("no call")
    };
    assert_eq!(call.tool, "wave");
    assert_eq!(call.arguments.get("a").u64(), Some(1));
    assert_eq!(call.tool_use_id.as_deref(), Some("toolu_1"));
    let content = json!([{ "type": "text", "text": "no" }]);
    let expected =
        json!({ "jsonrpc": "2.0", "result": { "content": content, "isError": true }, "id": 7 });
    assert_eq!(
        call.answer(&Err("no".into())),
        Response::Mcp(Json::of(&expected).unwrap())
    );
}

#[test]
fn a_cancelled_call_is_named() {
    let message = json!({ "method": "notifications/cancelled", "params": { "requestId": 7 } });
    let Incoming::Cancelled { call, .. } = receive(&message) else {
        panic!("not cancelled")
    };
    assert_eq!(call.u64(), Some(7));
}

#[test]
fn unknown_methods_are_refused() {
    let error = json!({ "code": -32601, "message": "method not found" });
    check(
        &json!({ "id": 2, "method": "resources/list" }),
        &json!({ "jsonrpc": "2.0", "error": error, "id": 2 }),
    );
    check(&json!([]), &json!({ "jsonrpc": "2.0", "result": {} }));
}
