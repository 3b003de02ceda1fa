//! A `sessions` folder is used by one bot at a time.

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
    instance_id: String,
}

/// Why a folder could not be locked.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    /// Another bot uses it.
    #[error("another Switchboard{} already uses {}", pid.map(|pid| format!(" (pid {pid})")).unwrap_or_default(), folder.display())]
    Held {
        /// Its process id, if the lock file names one.
        pid: Option<u32>,
        /// The folder.
        folder: PathBuf,
    },
    /// The lock file could not be opened or read.
    #[error("failed to lock {}: {error}", path.display())]
    Io {
        /// The lock file.
        path: PathBuf,
        /// The system's error.
        error: io::Error,
    },
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Holder {
    pid: Option<u32>,
    #[serde(alias = "house")]
    instance_id: Option<String>,
    /// The lock file's device and inode. A copied folder gets an instance id of its own.
    place: Option<(u64, u64)>,
}

impl Lock {
    /// Locks a folder, which is created if it is missing. Never waits.
    ///
    /// # Errors
    ///
    /// [`LockError`].
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
        // The content is only informative; the lock itself decides.
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
        let instance_id = holder
            .instance_id
            .filter(|_| holder.place == place)
            .unwrap_or_else(|| uuid::Uuid::new_v4().to_string());
        let holder = Holder {
            pid: Some(std::process::id()),
            instance_id: Some(instance_id.clone()),
            place,
        };
        let text = serde_json::to_string(&holder).map_err(|error| failed(error.into()))?;
        if let Err(error) = files::overwrite(&mut file, text.as_bytes()) {
            // The lock is held all the same, and a full disk must not keep the bot from starting.
            tracing::warn!(%error, path = %path.display(), "failed to write the lock file");
        }
        Ok(Self {
            _file: file,
            instance_id,
        })
    }

    /// Identifies the folder across restarts: processes left over from an earlier run are found by it.
    #[must_use]
    pub fn instance_id(&self) -> &str {
        &self.instance_id
    }
}

#[cfg(test)]
mod tests;
