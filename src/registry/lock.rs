//! The lock that keeps a second bot out of a `sessions` folder.

use std::{
    fs::{File, TryLockError},
    io::{self, Read as _},
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use serde::{Deserialize, Serialize};

use crate::files;

/// How long a bot waits for the lock, and how often it tries.
const PATIENCE: Duration = Duration::from_secs(1);
const PAUSE: Duration = Duration::from_millis(50);

/// The lock on a `sessions` folder, held until it is dropped or the process ends.
#[derive(Debug)]
pub struct Lock {
    _file: File,
    instance_id: String,
}

#[derive(Debug, thiserror::Error)]
pub enum LockError {
    #[error("another Switchboard{} already uses {}", pid.map(|pid| format!(" (pid {pid})")).unwrap_or_default(), folder.display())]
    Held {
        /// From the lock file.
        pid: Option<u32>,
        folder: PathBuf,
    },
    #[error("failed to lock {}: {error}", path.display())]
    Io { path: PathBuf, error: io::Error },
}

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Holder {
    pid: Option<u32>,
    #[serde(alias = "house")]
    instance_id: Option<String>,
    /// The lock file's device and inode, so that a copied folder gets a new instance ID.
    place: Option<(u64, u64)>,
}

impl Lock {
    /// Locks a folder, creating it if it is missing. Does not wait.
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
            // The lock is held anyway, and a full disk must not prevent a start.
            tracing::warn!(%error, path = %path.display(), "failed to write the lock file");
        }
        Ok(Self {
            _file: file,
            instance_id,
        })
    }

    /// Locks a folder for a bot. Waits a little, because `doctor` and `check` hold the lock for a moment.
    pub async fn take_for_bot(folder: &Path) -> Result<Self, LockError> {
        let until = Instant::now() + PATIENCE;
        loop {
            match Self::take(folder) {
                Err(LockError::Held { .. }) if Instant::now() < until => {
                    tokio::time::sleep(PAUSE).await;
                }
                taken => return taken,
            }
        }
    }

    /// Identifies the folder across restarts, to find processes that an earlier run left behind.
    pub fn instance_id(&self) -> &str {
        &self.instance_id
    }
}

#[cfg(test)]
mod tests;
