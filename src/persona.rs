//! The system prompt: the personality files and the security rules.
//!
//! The prompt is the same on every turn and in every channel, so that the API's prompt cache works. What changes goes into
//! the heading of each message, which [`external`](crate::external) writes and the security rules explain.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use thiserror::Error;

use crate::files;

/// The personality files, in the order of the prompt, with the ones for the demo.
const FILES: [(&str, &str); 6] = [
    ("IDENTITY.md", include_str!("../personality/IDENTITY.md")),
    ("SOUL.md", include_str!("../personality/SOUL.md")),
    ("USER.md", include_str!("../personality/USER.md")),
    ("AGENTS.md", include_str!("../personality/AGENTS.md")),
    ("TOOLS.md", include_str!("../personality/TOOLS.md")),
    ("HEARTBEAT.md", include_str!("../personality/HEARTBEAT.md")),
];

/// Explains the markers, and which requests to decline.
const SECURITY: &str = include_str!("persona/security.md");

/// The texts of the personality files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Persona {
    parts: Vec<String>,
}

#[derive(Debug, Error)]
pub enum PersonaError {
    #[error("personality folder not found: {}", .0.display())]
    NoFolder(PathBuf),
    /// It is probably the wrong folder.
    #[error("the personality folder {} has none of the files {}", .0.display(), FILES.map(|(name, _)| name).join(", "))]
    Empty(PathBuf),
    #[error("failed to read the personality file {}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
}

/// The names of the personality files.
pub fn file_names() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|(name, _)| *name)
}

impl Persona {
    /// The files in `personality/` at compile time, for the demo.
    pub fn builtin() -> Self {
        Self::from_texts(FILES.map(|(_, text)| text))
    }

    /// Removes byte order marks, blank lines around each text, and blank texts.
    fn from_texts<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let parts = texts
            .into_iter()
            .map(|text| text.strip_prefix('\u{feff}').unwrap_or(text).trim())
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
            .collect();
        Self { parts }
    }

    /// The files, separated by `---` lines, then the security rules.
    pub fn system_prompt(&self) -> String {
        format!(
            "{}\n\n{}",
            self.parts.join("\n\n---\n\n"),
            SECURITY.trim_end()
        )
    }
}

/// Writes the files in `personality/` at compile time into a folder, to begin with.
pub fn write_builtin(folder: &Path) -> io::Result<()> {
    files::create_folder(folder)?;
    let mut all = FILES.iter();
    all.try_for_each(|(name, text)| files::replace(&folder.join(name), text.as_bytes()))
}

/// Reads a personality folder. Files may be missing, but not all of them.
pub fn load(dir: &Path) -> Result<Persona, PersonaError> {
    if !dir.is_dir() {
        return Err(PersonaError::NoFolder(dir.to_owned()));
    }
    let mut texts = Vec::new();
    for (name, _) in FILES {
        let path = dir.join(name);
        match fs::read_to_string(&path) {
            Ok(text) => texts.push(text),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(source) => return Err(PersonaError::Read { path, source }),
        }
    }
    let persona = Persona::from_texts(texts.iter().map(String::as_str));
    if persona.parts.is_empty() {
        Err(PersonaError::Empty(dir.to_owned()))
    } else {
        Ok(persona)
    }
}

#[cfg(test)]
mod tests;
