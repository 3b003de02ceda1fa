use serde_json::json;

use super::*;
use crate::external::{Context, Role, Speaker, wrap};

fn said(name: &str, words: &str) -> Entry {
    let speaker = Speaker {
        id: UserId(7),
        name: name.to_owned(),
        role: Role::Member,
    };
    let texts = wrap(&speaker, &Context::default(), words).into_iter();
    entry(Author::User, texts.map(Block::Text).collect())
}

fn entry(author: Author, blocks: Vec<Block>) -> Entry {
    Entry {
        uuid: "u".to_owned(),
        at: "2026-01-02T03:04:05.000Z".to_owned(),
        author,
        blocks,
    }
}

fn answered(text: &str) -> Entry {
    entry(Author::Claude, vec![Block::Text(text.to_owned())])
}

fn called(id: &str, command: &str) -> Block {
    Block::ToolUse {
        id: id.to_owned(),
        name: "Bash".to_owned(),
        input: json!({ "command": command }),
    }
}

fn result(id: &str, text: &str, is_error: bool) -> Entry {
    let block = Block::ToolResult {
        id: id.to_owned(),
        text: text.to_owned(),
        is_error,
    };
    entry(Author::User, vec![block])
}

fn content(export: &Export, file: usize) -> &str {
    str::from_utf8(&export.files[file].content).unwrap()
}

fn conversation() -> Vec<Entry> {
    vec![
        said("Ada", "Run *it*\u{1b}[31m"),
        entry(
            Author::Claude,
            vec![called("a", "true"), called("b", "false")],
        ),
        result("b", "broken", true),
        result("a", "fine", false),
        answered("Half of it works."),
        entry(
            Author::User,
            vec![Block::Text(
                "<task-notification>x</task-notification>".to_owned(),
            )],
        ),
        answered("The task is done."),
        entry(
            Author::User,
            vec![Block::Text("[Request interrupted by user]".to_owned())],
        ),
        entry(Author::Summary, vec![Block::Text("In short".to_owned())]),
        said("Bob", "Thanks"),
        answered("You're welcome."),
    ]
}

#[test]
fn people_read_the_conversation_as_markdown() {
    let export = export(conversation(), None, 10_000).unwrap();
    assert_eq!((export.turns, export.left_out), (4, 0));
    insta::assert_snapshot!(content(&export, 0));
}

#[test]
fn programs_read_all_of_it_as_json() {
    let export = export(conversation(), None, 10_000).unwrap();
    let json: Value = serde_json::from_str(content(&export, 1)).unwrap();
    assert_eq!(
        json["turns"][0],
        json!({
            "at": "2026-01-02T03:04:05.000Z",
            "author": { "id": "7", "name": "Ada" },
            "text": "Run *it*",
            "answer": [
                { "tool": "Bash", "input": { "command": "true" }, "result": "fine", "is_error": false },
                { "tool": "Bash", "input": { "command": "false" }, "result": "broken", "is_error": true },
                { "text": "Half of it works." },
            ],
        })
    );
    assert_eq!(json["turns"][1]["author"], Value::Null);
    assert_eq!(json["turns"].as_array().unwrap().len(), 4);
    assert!(!content(&export, 1).contains("EXTERNAL"));
}

#[test]
fn the_last_turns_alone_can_be_asked_for() {
    let export = export(conversation(), Some(1), 10_000).unwrap();
    assert_eq!((export.turns, export.left_out), (1, 0));
    assert!(!content(&export, 0).contains("Ada") && content(&export, 0).contains("Thanks"));
    let more = super::export(conversation(), Some(50), 10_000).unwrap();
    assert_eq!((more.turns, more.left_out), (4, 0));
}

#[test]
fn the_files_have_a_size_that_can_be_sent() {
    let entries = |turns: usize| (0..turns).map(|turn| said("Ada", &format!("turn {turn}")));
    for limit in [1_000, 5_000] {
        let export = export(entries(100).collect(), Some(80), limit).unwrap();
        assert!(export.files.iter().all(|file| file.content.len() <= limit));
        assert!(export.turns > 0 && export.turns + export.left_out == 80);
        assert!(
            content(&export, 0).contains("turn 99"),
            "the last ones stay"
        );
    }
    let huge = vec![
        said("Ada", "go"),
        entry(Author::Claude, vec![called("a", &"x".repeat(200_000))]),
        result("a", &"y".repeat(200_000), false),
    ];
    let export = export(huge, None, 100_000).unwrap();
    assert_eq!((export.turns, export.left_out), (1, 0));
}

#[test]
fn nothing_was_said() {
    assert_eq!(export(Vec::new(), None, 10_000), None);
    assert_eq!(export(conversation(), None, 10), None);
}
