//! Workspaces of another account.

use std::{
    io,
    path::{Path, PathBuf},
};

use super::{Folder, Owner};

/// An account other than the host's, and the folders that it may be given. Where that account can write, a path may
/// lead anywhere, so the host creates and changes nothing outside of the account's folders and `workspace_dir`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkspaceOwner {
    pub owner: Owner,
    /// The host's folder whose direct subfolders are given to the account. Canonical.
    pub workspace_dir: PathBuf,
}

impl WorkspaceOwner {
    /// Opens a workspace of the account; returns it and its canonical path.
    ///
    /// A direct subfolder of [`Self::workspace_dir`] is created if it is missing (mode 0700), and given to the account
    /// unless another one owns it. Any other folder must be the account's already, or this fails with
    /// `PermissionDenied`.
    pub fn open(&self, path: &Path) -> io::Result<(Folder, PathBuf)> {
        let found = self.resolve(path)?;
        if let (Some(parent), Some(name)) = (found.parent(), found.file_name())
            && parent == self.workspace_dir
        {
            let folder = Folder::open(parent)?.open_in(name)?;
            folder.give(self.owner)?;
            return Ok((folder, found));
        }
        let folder = Folder::open(&found)?;
        if folder.owner()? != self.owner.0 {
            let reason = "neither belongs to the account that runs the CLI nor lies directly in the workspaces folder";
            let reason = format!("{} {reason}", found.display());
            return Err(io::Error::new(io::ErrorKind::PermissionDenied, reason));
        }
        Ok((folder, found))
    }

    /// The canonical path, even of a subfolder of `workspace_dir` that does not exist yet.
    fn resolve(&self, path: &Path) -> io::Result<PathBuf> {
        match (path.canonicalize(), path.parent(), path.file_name()) {
            (Err(error), Some(parent), Some(name))
                if error.kind() == io::ErrorKind::NotFound
                    && parent.canonicalize()? == self.workspace_dir =>
            {
                Ok(self.workspace_dir.join(name))
            }
            (found, ..) => found,
        }
    }
}

#[cfg(test)]
mod tests;
