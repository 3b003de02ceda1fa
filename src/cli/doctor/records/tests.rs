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
fn sessions_without_a_transcript_are_told() {
    let found = without_transcript(2, &[], true);
    assert_eq!(
        found,
        Finding::ok("transcripts", "there for all 2 sessions")
    );
    for (rebuilds, why) in [(true, "rebuilds"), (false, "anew")] {
        let found = without_transcript(2, &[ChannelId(1)], rebuilds);
        assert_eq!(found.severity, Severity::Warning);
        assert!(
            found.what.ends_with("the session of channel 1"),
            "{found:?}"
        );
        assert!(found.why.contains(why), "{found:?}");
    }
}

#[test]
fn each_session_that_goes_on_needs_its_transcript() {
    let document = document(&[("1", "a", 3), ("2", "b", 1), ("3", "new", 0)]);
    let mut config = Config::default();
    for keep_days in [None, Some(30)] {
        // The records tell no time.
        config.sessions.keep_days = keep_days;
        let found = kept(&document, &config, Utc::now());
        let found: Vec<_> = found.iter().map(|it| &*it.session).collect();
        assert_eq!(found, ["a", "b"]);
    }
}

#[test]
fn a_session_that_need_not_be_kept_may_lack_its_transcript() {
    let now = Utc::now();
    let used = (now - chrono::TimeDelta::days(31)).to_rfc3339();
    let text = serde_json::json!({
        "1": { "session_id": "a", "message_count": 3, "last_message_at": used },
    });
    let document = Document::parse(text.to_string().as_bytes()).unwrap();
    let count = |keep_days| {
        let mut config = Config::default();
        config.sessions.keep_days = keep_days;
        kept(&document, &config, now).len()
    };
    assert_eq!(count(None), 1);
    assert_eq!(count(Some(32)), 1);
    assert_eq!(count(Some(30)), 0);
}

#[test]
fn a_long_list_is_cut() {
    let text = listed((1..=12).map(ChannelId));
    assert_eq!(text, "channels 1, 2, 3, 4, 5, 6, 7, 8, 9, 10 and 2 more");
    assert_eq!(listed([ChannelId(7)].into_iter()), "channel 7");
}

#[test]
fn a_transcript_counts_where_the_workspace_puts_it() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path().canonicalize().unwrap();
    let environment: Environment = [("HOME", &home)].into_iter().collect();
    let session = Resumable {
        channel: ChannelId(1),
        session: "a".into(),
        workspaces: vec![home.join("one"), home.join("two")],
    };
    let is_there = || has_transcript(&environment, &session).unwrap();
    let put = |workspace: &str| {
        let folder = transcripts_of(&environment, &home.join(workspace)).unwrap();
        files::create_folder(&folder).unwrap();
        files::replace(&folder.join("a.jsonl"), b"{}").unwrap();
        folder
    };
    assert!(!is_there());
    put("elsewhere");
    assert!(!is_there(), "another workspace's");
    let folder = put("two");
    assert!(is_there());
    std::fs::remove_file(folder.join("a.jsonl")).unwrap();
    files::create_folder(&folder.join("a.jsonl")).unwrap();
    assert!(!is_there(), "a folder");
    // Under a long name the CLI files them elsewhere.
    let session = Resumable {
        workspaces: vec![home.join("x".repeat(250))],
        ..session
    };
    assert!(has_transcript(&environment, &session).unwrap());
}

#[test]
fn a_thread_may_work_in_a_folder_that_is_named_for_its_channel() {
    let config =
        r#"{ "channels": { "1": { "workspace": "/srv/named" }, "2": { "model": "opus" } } }"#;
    let machine = crate::config::Machine {
        memory_bytes: 4_000_000_000,
    };
    let config = Config::from_json(config, Path::new("/x"), &Environment::default(), &machine);
    let config = config.unwrap();
    let in_folder = |name: &str| config.workspace_dir.join(name);
    let of = |channel| workspaces(&config, ChannelId(channel));
    assert_eq!(of(1), [PathBuf::from("/srv/named")]);
    assert_eq!(of(2), [in_folder("2")]);
    assert_eq!(of(3), [in_folder("3"), "/srv/named".into()]);
}
