use super::*;

fn read(line: &str) -> Option<TaskEvent> {
    let value = Json::parse(line.to_owned()).unwrap();
    TaskEvent::read(&value.get("subtype").text().unwrap(), &value)
}

#[test]
fn a_started_task_is_read_whole() {
    let task = Task {
        id: "b1".into(),
        description: "sleep 600".into(),
        tool_use_id: Some("t".into()),
        kind: Some("local_bash".into()),
        ..Task::default()
    };
    assert_eq!(
        read(
            r#"{"subtype":"task_started","task_id":"b1","tool_use_id":"t","description":"sleep 600","task_type":"local_bash"}"#
        ),
        Some(TaskEvent::Started(task))
    );
}

#[test]
fn the_end_of_a_task_is_told_by_both_messages() {
    #[track_caller]
    fn check(fields: &str, expected: Option<bool>) {
        let event = read(&format!(r#"{{"task_id":"b1",{fields}}}"#)).unwrap();
        assert_eq!(
            event.ended(),
            expected.map(|by_itself| ("b1", by_itself)),
            "{fields}"
        );
    }
    let notified = r#""subtype":"task_notification","summary":"s""#;
    check(&format!(r#"{notified},"status":"completed""#), Some(true));
    check(notified, Some(true));
    check(&format!(r#"{notified},"status":"stopped""#), Some(false));
    let updated = r#""subtype":"task_updated","patch""#;
    check(
        &format!(r#"{updated}:{{"status":"killed","end_time":1}}"#),
        Some(false),
    );
    check(&format!(r#"{updated}:{{"is_backgrounded":true}}"#), None);
    check(&format!(r#"{updated}:{{"status":"running"}}"#), None);
}

#[test]
fn listed_tasks_without_an_id_are_skipped() {
    let listed = read(
        r#"{"subtype":"background_tasks_changed","tasks":[{"task_id":"a","description":"look"},{"x":1}]}"#,
    );
    let expected = Task {
        id: "a".into(),
        description: "look".into(),
        ..Task::default()
    };
    assert_eq!(listed, Some(TaskEvent::Listed(vec![expected])));
}

#[test]
fn other_messages_are_not_about_tasks() {
    assert_eq!(read(r#"{"subtype":"task_notification","task_id":7}"#), None);
    assert_eq!(read(r#"{"subtype":"status","task_id":"b1"}"#), None);
}
