//! Finding the CLI on this machine.

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
    /// Where it is not.
    fn reason(&self) -> String {
        let bin = self.bin.display();
        if self.bin.as_encoded_bytes().contains(&b'/') {
            format!("there is no program {bin}")
        } else {
            format!("{bin} is neither in PATH nor in ~/bin or ~/.local/bin")
        }
    }
}

/// The path of the CLI: `bin` is a name that is looked up in [`extended_path`] or, if it has a slash, a path relative to
/// the working directory. It exists and is executable now; that may have changed when it is run.
///
/// # Errors
///
/// If there is no such executable.
pub fn claude(bin: &OsStr, env: &Environment) -> Result<PathBuf, NotFound> {
    let not_found = || NotFound {
        bin: bin.to_owned(),
    };
    let here = env::current_dir().map_err(|_| not_found())?;
    which::which_in(bin, Some(extended_path(env)), here).map_err(|_| not_found())
}

/// `PATH` of `env`, followed by `~/bin` and `~/.local/bin` if they are not in it.
#[must_use]
pub fn extended_path(env: &Environment) -> OsString {
    let path = env.get("PATH").unwrap_or_default();
    let Some(home) = env.home() else {
        return path.to_owned();
    };
    let mut folders: Vec<PathBuf> = env::split_paths(path)
        .filter(|folder| !folder.as_os_str().is_empty())
        .collect();
    for folder in [home.join("bin"), home.join(".local/bin")] {
        if !folders.contains(&folder) {
            folders.push(folder);
        }
    }
    // A home folder with a colon in its name cannot be part of a PATH.
    env::join_paths(folders).unwrap_or_else(|_| path.to_owned())
}

#[cfg(test)]
mod tests {
    use std::{fs, os::unix::fs::PermissionsExt, path::Path};

    use super::*;

    fn executable(path: &Path, mode: u32) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::OpenOptions::new()
            .create_new(true)
            .write(true)
            .open(path)
            .unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn the_path_is_extended_once_and_at_its_end() {
        #[track_caller]
        fn check(variables: &[(&str, &str)], expected: &str) {
            let env: Environment = variables.iter().copied().collect();
            assert_eq!(extended_path(&env), expected);
        }
        check(
            &[("PATH", "/usr/bin:/bin"), ("HOME", "/h")],
            "/usr/bin:/bin:/h/bin:/h/.local/bin",
        );
        check(
            &[("PATH", "/h/.local/bin:/bin"), ("HOME", "/h")],
            "/h/.local/bin:/bin:/h/bin",
        );
        check(&[("PATH", "/bin")], "/bin");
        check(
            &[("PATH", "/bin::"), ("HOME", "/h")],
            "/bin:/h/bin:/h/.local/bin",
        );
        check(&[("HOME", "/h")], "/h/bin:/h/.local/bin");
        check(&[("PATH", "/bin"), ("HOME", "/a:b")], "/bin");
        check(&[], "");
    }

    #[test]
    fn the_cli_is_found_in_the_home_folder() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join(".local/bin/claude-under-test");
        executable(&path, 0o755);
        let env = Environment::from_iter([
            ("PATH", OsStr::new("/nowhere")),
            ("HOME", home.path().as_os_str()),
        ]);
        assert_eq!(
            claude(OsStr::new("claude-under-test"), &env),
            Ok(path.clone())
        );
        assert_eq!(claude(path.as_os_str(), &Environment::default()), Ok(path));
    }

    #[test]
    fn a_file_that_is_not_executable_is_not_found() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("bin/claude-under-test");
        executable(&path, 0o644);
        let env = Environment::from_iter([("HOME", home.path().as_os_str())]);
        assert!(claude(OsStr::new("claude-under-test"), &env).is_err());
        assert!(claude(path.as_os_str(), &env).is_err());
        let message = claude(OsStr::new("no-such-claude"), &env)
            .unwrap_err()
            .to_string();
        assert!(
            message.starts_with("Claude CLI not found: no-such-claude is neither"),
            "{message}"
        );
        assert!(
            message.contains("npm install -g @anthropic-ai/claude-code"),
            "{message}"
        );
    }
}
