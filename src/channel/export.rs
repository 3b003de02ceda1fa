//! A conversation as files: Markdown to read, and JSON for programs. Pure.

use std::fmt::Write as _;

use serde::Serialize;
use serde_json::Value;

use super::messages::tool_words;
use crate::{
    chat::{PostFile, without_control_sequences},
    claude::{
        protocol::Json,
        transcript::{Author, Block, Entry},
    },
    external::{Unwrapped, unwrap},
    redact::cut,
    snowflake::UserId,
};

/// How much of a tool's result stands in the JSON, in bytes.
const LONGEST_RESULT: usize = 4_000;

/// Bytes for what stands between two turns.
const MARGIN: usize = 100;

/// How much of a tool's input stands there whole, in bytes of JSON.
const LONGEST_INPUT: usize = 64 * 1024;

const SUMMARIZED: &str = "(The conversation was summarized here.)";
const TASK_ENDED: &str = "(A background task ended.)";

/// The files of an export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Export {
    pub(super) turns: usize,
    /// How many of the turns that were asked for are too much for the files.
    pub(super) left_out: usize,
    pub(super) files: Vec<PostFile>,
}

/// What somebody said, and what Claude did then.
#[derive(Debug, Default, Serialize)]
struct Turn {
    at: String,
    /// `null` if no person began the turn.
    author: Option<Person>,
    text: String,
    answer: Vec<Part>,
}

#[derive(Debug, Serialize)]
struct Person {
    id: UserId,
    name: String,
}

#[derive(Debug, Serialize)]
#[serde(untagged)]
enum Part {
    Text {
        text: String,
    },
    Tool {
        tool: String,
        input: Value,
        result: Option<String>,
        is_error: bool,
        #[serde(skip)]
        id: String,
    },
}

/// The last turns of a conversation, or all of them, as far as each file has at most `limit` bytes. `None` if there are
/// none.
pub(super) fn export(entries: Vec<Entry>, last: Option<usize>, limit: usize) -> Option<Export> {
    let turns = turns(entries);
    let asked = last.unwrap_or(usize::MAX).min(turns.len());
    let mut shown: Vec<(String, String)> = Vec::new();
    let mut left = (limit, limit);
    for turn in turns.iter().rev().take(asked) {
        let json = serde_json::to_string_pretty(turn).unwrap_or_default();
        let texts = (markdown(turn), json.replace('\n', "\n  "));
        let after = |left: usize, text: &str| left.checked_sub(text.len() + MARGIN);
        let rest = (after(left.0, &texts.0), after(left.1, &texts.1));
        let (Some(markdown), Some(json)) = rest else {
            break;
        };
        left = (markdown, json);
        shown.push(texts);
    }
    if shown.is_empty() {
        return None;
    }
    shown.reverse();
    let (markdown, json): (Vec<_>, Vec<_>) = shown.into_iter().unzip();
    let file = |name: &str, content: String| PostFile {
        name: name.to_owned(),
        content: content.into_bytes(),
    };
    Some(Export {
        turns: json.len(),
        left_out: asked - json.len(),
        files: vec![
            file(
                "conversation.md",
                format!("# Conversation\n\n{}", markdown.join("\n")),
            ),
            file(
                "conversation.json",
                format!("{{\"turns\": [\n  {}\n]}}\n", json.join(",\n  ")),
            ),
        ],
    })
}

/// The words with which a conversation begins. `None` if nobody has said anything in it.
pub(super) fn beginning(entries: Vec<Entry>) -> Option<String> {
    let turns = turns(entries).into_iter();
    turns.map(|turn| turn.text).find(|text| !text.is_empty())
}

fn turns(entries: Vec<Entry>) -> Vec<Turn> {
    let mut turns: Vec<Turn> = Vec::new();
    for entry in entries {
        if entry.author != Author::Claude {
            let begun = begun(&entry);
            if !begun.is_empty() {
                turns.extend(begun);
                continue;
            }
        }
        if turns.is_empty() {
            turns.push(Turn {
                at: entry.at.clone(),
                ..Turn::default()
            });
        }
        let Some(turn) = turns.last_mut() else {
            continue;
        };
        for block in entry.blocks {
            turn.add(block, entry.author);
        }
    }
    turns
}

