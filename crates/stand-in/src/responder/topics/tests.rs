use super::*;
use proptest::prelude::*;

fn reply(text: &str, earlier: &[&str]) -> Reply {
    let earlier: Vec<String> = earlier.iter().map(ToString::to_string).collect();
    respond(&Question {
        text,
        earlier: &earlier,
        results: &[],
    })
}

fn text_of(reply: &Reply) -> String {
    let texts = reply.pieces.iter().map(|piece| match piece {
        Piece::Text(text) => text.clone(),
        Piece::Tool { name, input } => format!("<{name} {input}>"),
    });
    texts.collect::<Vec<_>>().join("\n")
}

#[track_caller]
fn check(text: &str, earlier: &[&str], part: &str) {
    let answer = text_of(&reply(text, earlier));
    assert!(
        answer.contains(part),
        "{text:?} is answered {answer:?}, without {part:?}"
    );
}

#[test]
fn topics_are_answered() {
    check("Hello!", &[], "welcome");
    check("hi", &["my name is Ada"], "Hello again, Ada");
    check("what is my name?", &["Call me Ada.", "x"], "**Ada**");
    check("what's my name", &["x"], "haven't told me");
    check("my name is Ada", &["x"], "Pleased to meet you, **Ada**");
    check("What did I say first?", &["one two", "three"], "> one two");
    check("what can you do", &["x"], "connects every Discord channel");
    check("show me some code", &["x"], "```rust");
    check("list files", &["x"], "<Glob {\"pattern\":\"*\"}>");
    check("What’s here?", &["x"], "<Glob");
    check(
        "please read `notes.md`.",
        &["x"],
        "<Read {\"file_path\":\"notes.md\"}>",
    );
    check("show me the files", &["x"], "<Glob");
    check("quantum chromodynamics", &["x"], "> quantum chromodynamics");
    check("", &["x"], "message was empty");
    check("Show me a table!", &["x"], "| Ada |");
    check("a long answer, please", &["x"], "switchboard");
    check(
        "draw me a picture",
        &["x"],
        "<Write {\"file_path\":\"chart.png\"",
    );
    check("make a to-do list", &["x"], "<TaskCreate");
    check("use some tools", &["x"], "<Glob");
    check("ask me a question", &["x"], "<AskUserQuestion");
    check("ask for permission", &["x"], "<Write {\"file_path\":\"../");
    check("use a subagent", &["x"], "<Agent");
    check(
        "show me a diff",
        &["x"],
        "<Write {\"file_path\":\"greeting.py\"",
    );
}

#[test]
fn it_introduces_itself_once_and_when_asked() {
    check("hello", &[], "**stand-in**");
    check("think slowly", &[], "**stand-in**");
    check("are you Claude?", &["x"], "I'm not Claude");
    assert!(!text_of(&reply("hello", &["x"])).contains("stand-in**"));
    let answer = text_of(&reply("who are you?", &[]));
    assert_eq!(answer.matches("**stand-in**").count(), 1);
}

#[test]
fn slow_answers_have_many_pieces() {
    let reply = reply("think slowly about it", &["x"]);
    assert!(reply.slow && reply.pieces.len() >= 8);
}

proptest! {
    #[test]
    fn any_text_gets_an_answer_that_fits_a_discord_message(text in ".{0,300}", count in 0_usize..4) {
        let earlier = vec!["x"; count];
        let reply = reply(&text, &earlier);
        prop_assert!(!text_of(&reply).trim().is_empty());
        for piece in &reply.pieces {
            if let Piece::Text(text) = piece {
                prop_assert!(text.chars().count() <= 2_000, "longer than a Discord message");
            }
        }
    }
}
