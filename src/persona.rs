//! Who the bot is: the personality files and the rules of security, as one system prompt.
//!
//! The prompt is the same on every turn and in every channel, byte for byte: nothing of a message, a speaker or the
//! clock goes into it, so that the API's prompt cache holds. What is said turn by turn is
//! [`external`](crate::external)'s, whose markers the security section explains.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use thiserror::Error;

/// The personality files, in the order in which they enter the prompt.
pub const FILES: [&str; 6] = [
    "IDENTITY.md",
    "SOUL.md",
    "USER.md",
    "AGENTS.md",
    "TOOLS.md",
    "HEARTBEAT.md",
];

/// Stands between two files.
const BETWEEN: &str = "\n\n---\n\n";

/// How the model is to take what stands between the markers.
///
/// It has to tell a speaker's request, which is what the bot is for, from what nobody may change by chat.
const SECURITY: &str = include_str!("persona/security.md");

/// The personality files that exist, in their order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Persona {
    parts: Vec<String>,
}

/// Why there is no personality.
#[derive(Debug, Error)]
pub enum PersonaError {
    /// The folder is not there, or is no folder.
    #[error("no personality folder at {}", .0.display())]
    NoFolder(PathBuf),
    /// The folder has none of the files, or only blank ones. It is most likely the wrong folder.
    #[error("the personality folder {} has none of the files {}", .0.display(), FILES.join(", "))]
    Empty(PathBuf),
    /// A file is there, but cannot be read as UTF-8 text.
    #[error("failed to read the personality file {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl Persona {
    /// The personality that is shipped in `personality/`, for where there is no folder to read.
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

    /// Blank lines around a text are left out, blank texts altogether, as is a byte order mark.
    fn from_texts<'a>(texts: impl IntoIterator<Item = &'a str>) -> Self {
        let parts = texts
            .into_iter()
            .map(|text| text.strip_prefix('\u{feff}').unwrap_or(text).trim())
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
            .collect();
        Self { parts }
    }

    /// The system prompt: the files, joined by a line `---` between blank lines, then the section on security.
    #[must_use]
    pub fn system_prompt(&self) -> String {
        format!("{}\n\n{}", self.parts.join(BETWEEN), SECURITY.trim_end())
    }
}

/// Reads the files of a personality folder; each may be missing, but not all.
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
    fn files_that_exist_are_joined_in_their_order() {
        let folder = folder(&[
            ("TOOLS.md", b"tools\n"),
            ("SOUL.md", b"\n \nsoul\n\nmore\n\n\n"),
            ("IDENTITY.md", b"\xef\xbb\xbfidentity"),
            ("USER.md", b" \n"),
            ("NOTES.md", b"not one of them"),
        ]);
        let prompt = load(folder.path()).unwrap().system_prompt();
        let start = "identity\n\n---\n\nsoul\n\nmore\n\n---\n\ntools\n\n## Security\n\n";
        assert!(prompt.starts_with(start), "{prompt}");
    }

    #[test]
    fn a_missing_folder_is_named() {
        let error = load(Path::new("/nowhere/personality")).unwrap_err();
        assert_eq!(
            error.to_string(),
            "no personality folder at /nowhere/personality"
        );
    }

    #[test]
    fn a_folder_without_any_of_the_files_is_named() {
        let folder = folder(&[("README.md", b"hello"), ("SOUL.md", b"\n")]);
        let error = load(folder.path()).unwrap_err().to_string();
        assert!(
            error.contains(&folder.path().display().to_string()),
            "{error}"
        );
        assert!(error.contains("IDENTITY.md, SOUL.md"), "{error}");
    }

    #[test]
    fn a_file_that_is_no_text_is_named() {
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
