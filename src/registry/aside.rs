//! Files kept aside before anything takes their place: `active.json.corrupt-<time>-<pid>`.

use std::{
    fs::{self, File},
    io::{self, BufRead as _, BufReader},
    path::{Path, PathBuf},
    process,
};

use chrono::{SecondsFormat, Utc};

use super::load::FILE;
use crate::files;

/// How many are kept.
const KEPT: usize = 5;

/// How often a name is looked for that nobody has.
const NAMES: usize = 100;

/// Copies a file of the `sessions` folder aside, on disk when this returns, and removes the oldest copies beyond the
/// last five. A file of which there is a copy already is not copied again: a bot that is started again and again
/// over the same broken file pushes nothing else out.
pub(super) fn keep_aside(from: &Path) -> io::Result<PathBuf> {
    let folder = from.parent().unwrap_or(Path::new("."));
    for copy in kept(folder)? {
        if is_same(from, &copy)? {
            return Ok(copy);
        }
    }
    let aside = copy(from, folder)?;
    let all = kept(folder)?;
    for old in &all[..all.len().saturating_sub(KEPT)] {
        files::remove(old)?;
    }
    Ok(aside)
}

/// What is kept aside in a folder, oldest first.
pub(super) fn kept(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let prefix = format!("{FILE}.corrupt-");
    let mut kept = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().to_string_lossy().starts_with(&prefix) {
            kept.push(entry.path());
        }
    }
    kept.sort_unstable();
    Ok(kept)
}

fn copy(from: &Path, folder: &Path) -> io::Result<PathBuf> {
    for _ in 0..NAMES {
        let time = Utc::now()
            .to_rfc3339_opts(SecondsFormat::Micros, true)
            .replace(':', "-");
        let aside = folder.join(format!("{FILE}.corrupt-{time}-{}", process::id()));
        match files::copy_aside(from, &aside) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            copied => return copied.map(|()| aside),
        }
    }
    Err(io::ErrorKind::AlreadyExists.into())
}

fn is_same(one: &Path, other: &Path) -> io::Result<bool> {
    let (one, other) = (File::open(one)?, File::open(other)?);
    if one.metadata()?.len() != other.metadata()?.len() {
        return Ok(false);
    }
    let (mut one, mut other) = (BufReader::new(one), BufReader::new(other));
    loop {
        let (left, right) = (one.fill_buf()?, other.fill_buf()?);
        let length = left.len().min(right.len());
        if left[..length] != right[..length] {
            return Ok(false);
        }
        if length == 0 {
            return Ok(left.len() == right.len());
        }
        one.consume(length);
        other.consume(length);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_five_are_kept_and_no_content_twice() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(FILE);
        for round in 0..8 {
            files::replace(&path, &vec![b'x'; 20_000 + round]).unwrap();
            let first = keep_aside(&path).unwrap();
            assert_eq!(keep_aside(&path).unwrap(), first);
        }
        let lengths: Vec<_> = kept(folder.path())
            .unwrap()
            .iter()
            .map(|path| fs::metadata(path).unwrap().len())
            .collect();
        assert_eq!(lengths, [20_003, 20_004, 20_005, 20_006, 20_007]);
    }
}
