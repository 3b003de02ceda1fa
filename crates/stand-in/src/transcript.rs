//! The transcript of a session: what it must remember from one process to the next.
//!
//! Owns the file `projects/<working folder>/<session id>.json` below the CLI's folder, where the
//! real one keeps its `.jsonl`. The format is the stand-in's own.

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::pricing::{Books, Context};

/// Who said something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Role {
    /// The person.
    User,
    /// The stand-in.
    Assistant,
}

/// One thing that was said.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Said {
    /// By whom.
    pub(crate) role: Role,
    /// The person's words alone, or one text block of an answer.
    pub(crate) text: String,
}

/// All that is kept of a session.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Transcript {
    /// The session's name.
    pub(crate) session_id: Uuid,
    /// The model in use, by its full name.
    pub(crate) model: String,
    /// The system prompt of the first start.
    pub(crate) system_prompt: String,
    /// What was said, oldest first.
    pub(crate) messages: Vec<Said>,
    /// What the API has cached.
    pub(crate) context: Context,
    /// What the whole session used.
    pub(crate) books: Books,
    /// Whether `[[crash-once]]` has ended a process of this session.
    pub(crate) crashed: bool,
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
            books: Books::default(),
            crashed: false,
        }
    }

    /// The texts that the person wrote, oldest first.
    pub(crate) fn person(&self) -> Vec<String> {
        self.messages
            .iter()
            .filter(|said| said.role == Role::User)
            .map(|said| said.text.clone())
            .collect()
    }

    /// Adds something said.
    pub(crate) fn say(&mut self, role: Role, text: &str) {
        let text = text.to_owned();
        self.messages.push(Said { role, text });
    }
}

/// The folder of the transcripts.
#[derive(Debug)]
pub(crate) struct Store {
    folder: PathBuf,
}

impl Store {
    /// The transcripts of one working folder, below the CLI's own.
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

    /// Whether a session of that name was kept.
    pub(crate) fn has(&self, id: Uuid) -> bool {
        self.path(id).exists()
    }

    /// Reads a session; `None` when there is none of that name.
    pub(crate) fn load(&self, id: Uuid) -> io::Result<Option<Transcript>> {
        match fs::read(self.path(id)) {
            Ok(bytes) => Ok(Some(serde_json::from_slice(&bytes)?)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Writes a session in place of what was kept of it.
    pub(crate) fn save(&self, transcript: &Transcript) -> io::Result<()> {
        fs::create_dir_all(&self.folder)?;
        let mut file = tempfile::NamedTempFile::new_in(&self.folder)?;
        file.write_all(&serde_json::to_vec_pretty(transcript)?)?;
        file.persist(self.path(transcript.session_id))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_session_is_found_again_as_it_was_kept() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path(), Path::new("/w"));
        let id = Uuid::new_v4();
        assert!(!store.has(id));
        assert!(store.load(id).unwrap().is_none());

        let mut transcript = Transcript::new(id, "m".into(), "prompt".into());
        transcript.say(Role::User, "one");
        transcript.say(Role::Assistant, "two");
        store.save(&transcript).unwrap();
        transcript.crashed = true;
        store.save(&transcript).unwrap();

        let found = store.load(id).unwrap().unwrap();
        assert!(store.has(id) && found.crashed);
        assert_eq!(found.person(), ["one"]);
        assert_eq!(found.context, Context::new("prompt"));
    }

    #[test]
    fn a_torn_file_is_an_error_and_not_a_new_session() {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::new(folder.path(), Path::new("/w"));
        let id = Uuid::new_v4();
        store
            .save(&Transcript::new(id, "m".into(), String::new()))
            .unwrap();
        fs::OpenOptions::new()
            .write(true)
            .open(store.path(id))
            .and_then(|file| file.set_len(10))
            .unwrap();
        assert!(store.load(id).is_err());
    }
}