/// The turns that a message begins: one for each person whose words it holds, and none if it goes on with a turn.
fn begun(entry: &Entry) -> Vec<Turn> {
    let texts = entry.blocks.iter().filter_map(|block| match block {
        Block::Text(text) => Some(text.as_str()),
        _ => None,
    });
    let texts: Vec<&str> = texts.collect();
    let turn = |author, text| Turn {
        at: entry.at.clone(),
        author,
        text,
        answer: Vec::new(),
    };
    if entry.author == Author::Summary {
        return vec![turn(None, SUMMARIZED.to_owned())];
    }
    let messages = unwrap(&texts).into_iter().map(|message| {
        let Unwrapped {
            author,
            name,
            words,
        } = message;
        turn(Some(Person { id: author, name }), clean(&words))
    });
    let messages: Vec<_> = messages.collect();
    let text = texts.concat();
    if !messages.is_empty() || is_of_the_cli(&text) {
        messages
    } else if text.starts_with("<task-notification>") {
        vec![turn(None, TASK_ENDED.to_owned())]
    } else {
        vec![turn(None, clean(&text))]
    }
}

/// Whether the CLI wrote a text in a person's place: about a command, or an interruption.
fn is_of_the_cli(text: &str) -> bool {
    let starts = [
        "<command-",
        "<local-command-",
        "/compact",
        "[Request interrupted",
    ];
    text.trim().is_empty() || starts.iter().any(|start| text.starts_with(start))
}

impl Turn {
    fn add(&mut self, block: Block, author: Author) {
        match block {
            Block::Text(text) if author == Author::Claude => {
                self.answer.push(Part::Text { text: clean(&text) });
            }
            Block::Text(_) => {}
            Block::ToolUse { id, name, input } => self.answer.push(Part::Tool {
                tool: name,
                input: short(input),
                result: None,
                is_error: false,
                id,
            }),
            Block::ToolResult { id, text, is_error } => {
                let called = self.answer.iter_mut().rev().find_map(|part| match part {
                    Part::Tool {
                        id: of,
                        result,
                        is_error,
                        ..
                    } if *of == id => Some((result, is_error)),
                    _ => None,
                });
                if let Some((result, failed)) = called {
                    *result = Some(cut(&clean(&text), LONGEST_RESULT).to_owned());
                    *failed = is_error;
                }
            }
        }
    }
}

/// A tool's input, or its beginning if it is huge.
fn short(input: Value) -> Value {
    let text = input.to_string();
    if text.len() <= LONGEST_INPUT {
        return input;
    }
    Value::String(format!("{}…", cut(&text, LONGEST_INPUT)))
}

fn markdown(turn: &Turn) -> String {
    let author = turn.author.as_ref();
    let name = author.map_or("Claude", |person| &person.name);
    let mut text = format!("## {name}, {}\n\n{}\n", turn.at, turn.text.trim_end());
    if author.is_some() && !turn.answer.is_empty() {
        text.push_str("\n## Claude\n");
    }
    let mut was_tool = false;
    for part in &turn.answer {
        let is_tool = matches!(part, Part::Tool { .. });
        // A list without gaps.
        let gap = if is_tool && was_tool { "" } else { "\n" };
        let _infallible = match part {
            Part::Text { text: said } => writeln!(text, "{gap}{}", said.trim_end()),
            Part::Tool {
                tool,
                input,
                is_error,
                ..
            } => {
                let words = tool_words(tool, &Json::of(input).unwrap_or_default(), None);
                let failed = if *is_error { " (failed)" } else { "" };
                writeln!(text, "{gap}- {} {}{failed}", words.done, words.object)
            }
        };
        was_tool = is_tool;
    }
    text
}

fn clean(text: &str) -> String {
    without_control_sequences(text, false).into_owned()
}

#[cfg(test)]
mod tests;
