//! The one place of this crate that writes files: workspaces, also those of another account, and the kernel's control
//! files. What is created is accessible to its owner alone.

mod folder;
mod workspace_owner;

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
};

pub use folder::{Folder, Owner};
pub use workspace_owner::WorkspaceOwner;

/// Creates a folder and its parents if they are missing (mode 0700) and returns its canonical path. It is on disk when
/// this returns.
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

/// Creates a folder (mode 0700) in a file system of the kernel's, where there is nothing to sync.
///
/// # Errors
///
/// As the system gives them.
pub(crate) fn create_kernel_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(path)
}

/// Writes to a control file of the kernel's (`/sys/fs/cgroup/..`) in one write; never creates one.
///
/// # Errors
///
/// As the kernel gives them: it may refuse what is written.
pub(crate) fn write_kernel_file(path: &Path, text: &str) -> io::Result<()> {
    let written = OpenOptions::new()
        .write(true)
        .open(path)?
        .write(text.as_bytes())?;
    if written == text.len() {
        Ok(())
    } else {
        Err(io::ErrorKind::WriteZero.into())
    }
}

/// Removes a folder that holds no files but the kernel's, and the folders in it.
///
/// # Errors
///
/// As the system gives them.
pub(crate) fn remove_kernel_folder(path: &Path) -> io::Result<()> {
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            remove_kernel_folder(&entry.path())?;
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
