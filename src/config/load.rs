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
mod tests;
