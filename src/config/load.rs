//! Reads the configuration file.

use std::{
    fs, io,
    path::{self, Path, PathBuf},
};

use thiserror::Error;

use super::{Config, DEFAULT_FILE, Environment, Machine, Problems};

#[derive(Debug, Error)]
pub enum ConfigError {
    #[error("configuration file not found: {}", .0.display())]
    NotFound(PathBuf),
    #[error("failed to read the configuration file {}: {source}", path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("invalid configuration in {}:\n{problems}", path.display())]
    Invalid { path: PathBuf, problems: Problems },
}

/// Reads the file at `path`, or [`DEFAULT_FILE`] if it exists. Without a file, all settings have their defaults.
pub fn load(
    path: Option<&Path>,
    env: &Environment,
    machine: &Machine,
) -> Result<Config, ConfigError> {
    let given = path.unwrap_or(Path::new(DEFAULT_FILE));
    let failed = |source| {
        let path = given.to_owned();
        ConfigError::Read { path, source }
    };
    let file = path::absolute(given).map_err(failed)?;
    let text = match fs::read_to_string(&file) {
        Ok(text) => text,
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(failed(error)),
        Err(_) if path.is_some() => return Err(ConfigError::NotFound(file)),
        Err(_) => "{}".to_owned(),
    };
    let folder = file.parent().unwrap_or(Path::new("/"));
    match Config::from_json(&text, folder, env, machine) {
        Ok(config) => Ok(Config { file, ..config }),
        Err(problems) => Err(ConfigError::Invalid {
            path: file,
            problems,
        }),
    }
}

#[cfg(test)]
mod tests;
