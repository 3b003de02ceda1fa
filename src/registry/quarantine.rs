//! Copies of damaged or replaced files: `active.json.corrupt-<time>-<pid>`.

use std::{
    fs::{self, File},
    io::{self, BufReader, Read as _},
    path::{Path, PathBuf},
    process,
};

use chrono::{SecondsFormat, Utc};

use super::document::FILE;
use crate::files;

const KEPT: usize = 5;

const ATTEMPTS: usize = 100;

/// Copies a file of the `sessions` folder, syncs the copy and removes all but the newest copies. Reuses a copy with the
/// same content, so that repeated restarts with the same damaged file do not displace older copies.
pub(super) fn quarantine(path: &Path) -> io::Result<PathBuf> {
    let folder = path.parent().unwrap_or(Path::new("."));
    for copy in quarantined(folder)? {
        if has_same_content(path, &copy)? {
            return Ok(copy);
        }
    }
    let new = copy(path, folder)?;
    let all = quarantined(folder)?;
    for old in &all[..all.len().saturating_sub(KEPT)] {
        fs::remove_file(old)?;
    }
    Ok(new)
}

/// The copies in a folder, oldest first.
pub(super) fn quarantined(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let prefix = format!("{FILE}.corrupt-");
    let mut copies = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(&prefix) {
            copies.push(entry.path());
        }
    }
    copies.sort_unstable();
    Ok(copies)
}

fn copy(from: &Path, folder: &Path) -> io::Result<PathBuf> {
    for _ in 0..ATTEMPTS {
        let time = Utc::now()
            .to_rfc3339_opts(SecondsFormat::Micros, true)
            .replace(':', "-");
        let to = folder.join(format!("{FILE}.corrupt-{time}-{}", process::id()));
        match files::copy_new(from, &to) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            copied => return copied.map(|()| to),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

fn has_same_content(one: &Path, other: &Path) -> io::Result<bool> {
    let (one, other) = (File::open(one)?, File::open(other)?);
    if one.metadata()?.len() != other.metadata()?.len() {
        return Ok(false);
    }
    let mut pairs = BufReader::new(one)
        .bytes()
        .zip(BufReader::new(other).bytes());
    pairs.try_fold(true, |is_same, (one, other)| Ok(is_same && one? == other?))
}

#[cfg(test)]
mod tests;
