//! The system prompt: the personality files and the security rules.
//!
//! The prompt is byte for byte the same on every turn and in every channel, so that the API's prompt cache works: it
//! contains nothing from a message, its author or the clock. Those go into the heading of each message, which
//! [`external`](crate::external) writes and the security rules explain.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use thiserror::Error;

/// The personality files, in the order of the prompt.
pub const FILES: [&str; 6] = [
    "IDENTITY.md",
    "SOUL.md",
    "USER.md",
    "AGENTS.md",
    "TOOLS.md",
    "HEARTBEAT.md",
];

/// Goes between two files.
const SEPARATOR: &str = "\n\n---\n\n";

/// Explains the markers, and which requests to decline.
const SECURITY: &str = include_str!("persona/security.md");

/// The texts of the personality files that exist, in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Persona {
    parts: Vec<String>,
}

/// Why the personality could not be loaded.
#[derive(Debug, Error)]
pub enum PersonaError {
    /// The folder does not exist, or is not a folder.
    #[error("no personality folder at {}", .0.display())]
    NoFolder(PathBuf),
    /// The folder has none of the files, or only blank ones. It is probably the wrong folder.
    #[error("the personality folder {} has none of the files {}", .0.display(), FILES.join(", "))]
    Empty(PathBuf),
    /// A file cannot be read as UTF-8 text.
    #[error("failed to read the personality file {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
}

impl Persona {
    /// The personality in `personality/`, compiled in, for the demo.
    #[must_use]
    pub fn builtin() -> Self {
        Self::from_texts([
            include_str!("../personality/IDENTITY.md"),
            include_str!("../personality/SOUL.md"),
            include_str!("../personality/USER.md"),
            include_str!("../personality/AGENTS.md"),
            include_str!("../personality/TOOLS.md"),
            include_str!("../personality/HEARTBEAT.md"),
        ])
    }

    /// Removes blank lines around each text, blank texts, and byte order marks.
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
    #[must_use]
    pub fn system_prompt(&self) -> String {
        format!("{}\n\n{}", self.parts.join(SEPARATOR), SECURITY.trim_end())
    }
}

/// Reads a personality folder. Each file may be missing, but not all of them.
///
/// # Errors
///
/// If the folder is missing or has none of the files, or one of them cannot be read as UTF-8.
pub fn load(dir: &Path) -> Result<Persona, PersonaError> {
    if !dir.is_dir() {
        return Err(PersonaError::NoFolder(dir.to_owned()));
    }
    let mut texts = Vec::new();
    for name in FILES {
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
mod tests {
    use std::io::Write;

    use super::*;

    fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for (name, bytes) in files {
            let path = folder.path().join(name);
            fs::OpenOptions::new()
                .create_new(true)
                .write(true)
                .open(path)
                .unwrap()
                .write_all(bytes)
                .unwrap();
        }
        folder
    }

    #[test]
    fn existing_files_are_joined_in_order() {
        let folder = folder(&[
            ("TOOLS.md", b"tools\n"),
            ("SOUL.md", b"\n \nsoul\n\nmore\n\n\n"),
            ("IDENTITY.md", b"\xef\xbb\xbfidentity"),
            ("USER.md", b" \n"),
            ("NOTES.md", b"ignored"),
        ]);
        let prompt = load(folder.path()).unwrap().system_prompt();
        let start = "identity\n\n---\n\nsoul\n\nmore\n\n---\n\ntools\n\n## Security\n\n";
        assert!(prompt.starts_with(start), "{prompt}");
    }

    #[test]
    fn a_missing_folder_is_reported() {
        let error = load(Path::new("/nowhere/personality")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "no personality folder at /nowhere/personality"
        );
    }

    #[test]
    fn a_folder_without_personality_files_is_reported() {
        let folder = folder(&[("README.md", b"hello"), ("SOUL.md", b"\n")]);
        let error = load(folder.path()).unwrap_err().to_string();
        assert!(
            error.contains(&folder.path().display().to_string()),
            "{error}"
        );
        assert!(error.contains("IDENTITY.md, SOUL.md"), "{error}");
    }

    #[test]
    fn a_file_that_is_not_utf8_is_reported() {
        let folder = folder(&[("IDENTITY.md", b"identity"), ("AGENTS.md", b"caf\xe9")]);
        let error = load(folder.path()).unwrap_err().to_string();
        assert!(error.contains("AGENTS.md: "), "{error}");
    }

    #[test]
    fn the_builtin_personality_is_the_shipped_folder() {
        let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("personality");
        assert_eq!(load(&shipped).unwrap(), Persona::builtin());
    }

    #[test]
    fn the_default_system_prompt() {
        insta::assert_snapshot!(Persona::builtin().system_prompt());
    }
}
