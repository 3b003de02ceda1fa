use serde_json::json;

use super::*;
use crate::{
    registry::state::{CutOff, OpenTurn},
    snowflake::{MessageId, UserId},
};

#[track_caller]
fn read(record: &Value) -> Record {
    Record::read(&record.to_string()).unwrap()
}

#[track_caller]
fn written(record: &Record) -> Value {
    let text = serde_json::to_string(record).unwrap();
    assert_eq!(
        Record::read(&text).as_ref(),
        Some(record),
        "read back: {text}"
    );
    serde_json::from_str(&text).unwrap()
}

#[test]
fn a_record_of_the_older_program_is_read_and_resumed() {
    let record = read(&json!({
        "session_id": "a", "model": "haiku", "created_at": "2026-01-01T00:00:00+00:00",
        "last_message_at": "2026-01-02T00:00:00+00:00", "message_count": 3, "total_input_tokens": 1,
        "total_output_tokens": 2, "total_cost_usd": 0.25, "duration_ms": 5, "context_tokens": 3,
        "note": { "x": 1 },
    }));
    assert!(record.is_resumable());
    assert_eq!(record.created_at, "2026-01-01T00:00:00+00:00");
    assert_eq!(record.other["note"]["x"], 1);
    written(&record);
}

#[test]
fn the_flat_form_is_read_and_the_nested_one_written() {
    let flat = json!({
        "session_id": "a", "model": "opus", "message_count": 3, "total_cost_usd": 0.000_422_5,
        "last_message_id": "7", "last_turn_id": "t", "cli_total_cost_usd": 0.300_000_000_000_000_04,
        "unit_cost_usd": 2.999_999_999_999_999_7e-6, "resumable": true, "answered_ahead": ["9"],
        "waiting_behind": ["6"], "open_turns": [{ "message": "6", "author": "1", "booked": true }],
        "cut_off": [{ "message": "5", "author": "2", "cuts": 2, "told": true }], "background": ["a test"],
        "topic": "x",
    });
    let record = read(&flat);
    let state = &record.state;
    assert_eq!(state.last_message_id, Some(MessageId(7)));
    assert_eq!(state.last_turn_id.as_deref(), Some("t"));
    assert_eq!(
        state.open_turns,
        [OpenTurn {
            message: MessageId(6),
            author: UserId(1),
            booked: true,
            cuts: 0
        }]
    );
    assert_eq!(
        state.cut_off,
        [CutOff {
            message: MessageId(5),
            author: UserId(2),
            booked: false,
            cuts: 2,
            told: true
        }]
    );
    let nested = written(&record);
    assert!(
        FLAT.iter().all(|name| nested.get(name).is_none()),
        "{nested}"
    );
    assert_eq!(nested["topic"], "x");
    for name in [
        "last_message_id",
        "resumable",
        "answered_ahead",
        "waiting_behind",
        "background",
    ] {
        assert_eq!(nested["state"][name], flat[name], "{name}");
    }
    let text = serde_json::to_string(&record).unwrap();
    for number in [
        r#""total_cost_usd":0.0004225,"#,
        r#""cli_total_cost_usd":0.3,"#,
        r#""unit_cost_usd":3e-6,"#,
    ] {
        assert!(text.contains(number), "{text}");
    }
}

#[test]
fn unknown_fields_are_kept_in_both_places() {
    let record = read(&json!({
        "session_id": "a", "topic": [1, { "b": null }], "channel_name": "general",
        "state": { "later": { "x": 0.1 }, "posts": [{ "key": "p", "messages": ["3"], "revision": 2 }] },
    }));
    assert_eq!(record.channel_name.as_deref(), Some("general"));
    assert_eq!(record.state.post("p").unwrap().messages, [MessageId(3)]);
    let written = written(&record);
    assert_eq!(written["topic"], json!([1, { "b": null }]));
    assert_eq!(written["state"]["later"], json!({ "x": 0.1 }));
    let moved = record.cleared("b".into(), chrono::DateTime::UNIX_EPOCH);
    assert_eq!(
        (&moved.other, &moved.state.other),
        (&record.other, &record.state.other)
    );
}

#[test]
fn flat_and_nested_fields_do_not_mix() {
    for name in FLAT {
        let mut record = json!({ "session_id": "a", "state": {} });
        read(&record);
        record[name] = json!(null);
        assert_eq!(Record::read(&record.to_string()), None, "{name}");
    }
    for state in [json!(null), json!("Berlin"), json!([])] {
        let record = json!({ "session_id": "a", "state": state });
        assert_eq!(Record::read(&record.to_string()), None, "{record}");
    }
}

#[test]
fn a_field_with_an_unexpected_value_does_not_lose_the_session() {
    #[track_caller]
    fn check(fields: &str, count: u64, cost: &str) {
        let json = format!(r#"{{"session_id":"a","model":"opus",{fields}}}"#);
        let record = Record::read(&json).unwrap();
        assert_eq!(
            (record.session_id.as_str(), record.model.as_str()),
            ("a", "opus")
        );
        assert_eq!(record.message_count, count, "{fields}");
        assert_eq!(record.total_cost_usd.to_string(), cost, "{fields}");
        written(&record);
    }
    check(r#""message_count":3.6,"total_cost_usd":1"#, 4, "1");
    check(
        r#""message_count":1e400,"total_cost_usd":18446744073.709551614"#,
        0,
        "18446744073.709551614",
    );
    check(r#""message_count":null,"total_cost_usd":null"#, 0, "0");
    check(
        r#""message_count":-1,"total_cost_usd":"much","duration_ms":1e300"#,
        0,
        "0",
    );
    check(
        r#""message_count":2,"last_message_id":[],"resumable":"yes""#,
        2,
        "0",
    );
    check(
        r#""message_count":2,"created_at":7,"total_cost_usd":-0.5"#,
        2,
        "0",
    );
    let state = r#"{"background":"x","unit_cost_usd":[],"answered_ahead":["7",8,"nine"]}"#;
    check(&format!(r#""message_count":1,"state":{state}"#), 1, "0");
    let record = Record::read(&format!(r#"{{"session_id":"a","state":{state}}}"#)).unwrap();
    assert_eq!(record.state.answered_ahead, [MessageId(7)]);
}

#[test]
fn without_a_session_id_there_is_no_record() {
    for json in [
        r#"{"model":"opus"}"#,
        r#"{"session_id":"","model":"x"}"#,
        r#"{"session_id":1}"#,
        "[]",
        "7",
        "{",
    ] {
        assert_eq!(Record::read(json), None, "{json}");
    }
    // A number that would be lost.
    assert_eq!(Record::read(r#"{"session_id":"a","later":1e400}"#), None);
    assert!(read(&json!({ "session_id": "a" })).model.is_empty());
}
