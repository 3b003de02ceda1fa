//! The transcripts that the CLI keeps: for each session a file of JSON lines. [`seed`] makes one.
//!
//! The format is the CLI's own, so this reads only what 2.1.197 and 2.1.332 have in common: lines with a `uuid` form a
//! tree by their `parentUuid`. The conversation is the branch that ends at the last message; a branch that was left by a
//! rewind stays in the file. What is not understood is left out.

pub mod seed;

use std::{
    borrow::Cow,
    collections::{HashMap, HashSet},
    fs,
    io::{self, Write as _},
    path::Path,
};

use serde::Deserialize;
use serde_json::{Value, value::RawValue};
use uuid::Uuid;

use crate::{
    Environment,
    files::{self, Folder, Refused},
    sandbox::{self, Account},
};

/// The author of what the CLI says in Claude's place, such as an error.
const SYNTHETIC: &str = "<synthetic>";

/// The largest transcript that is copied, in bytes. It is read as a whole.
const LARGEST: u64 = 256 << 20;

/// A message of a conversation.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    pub uuid: String,
    /// When it was written, as RFC 3339.
    pub at: String,
    pub author: Author,
    pub blocks: Vec<Block>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Author {
    /// A person, a tool, or the CLI itself.
    User,
    /// The CLI, in a summary of what came before.
    Summary,
    Claude,
}

/// A part of a message. Thinking, pictures and documents are left out.
#[derive(Debug, Clone, PartialEq)]
pub enum Block {
    Text(String),
    ToolUse {
        id: String,
        name: String,
        input: Value,
    },
    ToolResult {
        id: String,
        text: String,
        is_error: bool,
    },
}

/// Why there is no transcript.
#[derive(Debug, thiserror::Error)]
pub enum TranscriptError {
    #[error("there is no transcript")]
    Missing,
    #[error(transparent)]
    Refused(Refused),
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Reads the end of a session's transcript, at most `limit` bytes, with the rights of the account that the CLI runs as: that
/// account may have put anything in its place.
pub fn read(
    environment: &Environment,
    account: Option<&Account>,
    workspace: &Path,
    session: Uuid,
    limit: u64,
) -> Result<Vec<u8>, TranscriptError> {
    let read = || {
        let workspace = workspace.canonicalize()?;
        let folder = sandbox::transcripts_of(environment, &workspace);
        let folder = Folder::open(&folder.ok_or(TranscriptError::Missing)?)?;
        let name = format!("{session}.jsonl");
        folder
            .read_end_beneath(name.as_ref(), limit)
            .map_err(|refused| match refused {
                Refused::Missing => TranscriptError::Missing,
                refused => TranscriptError::Refused(refused),
            })
    };
    with_rights(account, read)
}

/// Reads the transcript of a session in whichever workspace it is, the newest one if it is in several, with the
/// rights of the account that the CLI runs as. A last line that is still being written is left out.
pub fn find(
    environment: &Environment,
    account: Option<&Account>,
    session: Uuid,
) -> Result<Vec<u8>, TranscriptError> {
    let all = sandbox::all_transcripts(environment);
    let name = format!("{session}.jsonl");
    let search = || {
        let root = Folder::open(&all)?;
        let mut found = Vec::new();
        for workspace in fs::read_dir(&all)? {
            let below = Path::new(&workspace?.file_name()).join(&name);
            if let Ok(metadata) = all.join(&below).symlink_metadata() {
                found.push((metadata.modified()?, below));
            }
        }
        found.sort();
        let mut refused = TranscriptError::Missing;
        for (_, below) in found.into_iter().rev() {
            match root.read_beneath(&below, LARGEST) {
                Ok(transcript) => return Ok(transcript),
                Err(Refused::Missing) => {}
                Err(other) => refused = TranscriptError::Refused(other),
            }
        }
        Err(refused)
    };
    let mut transcript = with_rights(account, search)?;
    let end = transcript.iter().rposition(|byte| *byte == b'\n');
    transcript.truncate(end.map_or(0, |end| end + 1));
    Ok(transcript)
}

/// Writes the transcript of the session `from` as that of the new session `to`, which a CLI in `workspace` can resume. The
/// workspace, and the folder of its transcripts, are created if they are missing.
pub fn put_copy(
    environment: &Environment,
    account: Option<&Account>,
    (workspace_dir, workspace): (&Path, &Path),
    transcript: &[u8],
    (from, to): (Uuid, Uuid),
) -> Result<(), TranscriptError> {
    let workspace = Account::workspace(account, workspace_dir, workspace)?;
    let folder = sandbox::transcripts_of(environment, &workspace).ok_or_else(|| {
        let reason = "the workspace's path is too long to tell where the CLI keeps its transcripts";
        io::Error::new(io::ErrorKind::InvalidFilename, reason)
    })?;
    // In a JSON string the quotes would be escaped, so this finds the keys alone.
    let [old, new] = [from, to].map(|id| format!("\"sessionId\":\"{id}\""));
    let text = String::from_utf8_lossy(transcript).replace(&old, &new);
    with_rights(account, || {
        files::create_folder(&folder)?;
        let mut file = Folder::open(&folder)?.create_new(&format!("{to}.jsonl"))?;
        file.write_all(text.as_bytes())?;
        Ok(file.sync_all()?)
    })
}

/// Accesses transcripts with the rights of the account that the CLI runs as; `None` stands for the application's own.
fn with_rights<T>(
    account: Option<&Account>,
    work: impl FnOnce() -> Result<T, TranscriptError>,
) -> Result<T, TranscriptError> {
    let done = match account {
        Some(account) => account.with_its_rights(work),
        None => work(),
    };
    done.map_err(|error| match error {
        TranscriptError::Io(error) if error.kind() == io::ErrorKind::NotFound => {
            TranscriptError::Missing
        }
        error => error,
    })
}

/// A line. Only its message is decoded later.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct TranscriptLine<'a> {
    #[serde(rename = "type", borrow)]
    kind: Cow<'a, str>,
    #[serde(borrow)]
    uuid: Cow<'a, str>,
    #[serde(borrow, default)]
    parent_uuid: Option<Cow<'a, str>>,
    /// What came before a summary.
    #[serde(borrow, default)]
    logical_parent_uuid: Option<Cow<'a, str>>,
    #[serde(default)]
    is_sidechain: bool,
    /// Whether it is for the model alone.
    #[serde(default)]
    is_meta: bool,
    #[serde(default)]
    is_compact_summary: bool,
    #[serde(borrow, default)]
    timestamp: Cow<'a, str>,
    #[serde(borrow, default)]
    message: Option<&'a RawValue>,
}

