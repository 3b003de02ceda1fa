use std::{
    os::unix::fs::symlink,
    path::PathBuf,
    time::{Duration, SystemTime},
};

use serde_json::json;

use super::*;

fn line(kind: &str, uuid: &str, parent: Option<&str>, content: &Value) -> Value {
    json!({
        "parentUuid": parent, "isSidechain": false, "type": kind, "uuid": uuid, "timestamp": "2026-01-02T03:04:05.000Z",
        "message": { "role": kind, "content": content },
    })
}

fn file(lines: &[Value]) -> Vec<u8> {
    let mut file = Vec::new();
    for line in lines {
        writeln!(file, "{line}").unwrap();
    }
    file
}

#[track_caller]
fn check(lines: &[Value], at: Option<&str>, expected: &[&str]) {
    let entries = conversation(&file(lines), at);
    let uuids: Vec<_> = entries.iter().map(|entry| entry.uuid.as_str()).collect();
    assert_eq!(uuids, expected);
}

#[test]
fn a_conversation_is_the_branch_of_the_last_message() {
    let attachment =
        json!({ "type": "attachment", "uuid": "x", "parentUuid": "1", "attachment": {} });
    let lines = [
        json!({ "type": "queue-operation", "operation": "enqueue" }),
        line("user", "1", None, &json!("one")),
        attachment,
        line(
            "assistant",
            "2",
            Some("x"),
            &json!([{ "type": "text", "text": "two" }]),
        ),
        line("user", "left", Some("2"), &json!("left by a rewind")),
        line("user", "3", Some("2"), &json!("three")),
        json!({ "type": "last-prompt", "leafUuid": "left" }),
    ];
    check(&lines, None, &["1", "2", "3"]);
    check(&lines, Some("2"), &["1", "2"]);
    check(&lines, Some("unknown"), &[]);
    let entries = conversation(&file(&lines), None);
    assert_eq!(entries[0].blocks, [Block::Text("one".into())]);
    assert_eq!(entries[1].author, Author::Claude);
    assert_eq!(entries[1].at, "2026-01-02T03:04:05.000Z");
}

#[test]
fn tools_that_ran_at_once_have_their_results() {
    let call = |id: &str| json!([{ "type": "tool_use", "id": id, "name": "Bash", "input": { "command": id } }]);
    let result = |id: &str, content: &Value| json!([{ "type": "tool_result", "tool_use_id": id, "content": content, "is_error": true }]);
    let lines = [
        line("user", "1", None, &json!("one")),
        line("assistant", "a", Some("1"), &call("a")),
        line("assistant", "b", Some("a"), &call("b")),
        line("user", "ra", Some("a"), &result("a", &json!("text"))),
        line(
            "user",
            "rb",
            Some("b"),
            &result(
                "b",
                &json!([{ "type": "text", "text": "in parts" }, { "type": "image" }]),
            ),
        ),
        line(
            "assistant",
            "2",
            Some("rb"),
            &json!([{ "type": "thinking", "thinking": "hm" }, { "type": "text", "text": "two" }]),
        ),
    ];
    check(&lines, None, &["1", "a", "b", "ra", "rb", "2"]);
    let entries = conversation(&file(&lines), None);
    let result = |id: &str, text: &str| {
        vec![Block::ToolResult {
            id: id.into(),
            text: text.into(),
            is_error: true,
        }]
    };
    assert_eq!(entries[3].blocks, result("a", "text"));
    assert_eq!(entries[4].blocks, result("b", "in parts"));
    assert_eq!(entries[5].blocks, [Block::Text("two".into())]);
}

#[test]
fn what_nobody_said_is_left_out() {
    let mut meta = line("user", "meta", Some("1"), &json!("for the model"));
    meta["isMeta"] = json!(true);
    let mut error = line("assistant", "error", Some("meta"), &json!("API Error"));
    error["message"]["model"] = json!("<synthetic>");
    let mut subagent = line("assistant", "sub", Some("1"), &json!("a subagent's"));
    subagent["isSidechain"] = json!(true);
    let lines = [
        line("user", "1", None, &json!("one")),
        meta,
        subagent,
        error,
        line("user", "2", Some("error"), &json!("two")),
    ];
    check(&lines, None, &["1", "2"]);
}

#[test]
fn a_summary_continues_what_came_before() {
    let mut boundary = json!({ "type": "system", "uuid": "b", "parentUuid": null });
    boundary["logicalParentUuid"] = json!("1");
    let mut summary = line("user", "s", Some("b"), &json!("in short"));
    summary["isCompactSummary"] = json!(true);
    let lines = [line("user", "1", None, &json!("one")), boundary, summary];
    check(&lines, None, &["1", "s"]);
    assert_eq!(conversation(&file(&lines), None)[1].author, Author::Summary);
}

#[test]
fn broken_lines_and_circles_do_no_harm() {
    let lines = [
        line("user", "1", Some("2"), &json!("one")),
        line("user", "2", Some("1"), &json!(17)),
    ];
    check(&lines, None, &["1", "2"]);
    let mut cut = file(&lines);
    cut.extend(b"{\"type\":\"user\",\"uuid\":\"3\",\"mess\n\xff\xfe\n[]\n{\"uuid\":7}\n");
    assert_eq!(conversation(&cut, None).len(), 2);
    assert_eq!(conversation(&cut[10..], None).len(), 1);
}

