//! The known topics, and how a text's topic is found.

use serde_json::json;

use super::memory::{self, mentions, normalize, quote};
use super::reply::{Piece, Question, Reply};
use super::results::answer_or_call;
use super::shows;
use super::texts::{self, CODE, INTRODUCTION, JOKE, MARKDOWN, SLOW, SWITCHBOARD, TABLE, WHO};

/// The next text or tool call of the turn.
pub(crate) fn respond(question: &Question<'_>) -> Reply {
    let mut reply = next_reply(question);
    let ends_here = !matches!(reply.pieces.last(), Some(Piece::Tool { .. }));
    if question.earlier.is_empty() && ends_here {
        introduce(&mut reply);
    }
    reply
}

/// Adds the introduction, once per session.
fn introduce(reply: &mut Reply) {
    match reply.pieces.last_mut() {
        // The text introduces the stand-in already.
        Some(Piece::Text(text)) if text.starts_with(WHO) => {}
        Some(Piece::Text(text)) => {
            text.push_str("\n\n");
            text.push_str(INTRODUCTION);
        }
        _ => reply.pieces.push(Piece::Text(INTRODUCTION.to_owned())),
    }
}

/// A topic: the phrases that identify it, and the answer.
type Topic = (&'static [&'static str], fn(&Question<'_>) -> Reply);

/// The topics, in order of precedence.
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
        |question| known_name(question),
    ),
    (&["my name is", "call me"], |question| new_name(question)),
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
        |question| recall(question),
    ),
    (
        &["think slowly", "slowly", "take your time", "think hard"],
        |_| slow(),
    ),
    (
        &[
            "subagent",
            "sub agent",
            "subagents",
            "sub agents",
            "an agent",
            "delegate",
        ],
        shows::subagent,
    ),
    (
        &[
            "to do list",
            "todo list",
            "to do",
            "todo",
            "todos",
            "checklist",
        ],
        shows::todo,
    ),
    (
        &[
            "use tools",
            "use some tools",
            "tools",
            "several steps",
            "do some work",
            "work",
        ],
        shows::work,
    ),
    (
        &["ask for permission", "permission", "permissions"],
        shows::permission,
    ),
    (
        &["ask me", "question", "questions", "let me choose"],
        shows::question,
    ),
    (
        &[
            "picture",
            "pictures",
            "image",
            "draw",
            "chart",
            "send a file",
            "send me a file",
        ],
        shows::picture,
    ),
    (
        &["diff", "edit a file", "change a file", "edit something"],
        shows::diff,
    ),
    (
        &["long answer", "long text", "tell me more", "a story"],
        |_| Reply::text(texts::long()),
    ),
    (&["report", "very long", "essay"], |_| {
        Reply::text(texts::report())
    }),
    (&["long code", "long file", "a lot of code"], |_| {
        Reply::text(texts::long_code())
    }),
    (&["log", "logs", "colors", "colours", "ansi"], |_| {
        Reply::text(texts::LOG)
    }),
    (&["table", "tables"], |_| Reply::text(TABLE)),
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
        |question| {
            answer_or_call(question, || {
                Reply::tool("Let me look.", "Glob", json!({"pattern": "*"}))
            })
        },
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
    (&["markdown", "formatting", "a list"], |_| {
        Reply::text(MARKDOWN)
    }),
    (&["joke", "funny", "make me laugh"], |_| Reply::text(JOKE)),
    (&["how are you", "how's it going", "how do you do"], |_| {
        Reply::text("Everything is working, thank you. What would you like to try?")
    }),
    (&["thanks", "thank you", "thx", "cheers"], |question| {
        Reply::text(format!("You're welcome{}.", comma_name(question)))
    }),
    (&["bye", "goodbye", "good night", "see you"], |question| {
        Reply::text(format!(
            "Goodbye{}. This session is kept: I'll remember it when you write again.",
            comma_name(question)
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
        |question| hello(question),
    ),
];

fn next_reply(question: &Question<'_>) -> Reply {
    let normalized = normalize(question.text);
    if let Some(path) = file_to_read(question.text) {
        return answer_or_call(question, || {
            Reply::tool("Let me read it.", "Read", json!({"file_path": path}))
        });
    }
    TOPICS
        .iter()
        .find(|(phrases, _)| mentions(&normalized, phrases))
        .map_or_else(|| default_reply(question), |(_, answer)| answer(question))
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

fn known_name(question: &Question<'_>) -> Reply {
    match memory::name(question.earlier) {
        Some(name) => Reply::text(format!(
            "You're **{name}**. You told me earlier in this channel."
        )),
        None => Reply::text(
            "You haven't told me yet. Say \"my name is …\" and ask me again later, even after a restart.",
        ),
    }
}

fn new_name(question: &Question<'_>) -> Reply {
    match memory::name_in(question.text) {
        Some(name) => Reply::text(format!(
            "Pleased to meet you, **{name}**. Ask me \"what is my name?\" at any time."
        )),
        None => default_reply(question),
    }
}

fn recall(question: &Question<'_>) -> Reply {
    let (Some(first), Some(last)) = (question.earlier.first(), question.earlier.last()) else {
        return Reply::text(
            "This is your first message in this session, so there's nothing to summarize yet.",
        );
    };
    let count = question.earlier.len();
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

fn comma_name(question: &Question<'_>) -> String {
    memory::name(question.earlier).map_or_else(String::new, |name| format!(", {name}"))
}

fn hello(question: &Question<'_>) -> Reply {
    let name = comma_name(question);
    if question.earlier.is_empty() {
        Reply::text(
            "Hello, and welcome! This channel has its own session now. Ask me what Switchboard can do, tell me your name, or say \"use some tools\".",
        )
    } else {
        Reply::text(format!(
            "Hello again{name}! This is still the same session. What can I do?"
        ))
    }
}

fn default_reply(question: &Question<'_>) -> Reply {
    const TRY: [&str; 9] = [
        "\"what can you do?\" for what Switchboard is about",
        "\"use some tools\" to watch the steps",
        "\"draw a picture\" to get a file",
        "\"show me a table\" for aligned columns",
        "\"make a to-do list\" for a checklist",
        "\"list files\" to see this channel's folder",
        "\"show me some code\" for a code block",
        "\"what did I say first?\" to see that the session remembers",
        "\"think slowly\", and then `!stop`",
    ];
    let hint = TRY[question.earlier.len() % TRY.len()];
    if question.text.trim().is_empty() {
        return Reply::text(format!("Your message was empty. Try {hint}."));
    }
    Reply::text(format!(
        "I heard you:\n> {}\n\nA scripted stand-in can't answer that; the real Claude could. With me, try {hint}.",
        quote(question.text)
    ))
}

#[cfg(test)]
mod tests;
