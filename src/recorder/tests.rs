use std::{fs, os::unix::fs::PermissionsExt as _};

use super::*;

fn received(line: &str) -> ProcessEvent {
    ProcessEvent::Received(line.to_owned().into())
}

fn entries(folder: &Path, session: &str) -> Vec<Value> {
    let text = fs::read_to_string(folder.join(format!("{session}.jsonl"))).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

#[test]
fn each_session_has_a_private_file_of_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let mut recording = Recording::new(folder.path().to_owned(), 10_000);
    let at = SystemTime::UNIX_EPOCH;
    recording.write("a", at, &ProcessEvent::Sent("{\"x\":1}".into()));
    recording.write("b", at, &received("noise"));
    recording.mark_lost_lines(3, at);
    recording.write("a", at, &ProcessEvent::Exited(Exit::default()));
    recording.write("a", at, &received("again"));
    let time = "1970-01-01T00:00:00.000Z";
    assert_eq!(
        entries(folder.path(), "a"),
        [
            json!({ "dir": "in", "time": time, "line": "{\"x\":1}" }),
            json!({ "dir": "lost", "time": time, "count": 3 }),
            json!({ "dir": "exit", "time": time, "code": null, "signal": null, "stderr": "" }),
            json!({ "dir": "out", "time": time, "line": "again" }),
        ]
    );
    assert_eq!(entries(folder.path(), "b").len(), 2);
    let mode = fs::metadata(folder.path().join("a.jsonl")).unwrap();
    assert_eq!(mode.permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_full_file_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let at = SystemTime::UNIX_EPOCH;
    for _ in 0..2 {
        let mut recording = Recording::new(folder.path().to_owned(), 200);
        for _ in 0..5 {
            recording.write("a", at, &received("0123456789"));
        }
    }
    let length = fs::metadata(folder.path().join("a.jsonl")).unwrap().len();
    assert!(length <= 200, "{length}");
    assert_eq!(entries(folder.path(), "a").len(), 2);
}

#[test]
fn a_session_id_cannot_leave_the_folder() {
    assert_eq!(file_name("../a/b.c-1"), "___a_b_c-1");
    assert_eq!(file_name(&"ä".repeat(100)).len(), MAX_NAME_BYTES);
}