#[test]
fn a_transcript_is_found_in_the_clis_folder() {
    let home = tempfile::tempdir().unwrap();
    let workspace = home.path().join("work space");
    fs::create_dir(&workspace).unwrap();
    let environment: Environment = [("HOME", home.path())].into_iter().collect();
    let session = Uuid::from_u128(7);
    let read = |limit| read(&environment, None, &workspace, session, limit);
    assert!(matches!(read(9), Err(TranscriptError::Missing)));
    let folder = sandbox::transcripts_of(&environment, &workspace.canonicalize().unwrap()).unwrap();
    fs::create_dir_all(&folder).unwrap();
    assert!(matches!(read(9), Err(TranscriptError::Missing)));
    let path = folder.join(format!("{session}.jsonl"));
    let elsewhere = home.path().join("secret");
    #[expect(clippy::disallowed_methods, reason = "the file of a test")]
    fs::write(&elsewhere, "0123456789").unwrap();
    symlink(&elsewhere, &path).unwrap();
    assert!(matches!(
        read(9),
        Err(TranscriptError::Refused(Refused::Outside))
    ));
    fs::remove_file(&path).unwrap();
    fs::rename(&elsewhere, &path).unwrap();
    assert_eq!(read(20).unwrap(), b"0123456789");
    assert_eq!(read(3).unwrap(), b"789");
}

const FROM: Uuid = Uuid::from_u128(1);
const TO: Uuid = Uuid::from_u128(2);

struct Machine {
    root: tempfile::TempDir,
    environment: Environment,
}

impl Machine {
    fn new() -> Self {
        let root = tempfile::tempdir().unwrap();
        let state = root.path().join("state");
        let environment = [("CLAUDE_CONFIG_DIR", state.as_os_str())]
            .into_iter()
            .collect();
        Self { root, environment }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.path().join(name)
    }

    #[expect(clippy::disallowed_methods, reason = "a test's own file")]
    fn write(&self, name: &str, text: &str) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn find(&self) -> Result<String, TranscriptError> {
        let found = find(&self.environment, None, FROM);
        found.map(|transcript| String::from_utf8(transcript).unwrap())
    }
}

fn file_name(id: Uuid) -> String {
    format!("{id}.jsonl")
}

#[test]
fn a_session_is_found_in_any_workspace_without_a_half_line() {
    let machine = Machine::new();
    assert!(matches!(machine.find(), Err(TranscriptError::Missing)));
    machine.write(&format!("state/projects/-a/{}", file_name(TO)), "other\n");
    assert!(matches!(machine.find(), Err(TranscriptError::Missing)));
    machine.write(&format!("state/projects/-b/{}", file_name(FROM)), "one\ntw");
    assert_eq!(machine.find().unwrap(), "one\n");
}

#[test]
fn of_a_session_in_two_workspaces_the_newest_is_found() {
    let machine = Machine::new();
    let now = SystemTime::now();
    for (newest, folders) in [("-a", ["-a", "-b"]), ("-b", ["-a", "-b"])] {
        for folder in folders {
            let name = format!("state/projects/{folder}/{}", file_name(FROM));
            machine.write(&name, &format!("{folder}\n"));
            let age = Duration::from_secs(if folder == newest { 0 } else { 60 });
            let file = fs::File::open(machine.path(&name)).unwrap();
            file.set_modified(now - age).unwrap();
        }
        assert_eq!(machine.find().unwrap(), format!("{newest}\n"));
    }
}

#[test]
fn links_to_transcripts_are_refused() {
    let machine = Machine::new();
    machine.write("secret", "secret\n");
    machine.write("elsewhere/other.jsonl", "other\n");
    machine.write("state/projects/-a/other.jsonl", "other\n");
    let link = machine.path(&format!("state/projects/-a/{}", file_name(FROM)));
    symlink(machine.path("secret"), link).unwrap();
    let refused = machine.find();
    assert!(matches!(
        refused,
        Err(TranscriptError::Refused(Refused::Outside))
    ));
    // A folder that is a link says nothing about a session that is not in it.
    symlink(machine.path("elsewhere"), machine.path("state/projects/-0")).unwrap();
    machine.write(&format!("state/projects/-b/{}", file_name(FROM)), "one\n");
    assert_eq!(machine.find().unwrap(), "one\n");
}

#[test]
fn a_copy_has_its_own_id_and_spares_what_was_said() {
    let machine = Machine::new();
    let workspace = machine.path("workspaces/1");
    let said = format!(r#"\"sessionId\":\"{FROM}\""#);
    let transcript = format!("{{\"sessionId\":\"{FROM}\",\"text\":\"{said}\"}}\n");
    let place = (workspace.parent().unwrap(), workspace.as_path());
    let copied = put_copy(
        &machine.environment,
        None,
        place,
        transcript.as_bytes(),
        (FROM, TO),
    );
    copied.unwrap();
    let folder = sandbox::transcripts_of(&machine.environment, &workspace.canonicalize().unwrap());
    let copy = fs::read_to_string(folder.unwrap().join(file_name(TO))).unwrap();
    assert_eq!(
        copy,
        format!("{{\"sessionId\":\"{TO}\",\"text\":\"{said}\"}}\n")
    );
}