impl TranscriptLine<'_> {
    fn is_message(&self) -> bool {
        matches!(&*self.kind, "user" | "assistant") && !self.is_sidechain
    }

    fn parent(&self) -> Option<&str> {
        let parent = self.parent_uuid.as_ref();
        parent.or(self.logical_parent_uuid.as_ref()).map(|it| &**it)
    }

    fn entry(&self) -> Option<Entry> {
        let message: Message = serde_json::from_str(self.message?.get()).ok()?;
        if self.is_meta || message.model.as_deref() == Some(SYNTHETIC) {
            return None;
        }
        let blocks = match message.content {
            Value::String(text) => vec![Block::Text(text)],
            Value::Array(blocks) => blocks.into_iter().filter_map(block).collect(),
            _ => Vec::new(),
        };
        let author = match &*self.kind {
            "assistant" => Author::Claude,
            _ if self.is_compact_summary => Author::Summary,
            _ => Author::User,
        };
        Some(Entry {
            uuid: self.uuid.clone().into_owned(),
            at: self.timestamp.clone().into_owned(),
            author,
            blocks,
        })
    }
}

#[derive(Deserialize)]
struct Message {
    #[serde(default)]
    model: Option<String>,
    #[serde(default)]
    content: Value,
}

fn block(mut block: Value) -> Option<Block> {
    let mut take = |key: &str| block.get_mut(key).map(Value::take);
    let text = |value: Option<Value>| match value {
        Some(Value::String(text)) => text,
        _ => String::new(),
    };
    match text(take("type")).as_str() {
        "text" => Some(Block::Text(text(take("text")))),
        "tool_use" => Some(Block::ToolUse {
            id: text(take("id")),
            name: text(take("name")),
            input: take("input").unwrap_or_default(),
        }),
        "tool_result" => Some(Block::ToolResult {
            id: text(take("tool_use_id")),
            is_error: take("is_error") == Some(Value::Bool(true)),
            text: match take("content") {
                Some(Value::Array(parts)) => {
                    let texts = parts
                        .iter()
                        .filter_map(|part| part.get("text")?.as_str().map(str::to_owned));
                    texts.collect::<Vec<_>>().join("\n")
                }
                content => text(content),
            },
        }),
        _ => None,
    }
}

/// The messages of a conversation, oldest first, up to the one with the uuid `at` or else the last one. A result follows
/// its tool's call, also where several tools ran at once.
pub fn conversation(transcript: &[u8], at: Option<&str>) -> Vec<Entry> {
    let lines = transcript.split(|byte| *byte == b'\n');
    let lines: Vec<TranscriptLine<'_>> = lines
        .filter_map(|line| serde_json::from_slice(line).ok())
        .collect();
    let by_uuid: HashMap<&str, usize> = lines
        .iter()
        .enumerate()
        .map(|(index, line)| (&*line.uuid, index))
        .collect();
    let mut next = match at {
        Some(at) => by_uuid.get(at).copied(),
        None => lines.iter().rposition(TranscriptLine::is_message),
    };
    let mut branch = HashSet::new();
    while let Some(index) = next.filter(|index| branch.insert(*index)) {
        let parent = lines[index].parent();
        next = parent.and_then(|parent| by_uuid.get(parent).copied());
    }
    // The results of tools that ran at once are the ends of branches of their own.
    let mut called = HashSet::new();
    let mut entries = Vec::new();
    for (index, line) in lines.iter().enumerate().filter(|(_, it)| it.is_message()) {
        let is_on_branch = branch.contains(&index);
        let parent = line.parent().and_then(|parent| by_uuid.get(parent));
        if !is_on_branch && !parent.is_some_and(|parent| branch.contains(parent)) {
            continue;
        }
        let Some(entry) = line.entry() else { continue };
        for block in &entry.blocks {
            if let Block::ToolUse { id, .. } = block {
                called.insert(id.clone());
            }
        }
        let is_result =
            |block: &Block| matches!(block, Block::ToolResult { id, .. } if called.contains(id));
        if is_on_branch || (!entry.blocks.is_empty() && entry.blocks.iter().all(is_result)) {
            entries.push(entry);
        }
    }
    entries
}

#[cfg(test)]
mod tests;
