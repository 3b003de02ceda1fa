//! Finding the CLI and other programs on this machine.

use std::{
    env,
    ffi::{OsStr, OsString},
    path::PathBuf,
};

use thiserror::Error;

use crate::Environment;

/// The CLI was not found; the message says how to install it.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error(
    "Claude CLI not found: {}. Install it with `npm install -g @anthropic-ai/claude-code` or \
     `curl -fsSL https://claude.ai/install.sh | bash`, run `claude` once to log in, or give its path \
     if it is installed elsewhere",
    self.reason()
)]
pub struct NotFound {
    /// The name or path that was looked up.
    pub bin: OsString,
}

impl NotFound {
    fn reason(&self) -> String {
        let bin = self.bin.display();
        if self.bin.as_encoded_bytes().contains(&b'/') {
            format!("there is no program {bin}")
        } else {
            format!("{bin} is neither in PATH nor in ~/bin or ~/.local/bin")
        }
    }
}

/// The path of an executable CLI.
pub fn claude(bin: &OsStr, env: &Environment) -> Result<PathBuf, NotFound> {
    program(bin, env).ok_or_else(|| NotFound {
        bin: bin.to_owned(),
    })
}

/// The path of an executable program. `name` is looked up in [`extended_path`] or, if it has a slash, is a path relative to
/// the working directory.
pub fn program(name: impl AsRef<OsStr>, env: &Environment) -> Option<PathBuf> {
    let here = env::current_dir().ok()?;
    which::which_in(name, Some(extended_path(env)), here).ok()
}

/// `PATH` of `env`, followed by `~/bin` and `~/.local/bin` if they are not in it.
pub fn extended_path(env: &Environment) -> OsString {
    let path = env.get("PATH").unwrap_or_default();
    let Some(home) = env.home() else {
        return path.to_owned();
    };
    let folders = env::split_paths(path).filter(|folder| !folder.as_os_str().is_empty());
    let mut folders: Vec<_> = folders.collect();
    for folder in [home.join("bin"), home.join(".local/bin")] {
        if !folders.contains(&folder) {
            folders.push(folder);
        }
    }
    // A home folder with a colon in its name cannot be part of a PATH.
    env::join_paths(folders).unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests;
