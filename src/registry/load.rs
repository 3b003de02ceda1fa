//! Loading `active.json`: what was found, and what the owner should hear of it.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use chrono::{SecondsFormat, Utc};

use super::{catch_up::catch_up, document::Document};
use crate::{files, ledger, snowflake::ChannelId};

/// The file's name in the `sessions` folder.
pub const FILE: &str = "active.json";

/// The copy of the last good content.
pub const BACKUP: &str = "active.json.bak";

/// A registry that could not be read.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// The system did not let us read it; it may well be whole, so nothing may take its place.
    #[error("failed to read {}: {error}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's reason.
        error: io::Error,
    },
    /// It is broken and could not be kept aside, so nothing may take its place.
    #[error("{} is broken ({reason}) and could not be kept aside: {error}", path.display())]
    Aside {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
        /// The system's reason.
        error: io::Error,
    },
}

/// What was found.
#[derive(Debug)]
pub struct Loaded {
    /// The registry.
    pub document: Document,
    /// What the owner should hear of: a broken file kept aside, records that cannot be read.
    pub trouble: Vec<String>,
}

/// Reads the registry of a `sessions` folder and touches nothing.
///
/// # Errors
///
/// As the system gives them; `InvalidData` where the file is broken.
pub fn read(folder: &Path) -> io::Result<Document> {
    let path = folder.join(FILE);
    let said = |kind, reason: &dyn std::fmt::Display| {
        io::Error::new(kind, format!("{}: {reason}", path.display()))
    };
    match fs::read(&path) {
        Ok(bytes) => {
            Document::parse(&bytes).map_err(|error| said(io::ErrorKind::InvalidData, &error))
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Document::default()),
        Err(error) => Err(said(error.kind(), &error)),
    }
}

/// Reads the registry of a `sessions` folder for a bot that will write it.
///
/// Missing or empty: an empty registry. Broken: copied to `active.json.corrupt-<time>`, and the last good content
/// is used. Turns that only the ledger has are counted.
///
/// # Errors
///
/// [`LoadError`]; a bot must not start then, or it would write over what it could not read.
pub fn load(folder: &Path) -> Result<Loaded, LoadError> {
    let path = folder.join(FILE);
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(LoadError::Read { path, error }),
    };
    let mut trouble = Vec::new();
    let mut document = match Document::parse(&bytes) {
        Ok(document) => document,
        Err(reason) => {
            let reason = reason.to_string();
            let aside = keep_aside(&path).map_err(|error| LoadError::Aside {
                path: path.clone(),
                reason: reason.clone(),
                error,
            })?;
            let backup = fs::read(folder.join(BACKUP)).ok();
            let backup = backup.and_then(|bytes| Document::parse(&bytes).ok());
            let used = if backup.is_some() {
                "the last good state is used"
            } else {
                "no good state is left"
            };
            trouble.push(format!(
                "{} is broken ({reason}); it was kept as {}, and {used}",
                path.display(),
                aside.display()
            ));
            backup.unwrap_or_default()
        }
    };
    let (channels, others): (Vec<_>, Vec<_>) = document
        .unreadable()
        .partition(|key| key.parse::<ChannelId>().is_ok());
    if !others.is_empty() {
        let others = others.join(", ");
        trouble.push(format!(
            "no channels, kept as they are in {}: {others}",
            path.display()
        ));
    }
    if !channels.is_empty() {
        // The channel's next message makes a record in their place.
        let aside = keep_aside(&path).map_err(|error| LoadError::Aside {
            path: path.clone(),
            reason: "records without a session".to_owned(),
            error,
        })?;
        trouble.push(format!(
            "channels without a session id in {}: {}; the file as it was is kept as {}",
            path.display(),
            channels.join(", "),
            aside.display()
        ));
    }
    match ledger::newest(&folder.join(ledger::FOLDER)) {
        Ok(lines) => {
            let counted = catch_up(&mut document, &lines);
            if counted > 0 {
                trouble.push(format!(
                    "{counted} turns of the ledger were not counted in {}; they are now",
                    path.display()
                ));
            }
        }
        Err(error) => trouble.push(format!("failed to read the ledger: {error}")),
    }
    Ok(Loaded { document, trouble })
}

fn keep_aside(path: &Path) -> io::Result<PathBuf> {
    let time = Utc::now()
        .to_rfc3339_opts(SecondsFormat::Millis, true)
        .replace(':', "-");
    let mut taken = 0;
    loop {
        let aside = path.with_file_name(format!("{FILE}.corrupt-{time}-{taken}"));
        match files::copy_aside(path, &aside) {
            Ok(()) => return Ok(aside),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => taken += 1,
            Err(error) => return Err(error),
        }
    }
}
