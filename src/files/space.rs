//! How much room there is on a disk.

use std::{
    fs,
    os::unix::fs::MetadataExt as _,
    path::{Path, PathBuf},
};

use rustix::fs::statvfs;

/// A disk with room for fewer files than this is nearly full: a build or an installation in one workspace may write as many.
pub const FEW_FILES: u64 = 10_000;

/// The room on the disk of a folder.
#[derive(Debug, Clone)]
pub struct Space {
    pub folder: PathBuf,
    pub device: u64,
    pub free_bytes: u64,
    /// `None` if the file system does not count files.
    pub free_files: Option<u64>,
}

impl Space {
    /// Of a folder, or of the nearest one above it that exists.
    pub fn of(folder: &Path) -> Option<Self> {
        let folder = folder.ancestors().find(|folder| folder.exists())?;
        let found = statvfs(folder).ok()?;
        Some(Self {
            folder: folder.to_owned(),
            device: fs::metadata(folder).ok()?.dev(),
            free_bytes: found.f_bavail.saturating_mul(found.f_frsize),
            free_files: (found.f_files > 0).then_some(found.f_favail),
        })
    }
}
