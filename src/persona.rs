//! The system prompt: the personality files and the security rules.
//!
//! The prompt is the same on every turn, and in every channel with the same persona, so that the API's prompt cache works.
//! What changes goes into the heading of each message, which [`external`](crate::external) writes and the security rules explain.

use std::{
    collections::BTreeMap,
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

/// The name of the persona whose files stand in the personality folder itself.
pub const DEFAULT: &str = "default";

/// What `!persona` takes for something else.
pub const RELOAD: &str = "reload";

/// All that a channel can have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Personas {
    default: Persona,
    named: BTreeMap<String, Persona>,
}

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
    #[error("the personality folder {} has no folder {name} with personality files, which `personas` names", folder.display())]
    Unknown { folder: PathBuf, name: String },
    #[error("failed to read the personality file {}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
}

/// The names of the personality files.
pub fn file_names() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|(name, _)| *name)
}

impl Personas {
    /// The files in `personality/` at compile time, for the demo.
    pub fn builtin() -> Self {
        Self {
            default: Persona::from_texts(FILES.map(|(_, text)| text)),
            named: BTreeMap::new(),
        }
    }

    /// The default one comes first.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        [DEFAULT]
            .into_iter()
            .chain(self.named.keys().map(|name| &**name))
    }

    /// The persona of this name, or else the default one.
    pub fn get(&self, name: &str) -> &Persona {
        self.named.get(name).unwrap_or(&self.default)
    }
}

impl Persona {
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

/// Reads a personality folder: the default persona in it, and one in each folder in there that has such files. `wanted` are
/// names that the configuration mentions: any other folder may hold anything, and is left out with a warning if its files
/// cannot be read.
pub fn load<'a>(
    folder: &Path,
    wanted: impl IntoIterator<Item = &'a String>,
) -> Result<Personas, PersonaError> {
    let wanted: Vec<_> = wanted.into_iter().collect();
    let default = load_one(folder)?;
    let mut named = BTreeMap::new();
    for name in folders(folder) {
        match load_one(&folder.join(&name)) {
            Ok(persona) => drop(named.insert(name, persona)),
            Err(PersonaError::Empty(_)) => {}
            Err(error) if wanted.contains(&&name) => return Err(error),
            Err(error) => tracing::warn!("there is no persona {name}: {error}"),
        }
    }
    let personas = Personas { default, named };
    let mut wanted = wanted.into_iter();
    match wanted.find(|wanted| !personas.names().any(|name| name == *wanted)) {
        Some(name) => Err(PersonaError::Unknown {
            folder: folder.to_owned(),
            name: name.clone(),
        }),
        None => Ok(personas),
    }
}

/// The folders in a personality folder that can be personas by their name, in order.
pub fn folders(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let folders = entries.filter(|entry| entry.path().is_dir());
    let names = folders.filter_map(|entry| entry.file_name().into_string().ok());
    let mut names: Vec<String> = names.filter(|name| is_name(name)).collect();
    names.sort_unstable();
    names
}

/// Whether a persona can have this name, which people type.
pub fn is_name(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_".contains(&byte);
    (1..=50).contains(&name.len())
        && name.bytes().all(is_plain)
        && ![DEFAULT, RELOAD]
            .iter()
            .any(|taken| name.eq_ignore_ascii_case(taken))
}

/// Files may be missing, but not all of them.
fn load_one(dir: &Path) -> Result<Persona, PersonaError> {
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
