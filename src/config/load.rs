//! The edge that reads the configuration file.

use std::{
    fs, io,
    path::{self, Path, PathBuf},
};

use thiserror::Error;

use super::{Config, Environment, Machine, Problems};

/// The file that is read where none is named: in the working directory.
pub const DEFAULT_FILE: &str = "config.json";

/// Why there is no configuration.
#[derive(Debug, Error)]
pub enum LoadError {
    /// A file was named that is not there. (The default one may be missing.)
    #[error("no configuration file at {}", .0.display())]
    Missing(PathBuf),
    /// The file cannot be read.
    #[error("failed to read the configuration file {}: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file was read, and is wrong.
    #[error("{} is wrong:\n{problems}", path.display())]
    Wrong {
        /// The file.
        path: PathBuf,
        /// All that is wrong with it, a line each.
        problems: Problems,
    },
}

/// Reads the file at `path`, or `config.json` in the working directory, which may be missing: then every key has
/// its default.
///
/// # Errors
///
/// If a named file is missing, the file cannot be read, or something in it is wrong.
pub fn load(
    path: Option<&Path>,
    env: &Environment,
    machine: &Machine,
) -> Result<Config, LoadError> {
    let named = path.is_some();
    let written = path.unwrap_or(Path::new(DEFAULT_FILE));
    let failed = |source| LoadError::Read {
        path: written.to_owned(),
        source,
    };
    let path = path::absolute(written).map_err(failed)?;
    let text = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound && named => {
            return Err(LoadError::Missing(path));
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => "{}".to_owned(),
        Err(error) => return Err(failed(error)),
    };
    let folder = path.parent().unwrap_or(Path::new("/"));
    let read = Config::from_json(&text, folder, env, machine);
    let config = read.map_err(|problems| LoadError::Wrong {
        path: path.clone(),
        problems,
    })?;
    Ok(Config {
        file: path,
        ..config
    })
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const MACHINE: Machine = Machine {
        memory_bytes: 4_000_000_000,
    };

    fn file(folder: &Path, text: &[u8]) -> PathBuf {
        let path = folder.join("mine.json");
        fs::OpenOptions::new()
            .create_new(true)
            .write(true)
            .open(&path)
            .unwrap()
            .write_all(text)
            .unwrap();
        path
    }

    #[test]
    fn paths_are_taken_from_the_files_folder() {
        let folder = tempfile::tempdir().unwrap();
        let path = file(folder.path(), br#"{"sessions_dir": "kept"}"#);
        let config = load(Some(&path), &Environment::default(), &MACHINE).unwrap();
        assert_eq!(config.sessions_dir, folder.path().join("kept"));
        assert_eq!(config.personality_dir, folder.path().join("personality"));
    }

    #[test]
    fn a_named_file_must_be_there() {
        let folder = tempfile::tempdir().unwrap();
        let error = load(
            Some(&folder.path().join("none.json")),
            &Environment::default(),
            &MACHINE,
        )
        .unwrap_err();
        assert!(matches!(error, LoadError::Missing(_)), "{error}");
    }

    #[test]
    fn a_file_that_is_no_text_is_an_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = file(folder.path(), b"{\xff}");
        let error = load(Some(&path), &Environment::default(), &MACHINE).unwrap_err();
        assert!(matches!(error, LoadError::Read { .. }), "{error}");
    }

    #[test]
    fn what_is_wrong_is_listed_below_the_files_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = file(
            folder.path(),
            br#"{"models": [], "claude": {"max_live": 0}}"#,
        );
        let error = load(Some(&path), &Environment::default(), &MACHINE)
            .unwrap_err()
            .to_string();
        let mut lines = error.lines();
        assert_eq!(
            lines.next(),
            Some(format!("{} is wrong:", path.display()).as_str())
        );
        assert!(lines.next().unwrap().starts_with("models: "), "{error}");
        assert!(
            lines.next().unwrap().starts_with("claude.max_live: "),
            "{error}"
        );
        assert_eq!(lines.next(), None);
    }

    #[test]
    fn without_a_file_every_key_has_its_default() {
        // The tests run in the package's folder, whose own file has no key but `$schema`.
        let config = load(None, &Environment::default(), &MACHINE).unwrap();
        let folder = std::env::current_dir().unwrap();
        assert_eq!(
            config,
            Config::from_json("{}", &folder, &Environment::default(), &MACHINE).unwrap()
        );
    }
}
