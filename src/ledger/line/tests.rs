use super::*;

pub(crate) fn example() -> TurnLine {
    TurnLine {
        time: DateTime::UNIX_EPOCH,
        turn: "t".into(),
        after: None,
        channel: ChannelId(1),
        thread_of: None,
        author: UserId(2),
        message: Some(MessageId(3)),
        together: Vec::new(),
        reply_ids: Vec::new(),
        assistant_uuid: None,
        session: "s".into(),
        model: "sonnet".into(),
        model_used: Some("claude-sonnet-5".into()),
        input_tokens: 1,
        output_tokens: 2,
        cache_read_tokens: 3,
        cache_creation_tokens: 4,
        cost_usd: Usd::from_dollars(0.5),
        estimated: false,
        duration_ms: 10,
        waited_ms: 3,
        first_text_ms: Some(4),
        outcome: "answered".into(),
    }
}

#[track_caller]
fn written(line: &TurnLine) -> String {
    let text = serde_json::to_string(line).unwrap();
    assert_eq!(serde_json::from_str::<TurnLine>(&text).unwrap(), *line);
    text
}

#[test]
fn a_line_is_read_back_as_written() {
    let text = written(&example());
    assert!(text.starts_with(r#"{"time":"1970-01-01T00:00:00Z","turn":"t","channel":"1","#));
    assert!(
        text.contains(r#""cost_usd":0.5,"#) && !text.contains("reply_ids"),
        "{text}"
    );
    let text = written(&TurnLine {
        thread_of: Some(ChannelId(7)),
        together: vec![MessageId(5)],
        reply_ids: vec![MessageId(8), MessageId(9)],
        assistant_uuid: Some("u".into()),
        cost_usd: Usd::from_dollars(1e-9),
        ..example()
    });
    for part in [
        r#""channel":"1","thread_of":"7","#,
        r#""message":"3","together":["5"],"reply_ids":["8","9"],"assistant_uuid":"u","#,
        r#""cost_usd":0.000000001,"#,
    ] {
        assert!(text.contains(part), "{text}");
    }
    let entry = Entry::Turn(Box::new(example()));
    assert_eq!(entry.file_name(), "1970-01.jsonl");
    assert_eq!(
        Entry::parse(text.as_bytes()).unwrap().file_name(),
        "1970-01.jsonl"
    );
}

#[test]
fn a_line_of_the_first_version_is_read() {
    let text = r#"{"time":"2026-11-21T12:00:00Z","turn":"t","channel":"1","author":"2","message":null,
            "session":"s","model":"sonnet","model_used":null,"input_tokens":1,"output_tokens":2,"cache_read_tokens":3,
            "cache_creation_tokens":4,"cost_usd":4.2249999999999997e-4,"duration_ms":10,"outcome":"answered"}"#;
    let line: TurnLine = serde_json::from_str(text).unwrap();
    assert_eq!(line.cost_usd, Usd::from_dollars(0.000_422_5));
    assert!(line.reply_ids.is_empty() && line.assistant_uuid.is_none());
}

#[test]
fn replies_are_told_from_turns() {
    let replies = Entry::Replies(Replies {
        time: DateTime::UNIX_EPOCH,
        turn: "t".into(),
        reply_ids: vec![MessageId(8)],
        notice_ids: None,
    });
    let text = serde_json::to_string(&replies).unwrap();
    assert_eq!(
        text,
        r#"{"time":"1970-01-01T00:00:00Z","turn":"t","reply_ids":["8"]}"#
    );
    assert_eq!(Entry::parse(text.as_bytes()), Some(replies));
    let replies = Entry::Replies(Replies {
        time: DateTime::UNIX_EPOCH,
        turn: "t".into(),
        reply_ids: vec![MessageId(8)],
        notice_ids: Some(Vec::new()),
    });
    let text = serde_json::to_string(&replies).unwrap();
    assert!(text.contains(r#""notice_ids":[]"#), "{text}");
    assert_eq!(Entry::parse(text.as_bytes()), Some(replies));
    let turn = Entry::Turn(Box::new(example()));
    let text = serde_json::to_string(&turn).unwrap();
    assert_eq!(Entry::parse(text.as_bytes()), Some(turn));
    assert_eq!(
        Entry::parse(b"{\"time\":\"1970-01-01T00:00:00Z\",\"turn\":\"t\"}"),
        None
    );
}
