//! The only module of this crate that writes files: workspaces, also those of another account, and the kernel's
//! control files. What it creates is accessible to its owner alone.

mod beneath;
mod folder;
mod workspace_owner;

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::DirBuilderExt as _,
    path::{Path, PathBuf},
};

pub use beneath::Refused;
pub use folder::{FileEntry, Folder, Owner};
pub use workspace_owner::WorkspaceOwner;

/// Creates a folder and its parents if they are missing (mode 0700), syncs them to disk, and returns the canonical path.
pub fn create_folder(path: &Path) -> io::Result<PathBuf> {
    let missing: Vec<_> = path
        .ancestors()
        .take_while(|folder| !folder.as_os_str().is_empty() && !folder.exists())
        .collect();
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    for folder in missing {
        let parent = folder.parent().filter(|path| !path.as_os_str().is_empty());
        File::open(parent.unwrap_or(Path::new(".")))?.sync_all()?;
    }
    path.canonicalize()
}

/// Creates a folder (mode 0700) in one of the kernel's file systems, where there is nothing to sync.
pub(crate) fn create_kernel_folder(path: &Path) -> io::Result<()> {
    DirBuilder::new().mode(0o700).create(path)
}

/// Writes to one of the kernel's control files (`/sys/fs/cgroup/..`) in one write; never creates one.
pub(crate) fn write_kernel_file(path: &Path, text: &str) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).open(path)?;
    let written = file.write(text.as_bytes())?;
    let is_whole = written == text.len();
    is_whole
        .then_some(())
        .ok_or(io::ErrorKind::WriteZero.into())
}

/// Removes a folder that holds only the kernel's files, and the folders in it.
pub(crate) fn remove_kernel_folder(path: &Path) -> io::Result<()> {
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            remove_kernel_folder(&entry.path())?;
        }
    }
    fs::remove_dir(path)
}
