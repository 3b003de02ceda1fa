use std::path::Path;

use serde_json::json;

use super::*;
use crate::{claude::protocol::Ask, config::Verbosity, external};

fn config() -> Config {
    let mut config = Config::default();
    config.claude.silence = Duration::from_mins(2);
    config.discord.verbose = Verbosity::Off;
    config.discord.reactions.enabled = false;
    config
}

fn capture(name: &str) -> Vec<Shown> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/claude-session/tests/captures");
    let recording = std::fs::read_to_string(folder.join(name)).unwrap();
    replay(&recording, config()).unwrap()
}

fn person(text: &str) -> Shown {
    Shown::Person(text.into())
}

fn bot(text: &str) -> Shown {
    Shown::Bot(text.into())
}

#[test]
fn a_stopped_turn_is_shown_as_stopped() {
    assert_eq!(
        capture("interrupt.jsonl"),
        [
            person("[[sleep 4]]"),
            person("!stop"),
            bot("Stopped. The session is kept."),
            person("after"),
            bot("echo(3): after"),
        ]
    );
}

#[test]
fn the_bots_own_interrupt_is_nobodys_command() {
    let shown = capture("api-401-retrying.jsonl");
    assert!(!shown.contains(&person("!stop")), "{shown:?}");
}

#[test]
fn a_lost_session_is_told_once() {
    let shown = capture("resume-missing.jsonl");
    assert_eq!(shown.len(), 2, "{shown:?}");
    assert_eq!(shown[0], person("x"));
    let told = |text: &str| text.contains("no longer has this channel's session");
    assert!(matches!(&shown[1], Shown::Bot(text) if told(text)));
}

#[test]
fn words_are_shown_without_their_markers() {
    let speaker = Speaker {
        id: UserId(1),
        name: "ann".into(),
        role: Role::Member,
    };
    let blocks = external::wrap(&speaker, &external::Context::default(), "what is new?");
    let request = SessionRequest::Ask(Ask::texts(blocks));
    let line = request.line();
    let recording = json!({ "dir": "in", "line": line }).to_string();
    let shown = replay(&recording, config()).unwrap();
    assert_eq!(shown, [person("what is new?")]);
}

#[test]
fn deadlines_pass_with_the_recordings_time() {
    let entry = |time: &str, line: &str| json!({ "dir": "in", "time": time, "line": line });
    let ask = json!({ "type": "user", "message": { "content": "hello" } }).to_string();
    let lines = [
        entry("2026-11-29T12:00:00Z", &ask),
        entry("2026-11-29T12:30:00Z", "{}"),
    ];
    let recording = lines.map(|line| line.to_string()).join("\n");
    let shown = replay(&recording, config()).unwrap();
    assert_eq!(shown[0], person("hello"));
    let told = |text: &str| text.starts_with("Claude stopped responding for 120 s");
    assert!(
        matches!(&shown[1], Shown::Bot(text) if told(text)),
        "{shown:?}"
    );
}

#[test]
fn every_capture_is_played_to_its_end() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("crates/claude-session/tests/captures");
    for entry in std::fs::read_dir(folder).unwrap() {
        let name = entry.unwrap().file_name().into_string().unwrap();
        let shown = capture(&name);
        let is_bot = |shown: &Shown| matches!(shown, Shown::Bot(_));
        assert!(shown.iter().any(is_bot), "{name}: {shown:?}");
    }
}

#[test]
fn what_is_no_recording_is_refused_with_its_line() {
    let recording = "{\"dir\":\"lost\",\"count\":3}\n\n{\"dir\":\"in\"}\n";
    let error = replay(recording, config()).unwrap_err().to_string();
    assert!(
        error.starts_with("line 3 is not a line of a recording"),
        "{error}"
    );
    let lost = recording.lines().next().unwrap();
    assert_eq!(replay(lost, config()).unwrap(), [Shown::Lost(3)]);
}
