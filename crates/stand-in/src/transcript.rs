//! The transcript of a session, which persists between processes.
//!
//! It is in `projects/<working directory>/<session id>.json` below the CLI's directory, in the stand-in's
//! own format. Beside it is the `.jsonl` that the real CLI keeps, with the messages alone.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use uuid::Uuid;

use crate::pricing::{Context, UsageByModel};

/// The author of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Role {
    /// The person.
    User,
    /// The stand-in.
    Assistant,
}

/// One message.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// Its author.
    pub(crate) role: Role,
    /// The person's text, or one text block of an answer.
    pub(crate) text: String,
}

/// The persistent state of a session.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Transcript {
    /// The session's id.
    pub(crate) session_id: Uuid,
    /// The model in use, by its full name.
    pub(crate) model: String,
    /// The system prompt of the first start.
    pub(crate) system_prompt: String,
    /// The messages, oldest first.
    pub(crate) messages: Vec<Entry>,
    /// The cache of the simulated API.
    pub(crate) context: Context,
    /// The usage of the whole session.
    pub(crate) usage_by_model: UsageByModel,
    /// Whether `[[crash-once]]` has ended a process of this session.
    pub(crate) crashed: bool,
    /// How many messages there were after each answer, by the `uuid` of its last line.
    #[serde(default)]
    pub(crate) checkpoints: Vec<(String, usize)>,
    /// How often `[[busy]]` has failed.
    #[serde(default)]
    pub(crate) busy: u32,
    /// When the usage limit of `[[limited]]` resets, in seconds since 1970.
    #[serde(default)]
    pub(crate) resets_at: Option<u64>,
    /// What `[[once]]` has done.
    #[serde(default)]
    pub(crate) done_once: Vec<String>,
    /// Whether the conversation was summarized.
    #[serde(default)]
    pub(crate) compacted: bool,
}

impl Transcript {
    /// The transcript of a new session.
    pub(crate) fn new(session_id: Uuid, model: String, system_prompt: String) -> Self {
        Self {
            session_id,
            model,
            messages: Vec::new(),
            context: Context::new(&system_prompt),
            system_prompt,
            usage_by_model: UsageByModel::default(),
            crashed: false,
            checkpoints: Vec::new(),
            busy: 0,
            resets_at: None,
            done_once: Vec::new(),
            compacted: false,
        }
    }

    /// Becomes the transcript of another session, which ends at a checkpoint. `false` if there is no such checkpoint.
    pub(crate) fn fork(&mut self, session_id: Uuid, at: Option<&str>) -> bool {
        self.session_id = session_id;
        let Some(at) = at else { return true };
        let found = self.checkpoints.iter().position(|(uuid, _)| uuid == at);
        if let Some(index) = found {
            self.messages.truncate(self.checkpoints[index].1);
            self.checkpoints.truncate(index + 1);
        }
        found.is_some()
    }

    /// The person's messages, oldest first.
    pub(crate) fn user_texts(&self) -> Vec<String> {
        self.messages
            .iter()
            .filter(|entry| entry.role == Role::User)
            .map(|entry| entry.text.clone())
            .collect()
    }

    /// Adds a message.
    pub(crate) fn push(&mut self, role: Role, text: &str) {
        let text = text.to_owned();
        self.messages.push(Entry { role, text });
    }
}

/// The directory of the transcripts.
#[derive(Debug)]
pub(crate) struct Store {
    folder: PathBuf,
}

impl Store {
    /// The transcripts of one working directory.
    pub(crate) fn new(config_dir: &Path, cwd: &Path) -> Self {
        let dashed = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
        let name: String = cwd.to_string_lossy().chars().map(dashed).collect();
        Self {
            folder: config_dir.join("projects").join(name),
        }
    }

    fn path(&self, id: Uuid) -> PathBuf {
        self.folder.join(format!("{id}.json"))
    }

    /// Whether a session with this id exists.
    pub(crate) fn has(&self, id: Uuid) -> bool {
        self.path(id).exists() || self.lines_path(id).exists()
    }

    /// Reads a session; `None` if there is none with this id.
    pub(crate) fn load(&self, id: Uuid) -> io::Result<Option<Transcript>> {
        match fs::read(self.path(id)) {
            Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(self.session_in_lines(id)),
            Err(error) => Err(error),
        }
    }

    /// A session of which there are only the messages, as after a copy.
    fn session_in_lines(&self, id: Uuid) -> Option<Transcript> {
        let lines = Some(self.lines(id)).filter(|lines| !lines.is_empty())?;
        let mut transcript = Transcript::new(id, String::new(), String::new());
        for line in lines {
            let role = match line["type"].as_str() {
                Some("user") => Role::User,
                Some("assistant") => Role::Assistant,
                _ => continue,
            };
            let content = &line["message"]["content"];
            let text = match content.as_str() {
                Some(text) => text.to_owned(),
                None => content
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(|block| block["text"].as_str())
                    .collect(),
            };
            transcript.push(role, &text);
        }
        Some(transcript)
    }

    /// Writes a session, replacing its previous state.
    pub(crate) fn save(&self, transcript: &Transcript) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
        file.write_all(&serde_json::to_vec_pretty(transcript)?)?;
        file.persist(self.path(transcript.session_id))?;
        Ok(())
    }

    /// The messages of a session, one per line.
    fn lines_path(&self, id: Uuid) -> PathBuf {
        self.path(id).with_extension("jsonl")
    }

    fn lines(&self, id: Uuid) -> Vec<Value> {
        let text = fs::read_to_string(self.lines_path(id)).unwrap_or_default();
        let lines = text.lines();
        lines
            .filter_map(|line| serde_json::from_str(line).ok())
            .collect()
    }

    /// Appends messages.
    pub(crate) fn append(&self, id: Uuid, lines: &[Value]) -> io::Result<()> {
        let path = self.lines_path(id);
        let mut file = OpenOptions::new().create(true).append(true).open(path)?;
        lines.iter().try_for_each(|line| writeln!(file, "{line}"))
    }

    /// The `uuid` of the last message.
    pub(crate) fn leaf(&self, id: Uuid) -> Option<String> {
        let last = self.lines(id).pop()?;
        last.get("uuid")?.as_str().map(str::to_owned)
    }

    /// Copies the messages of a session to another one, up to the one with the uuid `at`.
    pub(crate) fn fork(&self, from: Uuid, to: Uuid, at: Option<&str>) -> io::Result<()> {
        let mut lines = self.lines(from);
        if let Some(at) = at
            && let Some(last) = lines.iter().position(|line| line["uuid"] == at)
        {
            lines.truncate(last + 1);
        }
        self.append(to, &lines)
    }
}

#[cfg(test)]
mod tests;
