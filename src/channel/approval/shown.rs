//! What a person is shown of a tool call: all of it, made from the call's input alone.

use serde_json::{Map, Value};

use super::visible;
use crate::{chat::PostFile, claude::protocol::PermissionRequest};

/// A longer input is not read whole, so it is not shown. In bytes of JSON.
const MOST_BYTES: usize = 200 * 1024;

/// What is longer than this goes into a file. In characters and lines.
const LONGEST_BLOCK: usize = 1_600;
const MOST_LINES: usize = 50;

/// The longest beginning of it that the card shows.
const LONGEST_EXCERPT: usize = 600;

/// The longest path that stands beside a diff, in characters.
const LONGEST_PATH: usize = 250;

/// A tool call as Markdown and, where it is long, a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::channel) struct ShownCall {
    pub(in crate::channel) text: String,
    pub(in crate::channel) files: Vec<PostFile>,
    /// Whether nothing of the call is left out.
    pub(in crate::channel) is_whole: bool,
}

/// A block of code.
struct Block {
    /// Above the block.
    heading: String,
    language: &'static str,
    content: String,
}

impl ShownCall {
    pub(in crate::channel) fn of(request: &PermissionRequest) -> Self {
        let raw = request.input.as_str();
        let input = serde_json::from_str::<Map<String, Value>>(raw);
        let Some(input) = input.ok().filter(|_| raw.len() <= MOST_BYTES) else {
            return Self {
                text: String::new(),
                files: Vec::new(),
                is_whole: false,
            };
        };
        Block::of(&request.tool_name, &input).show()
    }
}

impl Block {
    fn of(tool: &str, input: &Map<String, Value>) -> Self {
        let block = match tool {
            "Bash" => Self::command(input),
            "Edit" => Self::edit(input),
            "Write" => Self::write(input),
            _ => None,
        };
        block.unwrap_or_else(|| Self {
            heading: String::new(),
            language: "json",
            content: serde_json::to_string_pretty(input).unwrap_or_default(),
        })
    }

    fn command(input: &Map<String, Value>) -> Option<Self> {
        let [command] = texts(input, ["command"], &["description"])?;
        Some(Self {
            heading: String::new(),
            language: "sh",
            content: command.to_owned(),
        })
    }

    fn write(input: &Map<String, Value>) -> Option<Self> {
        let [path, content] = texts(input, ["file_path", "content"], &[])?;
        Self::diff(path, "", &added(content))
    }

    fn edit(input: &Map<String, Value>) -> Option<Self> {
        let fields = ["file_path", "old_string", "new_string"];
        let [path, old, new] = texts(input, fields, &["replace_all"])?;
        let note = match input.get("replace_all") {
            None | Some(Value::Bool(false)) => "",
            Some(Value::Bool(true)) => ", wherever it occurs",
            Some(_) => return None,
        };
        Self::diff(path, note, &diff(old, new))
    }

    fn diff(path: &str, note: &str, content: &str) -> Option<Self> {
        let path = visible(path).replace('`', "\\u{60}");
        let is_short = path.chars().count() <= LONGEST_PATH && !path.contains(['\n', '\t']);
        (is_short && !path.is_empty()).then(|| Self {
            heading: format!("`{path}`{note}\n"),
            language: "diff",
            content: content.to_owned(),
        })
    }

    fn show(self) -> ShownCall {
        let Self {
            heading,
            language,
            content,
        } = self;
        let content = visible(&content);
        let is_short =
            content.chars().count() <= LONGEST_BLOCK && content.lines().count() <= MOST_LINES;
        let (shown, note) = if is_short {
            (content.as_str(), "")
        } else {
            (excerpt(&content), "\nThe file has all of it.")
        };
        let text = format!("{heading}```{language}\n{shown}\n```{note}");
        let files = if is_short {
            Vec::new()
        } else {
            vec![PostFile {
                name: format!("request.{language}.txt"),
                content: content.into_bytes(),
            }]
        };
        ShownCall {
            text,
            files,
            is_whole: true,
        }
    }
}

/// These fields, if they are texts and the input has no others but `more`.
fn texts<'a, const N: usize>(
    input: &'a Map<String, Value>,
    fields: [&str; N],
    more: &[&str],
) -> Option<[&'a str; N]> {
    let is_known = |key: &String| fields.contains(&key.as_str()) || more.contains(&key.as_str());
    if !input.keys().all(is_known) {
        return None;
    }
    let mut found = [""; N];
    for (text, field) in found.iter_mut().zip(fields) {
        *text = input.get(field)?.as_str()?;
    }
    Some(found)
}

/// The lines that one text has and the other has not, between those that both begin and end with.
fn diff(old: &str, new: &str) -> String {
    let (old, new): (Vec<_>, Vec<_>) = (old.split('\n').collect(), new.split('\n').collect());
    let start = old
        .iter()
        .zip(&new)
        .take_while(|(old, new)| old == new)
        .count();
    let ends = old[start..].iter().rev().zip(new[start..].iter().rev());
    let end = ends.take_while(|(old, new)| old == new).count();
    [
        prefixed(old[..start].iter().copied(), ' '),
        prefixed(old[start..old.len() - end].iter().copied(), '-'),
        prefixed(new[start..new.len() - end].iter().copied(), '+'),
        prefixed(old[old.len() - end..].iter().copied(), ' '),
    ]
    .into_iter()
    .filter(|part| !part.is_empty())
    .collect::<Vec<_>>()
    .join("\n")
}

/// The lines of a new file, as in a patch: the last line feed begins no further line.
fn added(content: &str) -> String {
    match content.strip_suffix('\n') {
        Some(lines) => prefixed(lines.split('\n'), '+'),
        None if content.is_empty() => "\\ Empty file".into(),
        None => prefixed(content.split('\n'), '+') + "\n\\ No newline at end of file",
    }
}

fn prefixed<'a>(lines: impl Iterator<Item = &'a str>, sign: char) -> String {
    let lines: Vec<_> = lines.map(|line| format!("{sign}{line}")).collect();
    lines.join("\n")
}

fn excerpt(content: &str) -> &str {
    let end = content
        .char_indices()
        .nth(LONGEST_EXCERPT)
        .map_or(content.len(), |(at, _)| at);
    let shown = &content[..end];
    let lines = shown.match_indices('\n').nth(MOST_LINES / 4);
    &shown[..lines.map_or(end, |(at, _)| at)]
}

#[cfg(test)]
mod tests;
