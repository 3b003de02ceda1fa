use super::*;

const FLAT: &str = r#"{
  "1100000000000000001": {
    "session_id": "5f0c3c9e-5b6e-4b43-8a57-2f4f2f0d3a11",
    "model": "sonnet",
    "created_at": "2026-01-01T00:00:00+00:00",
    "last_message_at": "2026-01-02T00:00:00+00:00",
    "message_count": 3,
    "total_input_tokens": 1,
    "total_output_tokens": 2,
    "total_cost_usd": 0.1,
    "duration_ms": 5,
    "context_tokens": 3,
    "topic": "Grüße 🎉"
  },
  "notes": "not a channel"
}
"#;

const NESTED: &str = r#"{
  "version": 2,
  "1100000000000000001": {
    "session_id": "5f0c3c9e-5b6e-4b43-8a57-2f4f2f0d3a11",
    "model": "sonnet",
    "created_at": "2026-01-01T00:00:00+00:00",
    "last_message_at": "2026-01-02T00:00:00+00:00",
    "message_count": 3,
    "total_input_tokens": 1,
    "total_output_tokens": 2,
    "total_cost_usd": 0.1,
    "duration_ms": 5,
    "context_tokens": 3,
    "total_cache_read_tokens": 0,
    "total_cache_creation_tokens": 0,
    "total_turn_errors": 0,
    "state": {
      "cli_total_cost_usd": 0.0
    },
    "topic": "Grüße 🎉"
  },
  "notes": "not a channel"
}
"#;

#[test]
fn a_channel_has_one_key() {
    let text = r#"{"007": {"session_id": "a"}, "+7": {"session_id": "b"}, "7": {}, "8": {"session_id": "c"}}"#;
    let mut document = Document::parse(text.as_bytes()).unwrap();
    let channels: Vec<_> = document.records().map(|(channel, _)| channel).collect();
    assert_eq!(channels, [ChannelId(8)]);
    assert_eq!(
        document.unreadable().collect::<Vec<_>>(),
        ["007", "+7", "7"]
    );
    let record = document.get(ChannelId(8)).unwrap();
    document.put(ChannelId(8), &record).unwrap();
    assert_eq!(document.unreadable().count(), 3);
}

#[test]
fn a_version_1_file_is_written_as_version_2() {
    let document = Document::parse(FLAT.as_bytes()).unwrap();
    assert_eq!(document.to_text().unwrap(), NESTED);
    assert_eq!(document.unreadable().collect::<Vec<_>>(), ["notes"]);
}

#[test]
fn untouched_entries_are_written_back_byte_for_byte() {
    for text in [
        NESTED,
        "{\n  \"version\": 2.7,\n  \"7\": {\"session_id\" :\"\\u0061\",\"x\": [1e2, 1e400]},\n  \"8\": null\n}\n",
    ] {
        let document = Document::parse(text.as_bytes()).unwrap();
        assert_eq!(document.to_text().unwrap(), text);
    }
}

#[test]
fn order_and_unknown_fields_survive_a_thousand_rewrites() {
    let channel = ChannelId(1_100_000_000_000_000_001);
    let mut document = Document::parse(FLAT.as_bytes()).unwrap();
    for _ in 0..1_000 {
        document = Document::parse(document.to_text().unwrap().as_bytes()).unwrap();
        document
            .put(channel, &document.get(channel).unwrap())
            .unwrap();
    }
    assert_eq!(document.to_text().unwrap(), NESTED);
}

#[test]
fn a_record_of_mixed_form_is_kept_as_it_is() {
    let text = r#"{
  "version": 2,
  "1": {"session_id": "a", "last_turn_id": "t", "state": {"last_turn_id": "u"}},
  "2": {"session_id": "b"}
}
"#;
    let document = Document::parse(text.as_bytes()).unwrap();
    assert_eq!(document.get(ChannelId(1)), None);
    assert_eq!(document.unreadable().collect::<Vec<_>>(), ["1"]);
    assert_eq!(document.sessions(), 1);
    assert_eq!(document.to_text().unwrap(), text);
}

#[test]
fn only_an_object_or_nothing_is_a_registry() {
    assert_eq!(Document::parse(b" \n").unwrap(), Document::default());
    for bad in ["[]", "null", "1", "\"x\"", "{", "{\"a\":", "\0\0"] {
        assert!(Document::parse(bad.as_bytes()).is_err(), "{bad}");
    }
}

#[test]
fn later_and_unknown_versions_are_refused() {
    for version in [
        "3",
        "\"3\"",
        "\"3.1-beta\"",
        "3.5",
        "18446744073709551615",
        "-1",
        "null",
        "{}",
        "\"two\"",
        "1e3",
    ] {
        let text = format!(r#"{{"1": {{}}, "version": {version}}}"#);
        let found = Document::parse(text.as_bytes());
        assert!(matches!(found, Err(ParseError::Version(_))), "{version}");
    }
    for (version, written) in [
        ("0", "2"),
        ("1", "2"),
        ("\"1.7\"", "2"),
        ("2", "2"),
        ("2.5", "2.5"),
        ("\"2.1-beta\"", "\"2.1-beta\""),
    ] {
        let text = format!("{{\"version\": {version}}}");
        let document = Document::parse(text.as_bytes()).unwrap();
        assert_eq!(document.unreadable().count(), 0, "{version}");
        let text = format!("{{\n  \"version\": {written}\n}}\n");
        assert_eq!(document.to_text().unwrap(), text);
    }
}

#[test]
fn a_repeated_key_is_noted() {
    let text = br#"{"1": {"session_id": "a"}, "2": 3, "1": {"session_id": "b"}}"#;
    let document = Document::parse(text).unwrap();
    assert_eq!(document.repeated(), ["1"]);
    assert_eq!(document.get(ChannelId(1)).unwrap().session_id, "b");
}
