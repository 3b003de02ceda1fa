//! The topics that the brain knows, and how it finds the one that a text is about.

use serde_json::json;

use super::memory::{self, fold, quote, says};
use super::reply::{Ask, Piece, Reply};
use super::results::about;
use super::texts::{CODE, INTRODUCTION, JOKE, MARKDOWN, SLOW, SWITCHBOARD, WHO};

/// Says what to do next.
pub(crate) fn think(ask: &Ask<'_>) -> Reply {
    if let Some(result) = ask.results.last() {
        let mut reply = about(result);
        if ask.earlier.is_empty() {
            introduce(&mut reply);
        }
        return reply;
    }
    let mut reply = first_thought(ask);
    let ends_here = !matches!(reply.pieces.last(), Some(Piece::Tool { .. }));
    if ask.earlier.is_empty() && ends_here {
        introduce(&mut reply);
    }
    reply
}

/// Adds who is speaking, once in a session.
fn introduce(reply: &mut Reply) {
    match reply.pieces.last_mut() {
        // It has just said so at length.
        Some(Piece::Text(text)) if text.starts_with(WHO) => {}
        Some(Piece::Text(text)) => {
            text.push_str("\n\n");
            text.push_str(INTRODUCTION);
        }
        _ => reply.pieces.push(Piece::Text(INTRODUCTION.to_owned())),
    }
}

/// A kind of request: the phrases that show it, and the answer.
type Topic = (&'static [&'static str], fn(&Ask<'_>) -> Reply);

/// Topics in the order in which they are tried.
const TOPICS: &[Topic] = &[
    (
        &[
            "who are you",
            "what are you",
            "are you claude",
            "are you real",
            "are you an ai",
            "are you a bot",
            "stand in",
            "standin",
            "real claude",
            "install claude",
        ],
        |_| Reply::text(WHO),
    ),
    (
        &[
            "what is my name",
            "what's my name",
            "who am i",
            "my name again",
        ],
        |ask| known_name(ask),
    ),
    (&["my name is", "call me"], |ask| new_name(ask)),
    (
        &[
            "say first",
            "said first",
            "first message",
            "first thing",
            "say before",
            "said before",
            "say last",
            "remember",
            "recap",
            "summary",
            "summarize",
            "summarise",
            "talk about",
            "talked about",
        ],
        |ask| recall(ask),
    ),
    (
        &[
            "think slowly",
            "slowly",
            "take your time",
            "long answer",
            "think hard",
        ],
        |_| slow(),
    ),
    (
        &[
            "list files",
            "list the files",
            "what's here",
            "what is here",
            "which files",
            "show files",
            "show me the files",
            "ls",
            "files",
        ],
        |_| Reply::tool("Let me look.", "Glob", json!({"pattern": "*"})),
    ),
    (
        &[
            "switchboard",
            "what can you do",
            "what can i do",
            "help",
            "how does this work",
            "what is this",
        ],
        |_| Reply::text(SWITCHBOARD),
    ),
    (&["code", "snippet", "function", "rust", "program"], |_| {
        Reply::text(CODE)
    }),
    (&["markdown", "formatting", "a list", "table"], |_| {
        Reply::text(MARKDOWN)
    }),
    (&["joke", "funny", "make me laugh"], |_| Reply::text(JOKE)),
    (&["how are you", "how's it going", "how do you do"], |_| {
        Reply::text(
            "All lamps green, thank you, and no cords crossed. What can I patch through for you?",
        )
    }),
    (&["thanks", "thank you", "thx", "cheers"], |ask| {
        Reply::text(format!(
            "You're welcome{}. The line stays open.",
            comma_name(ask)
        ))
    }),
    (&["bye", "goodbye", "good night", "see you"], |ask| {
        Reply::text(format!(
            "Goodbye{}. I'll keep the line for you: write again and I'll still know what was said here.",
            comma_name(ask)
        ))
    }),
    (
        &[
            "hello",
            "hi",
            "hey",
            "hallo",
            "good morning",
            "good evening",
            "moin",
            "servus",
        ],
        |ask| hello(ask),
    ),
];

fn first_thought(ask: &Ask<'_>) -> Reply {
    let folded = fold(ask.text);
    if let Some(path) = file_to_read(ask.text) {
        return Reply::tool("Let me read it.", "Read", json!({"file_path": path}));
    }
    TOPICS
        .iter()
        .find(|(phrases, _)| says(&folded, phrases))
        .map_or_else(|| otherwise(ask), |(_, answer)| answer(ask))
}

/// The path in "read notes.md": a word after such a verb that looks like a file.
fn file_to_read(text: &str) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let verb = words
        .iter()
        .position(|word| ["read", "open", "cat", "show"].contains(&word.to_lowercase().as_str()))?;
    words[verb + 1..]
        .iter()
        .map(|word| {
            let marks = |c: char| "\"'`<>()?!,;:".contains(c);
            let word = word.trim_start_matches(marks);
            word.trim_end_matches(|c| c == '.' || marks(c))
        })
        .find(|word| word.len() > 1 && word.contains(['.', '/']))
        .map(str::to_owned)
}

