//! One bot to a `sessions` folder.

use std::{
    fs::{File, TryLockError},
    io::{self, Read as _},
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use crate::files;

/// The lock on a `sessions` folder, held until it is dropped or the process ends.
#[derive(Debug)]
pub struct Lock {
    _file: File,
    house: String,
}

/// Why a folder could not be locked.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another bot serves it.
    #[error("another Switchboard{} already uses {}", pid.map(|pid| format!(" (pid {pid})")).unwrap_or_default(), folder.display())]
    Held {
        /// Its process id, where the lock file tells.
        pid: Option<u32>,
        /// The folder.
        folder: PathBuf,
    },
    /// The lock file could not be opened or read.
    #[error("failed to lock {}: {error}", path.display())]
    Io {
        /// The lock file.
        path: PathBuf,
        /// The system's reason.
        error: io::Error,
    },
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Holder {
    pid: Option<u32>,
    house: Option<String>,
    /// The lock file's device and inode: a copied folder is another house.
    place: Option<(u64, u64)>,
}

impl Lock {
    /// Locks a folder, making it where it is missing.
    ///
    /// # Errors
    ///
    /// [`LockError::Held`] at once where another process has it; never waits.
    pub fn take(folder: &Path) -> Result<Self, LockError> {
        let path = folder.join(".lock");
        let failed = |error| LockError::Io {
            path: path.clone(),
            error,
        };
        files::create_folder(folder).map_err(failed)?;
        let mut file = files::open_lock(&path).map_err(failed)?;
        let locked = file.try_lock();
        let mut text = String::new();
        file.read_to_string(&mut text).map_err(failed)?;
        // What stands in the file informs; the lock itself decides.
        let holder: Holder = serde_json::from_str(&text).unwrap_or_default();
        match locked {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(LockError::Held {
                    pid: holder.pid,
                    folder: folder.to_owned(),
                });
            }
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
        let metadata = file.metadata().map_err(failed)?;
        let place = Some((metadata.dev(), metadata.ino()));
        let house = holder
            .house
            .filter(|_| holder.place == place)
            .unwrap_or_else(|| uuid::Uuid::new_v4().to_string());
        let holder = Holder {
            pid: Some(std::process::id()),
            house: Some(house.clone()),
            place,
        };
        let text = serde_json::to_string(&holder).map_err(|error| failed(error.into()))?;
        if let Err(error) = files::overwrite(&mut file, text.as_bytes()) {
            // The lock holds all the same: a full disk must not keep the bot from starting.
            tracing::warn!(%error, path = %path.display(), "who holds the lock is not written down");
        }
        Ok(Self { _file: file, house })
    }

    /// A name of this folder that outlives the bot: what a bot left running is found by it.
    #[must_use]
    pub fn house(&self) -> &str {
        &self.house
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_holder_is_refused_with_the_pid_of_the_first() {
        let folder = tempfile::tempdir().unwrap();
        let first = Lock::take(folder.path()).unwrap();
        let Err(LockError::Held { pid, .. }) = Lock::take(folder.path()) else {
            panic!("two holders")
        };
        assert_eq!(pid, Some(std::process::id()));
        let house = first.house().to_owned();
        drop(first);
        assert_eq!(Lock::take(folder.path()).unwrap().house(), house);
    }

    #[test]
    fn a_spoilt_lock_file_is_no_obstacle() {
        let folder = tempfile::tempdir().unwrap();
        files::replace(&folder.path().join(".lock"), b"\xff{").unwrap_or_default();
        assert!(matches!(
            Lock::take(folder.path()),
            Ok(_) | Err(LockError::Io { .. })
        ));
        files::replace(&folder.path().join(".lock"), b"nonsense").unwrap();
        assert!(Lock::take(folder.path()).is_ok());
    }
}
