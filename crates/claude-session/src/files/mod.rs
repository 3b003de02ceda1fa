//! The one place of this crate that writes files: workspaces, also those of another account, and the kernel's control
//! files. What is created is accessible to its owner alone.

mod folder;
mod tenant;

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
};

pub use folder::{Folder, Owner};
pub use tenant::Tenant;

/// Makes a folder and its parents where they are missing (mode 0700), on disk when this returns, and returns its
/// canonical path.
///
/// # Errors
///
/// As the system gives them.
pub fn create_folder(path: &Path) -> io::Result<PathBuf> {
    let missing: Vec<_> = path
        .ancestors()
        .take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists())
        .collect();
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    for folder in missing {
        sync_folder(folder_of(folder))?;
    }
    path.canonicalize()
}

/// Makes a folder (mode 0700) in a file system of the kernel's own, which has nothing to be fsynced.
///
/// # Errors
///
/// As the system gives them.
pub(crate) fn make_kernel_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(path)
}

/// Writes a word into a file that is the kernel's (`/sys/fs/cgroup/..`): at once, in one piece, never making one.
///
/// # Errors
///
/// As the kernel gives them: its refusal of the word.
pub(crate) fn tell_kernel(path: &Path, word: &str) -> io::Result<()> {
    let written = OpenOptions::new()
        .write(true)
        .open(path)?
        .write(word.as_bytes())?;
    if written == word.len() {
        Ok(())
    } else {
        Err(io::ErrorKind::WriteZero.into())
    }
}

/// Removes a folder in which there are no files but the kernel's, the folders in it first.
///
/// # Errors
///
/// As the system gives them.
pub(crate) fn remove_folders(path: &Path) -> io::Result<()> {
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            remove_folders(&entry.path())?;
        }
    }
    fs::remove_dir(path)
}

fn folder_of(path: &Path) -> &Path {
    path.parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