fn known_name(ask: &Ask<'_>) -> Reply {
    match memory::name(ask.earlier) {
        Some(name) => Reply::text(format!(
            "You're **{name}**. You told me earlier in this channel."
        )),
        None => Reply::text(
            "You haven't told me yet. Say \"my name is …\" and ask me again later, even after a restart.",
        ),
    }
}

fn new_name(ask: &Ask<'_>) -> Reply {
    match memory::name_in(ask.text) {
        Some(name) => Reply::text(format!(
            "Pleased to meet you, **{name}**. I've written it on the card for this line: ask me \"what is my name?\" any time."
        )),
        None => otherwise(ask),
    }
}

fn recall(ask: &Ask<'_>) -> Reply {
    let (Some(first), Some(last)) = (ask.earlier.first(), ask.earlier.last()) else {
        return Reply::text(
            "This is the first thing you've said in this session, so there's nothing to look back on yet.",
        );
    };
    let count = ask.earlier.len();
    if count == 1 {
        return Reply::text(format!(
            "So far you've written one message:\n> {}",
            quote(first)
        ));
    }
    Reply::text(format!(
        "You've written {count} messages in this session before this one.\n\nThe first was:\n> {}\n\nand the last:\n> {}",
        quote(first),
        quote(last)
    ))
}

fn slow() -> Reply {
    Reply {
        pieces: SLOW
            .iter()
            .map(|text| Piece::Text((*text).to_owned()))
            .collect(),
        slow: true,
    }
}

fn comma_name(ask: &Ask<'_>) -> String {
    memory::name(ask.earlier).map_or_else(String::new, |name| format!(", {name}"))
}

fn hello(ask: &Ask<'_>) -> Reply {
    let name = comma_name(ask);
    if ask.earlier.is_empty() {
        Reply::text(
            "Hello, and welcome! You're through: this channel has a line of its own now. Ask me what Switchboard can do, tell me your name, or say \"list files\" and I'll have a real look around.",
        )
    } else {
        Reply::text(format!(
            "Hello again{name}! Same line, same session. What can I do?"
        ))
    }
}

fn otherwise(ask: &Ask<'_>) -> Reply {
    const TRY: [&str; 5] = [
        "\"what can you do?\" for what Switchboard is about",
        "\"list files\", and I'll really look into this channel's folder",
        "\"show me some code\" for a code block",
        "\"what did I say first?\" to see that the session remembers",
        "\"think slowly\", and then `!stop`",
    ];
    let hint = TRY[ask.earlier.len() % TRY.len()];
    if ask.text.trim().is_empty() {
        return Reply::text(format!(
            "The line is open, but I heard nothing. Try {hint}."
        ));
    }
    Reply::text(format!(
        "I heard you:\n> {}\n\nThat one is beyond a scripted stand-in; the real Claude would have an answer. With me, try {hint}.",
        quote(ask.text)
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn reply(text: &str, earlier: &[&str]) -> Reply {
        let earlier: Vec<String> = earlier.iter().map(ToString::to_string).collect();
        think(&Ask {
            text,
            earlier: &earlier,
            results: &[],
        })
    }

    fn words(reply: &Reply) -> String {
        let texts = reply.pieces.iter().map(|piece| match piece {
            Piece::Text(text) => text.clone(),
            Piece::Tool { name, input } => format!("<{name} {input}>"),
        });
        texts.collect::<Vec<_>>().join("\n")
    }

    #[track_caller]
    fn check(text: &str, earlier: &[&str], part: &str) {
        let said = words(&reply(text, earlier));
        assert!(
            said.contains(part),
            "{text:?} is answered {said:?}, without {part:?}"
        );
    }

    #[test]
    fn it_answers_what_a_demo_asks() {
        check("Hello!", &[], "welcome");
        check("hi", &["my name is Ada"], "Hello again, Ada");
        check("what is my name?", &["Call me Ada.", "x"], "**Ada**");
        check("what's my name", &["x"], "haven't told me");
        check("my name is Ada", &["x"], "Pleased to meet you, **Ada**");
        check("What did I say first?", &["one two", "three"], "> one two");
        check("what can you do", &["x"], "patches every Discord channel");
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
        check("", &["x"], "heard nothing");
    }

    #[test]
    fn it_says_what_it_is_once_and_when_asked() {
        check("hello", &[], "**stand-in**");
        check("think slowly", &[], "**stand-in**");
        check("are you Claude?", &["x"], "I'm not Claude");
        assert!(!words(&reply("hello", &["x"])).contains("stand-in**"));
        let asked = words(&reply("who are you?", &[]));
        assert_eq!(asked.matches("**stand-in**").count(), 1);
    }

    #[test]
    fn slow_answers_come_in_many_pieces() {
        let reply = reply("think slowly about it", &["x"]);
        assert!(reply.slow && reply.pieces.len() >= 8);
    }

    proptest! {
        #[test]
        fn whatever_is_written_is_answered_in_text_that_fits(text in ".{0,300}", count in 0_usize..4) {
            let earlier = vec!["x"; count];
            let reply = reply(&text, &earlier);
            prop_assert!(!words(&reply).trim().is_empty());
            for piece in &reply.pieces {
                if let Piece::Text(text) = piece {
                    prop_assert!(text.chars().count() <= 2_000, "longer than a Discord message");
                }
            }
        }
    }
}
