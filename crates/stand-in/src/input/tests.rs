use super::*;
use crate::settings::Settings;
use serde_json::json;

fn version(text: &str) -> Version {
    let env = [("HOME", "/h"), ("STAND_IN_VERSION", text)];
    let env = env.map(|(name, value)| (name.into(), value.into()));
    Settings::from_environment(&env.into()).unwrap().version
}

#[track_caller]
fn check(line: &str, expected: &Input) {
    for text in ["2.1.197", "2.1.329"] {
        assert_eq!(parse(line, version(text)), *expected, "{text}: {line}");
    }
}

#[track_caller]
fn check_fatal(line: &str, part: &str) {
    match parse(line, version("2.1.197")) {
        Input::Fatal(message) => assert!(message.contains(part), "{message}"),
        other => panic!("{line}: {other:?}"),
    }
}

#[test]
fn lines_are_distinguished() {
    check(
        r#"{"type":"user","message":{"role":"user","content":"hi"},"uuid":"u"}"#,
        &Input::User(UserLine {
            content: json!("hi"),
            uuid: Some("u".into()),
            is_now: false,
        }),
    );
    check(
        r#"{"type":"control_request","request_id":"1","request":{"subtype":"interrupt"}}"#,
        &Input::Control {
            request_id: "1".into(),
            request: json!({"subtype": "interrupt"}),
        },
    );
    check(
        r#"{"type":"control_response","response":{"subtype":"success","request_id":"2"}}"#,
        &Input::Response {
            request_id: "2".into(),
            response: json!({"subtype": "success", "request_id": "2"}),
        },
    );
    check(r#"{"type":"keep_alive"}"#, &Input::Ignored);
    check(r#"{"subtype":"interrupt"}"#, &Input::Ignored);
    check("[1]", &Input::Ignored);
    check("", &Input::Ignored);
}

#[test]
fn invalid_lines_are_fatal() {
    check_fatal("not json", "Error parsing streaming input line: not json");
    check_fatal(
        r#"{"type":"user","message":{"content":"x"}}"#,
        "Expected message role 'user', got 'undefined'",
    );
    check_fatal("\r", "Error parsing streaming input line");
    assert_eq!(parse("\r", version("2.1.208")), Input::Ignored);
}
