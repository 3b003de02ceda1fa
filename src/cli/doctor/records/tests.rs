use super::*;
use crate::cli::finding::Severity;

fn document(records: &[(&str, &str, u64)]) -> Document {
    let records = records.iter().map(|(channel, session, turns)| {
        (
            (*channel).to_owned(),
            serde_json::json!({ "session_id": session, "message_count": turns }),
        )
    });
    let text = serde_json::Value::Object(records.collect()).to_string();
    Document::parse(text.as_bytes()).unwrap()
}

#[test]
fn each_session_that_goes_on_has_a_transcript() {
    let document = document(&[("1", "a", 3), ("2", "b", 1), ("3", "new", 0)]);
    let (mut config, now) = (Config::default(), Utc::now());
    let transcripts = |sessions: &[&str]| {
        let sessions = sessions
            .iter()
            .map(|session| ((*session).to_owned(), PathBuf::new()));
        sessions.collect::<BTreeMap<_, _>>()
    };
    let found = without_transcript(&document, &transcripts(&["a", "b", "other"]), &config, now);
    assert_eq!(
        found,
        Finding::ok("transcripts", "there for all 2 sessions")
    );
    let found = without_transcript(&document, &transcripts(&["b"]), &config, now);
    assert_eq!(found.severity, Severity::Warning);
    assert!(
        found.what.ends_with("the session of channel 1"),
        "{found:?}"
    );
    // The records tell no time.
    config.sessions.keep_days = Some(30);
    let found = without_transcript(&document, &transcripts(&["b"]), &config, now);
    assert_eq!(found.severity, Severity::Warning);
}

#[test]
fn a_session_that_need_not_be_kept_may_lack_its_transcript() {
    let now = Utc::now();
    let used = (now - chrono::TimeDelta::days(31)).to_rfc3339();
    let text = serde_json::json!({
        "1": { "session_id": "a", "message_count": 3, "last_message_at": used },
    });
    let document = Document::parse(text.to_string().as_bytes()).unwrap();
    let severity = |keep_days| {
        let mut config = Config::default();
        config.sessions.keep_days = keep_days;
        without_transcript(&document, &BTreeMap::new(), &config, now).severity
    };
    assert_eq!(severity(None), Severity::Warning);
    assert_eq!(severity(Some(32)), Severity::Warning);
    assert_eq!(severity(Some(30)), Severity::Ok);
}

#[test]
fn a_long_list_is_cut() {
    let text = listed((1..=12).map(ChannelId));
    assert_eq!(text, "channels 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 2 more");
    assert_eq!(listed([ChannelId(7)].into_iter()), "channel 7");
}

#[test]
fn transcripts_are_found_by_session() {
    let home = tempfile::tempdir().unwrap();
    let environment: Environment = [("HOME", home.path())].into_iter().collect();
    assert!(transcripts(&environment).unwrap().is_empty());
    let project = home.path().join(".claude/projects/-srv-x");
    fs::create_dir_all(&project).unwrap();
    fs::File::create_new(project.join("a.jsonl")).unwrap();
    fs::File::create_new(project.join("b.json")).unwrap();
    fs::create_dir(project.join("c.jsonl")).unwrap();
    fs::File::create_new(home.path().join(".claude/projects/stray")).unwrap();
    let found = transcripts(&environment).unwrap();
    assert_eq!(found.keys().collect::<Vec<_>>(), ["a"]);
}
