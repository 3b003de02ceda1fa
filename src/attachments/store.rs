//! The folder for fetched files.

use std::{fs::File, io, path::Path};

use super::name::{self, file_name};
use crate::{
    files::{self, Folder, Owner, WorkspaceOwner},
    snowflake::MessageId,
};

/// Its name in a workspace.
pub(crate) const FOLDER: &str = "attachments";

/// How many names to try. A name may be taken, because the message ran before.
const TRIES: usize = 100;

/// The folder in one workspace.
pub(super) struct Store {
    folder: Folder,
    /// The account that reads the files, if it is not the bot's.
    reader: Option<Owner>,
}

impl Store {
    /// Opens the folder, creating it if it is missing. A symbolic link in its place is not followed.
    pub(super) fn open(workspace: &Path, tenant: Option<&WorkspaceOwner>) -> io::Result<Self> {
        let workspace = match tenant {
            Some(tenant) => tenant.open(workspace)?.0,
            None => Folder::open(&files::create_folder(workspace)?)?,
        };
        let folder = workspace.open_in(FOLDER.as_ref())?;
        let reader = tenant.map(|tenant| tenant.owner);
        if let Some(reader) = reader {
            folder.give(reader)?;
        }
        Ok(Self { folder, reader })
    }

    /// Creates a file and returns it with its name. Existing files are never overwritten.
    pub(super) fn create(
        &self,
        message: MessageId,
        number: usize,
        original: &str,
    ) -> io::Result<(File, String)> {
        let first = file_name(message, number, original);
        let more =
            (2..=TRIES).map(|try_| file_name(message, number, &format!("{try_}_{original}")));
        for name in std::iter::once(first).chain(more) {
            match self.folder.create_new(&name) {
                Ok(file) => {
                    if let Some(reader) = self.reader {
                        reader.take(&file)?;
                    }
                    return Ok((file, name));
                }
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(error),
            }
        }
        Err(io::ErrorKind::AlreadyExists.into())
    }

    pub(super) fn remove(&self, name: &str) -> io::Result<()> {
        self.folder.remove(name)
    }

    /// Removes the oldest files of earlier messages until the remaining ones and `more` bytes fit into `keep`. Other
    /// files are neither counted nor removed. Returns how many were removed.
    pub(super) fn make_room(&self, message: MessageId, more: u64, keep: u64) -> io::Result<usize> {
        let mut kept: Vec<_> = self
            .folder
            .files()?
            .into_iter()
            .filter_map(|file| Some((name::parse(&file.name)?, file.name, file.size)))
            .collect();
        kept.sort_unstable();
        let mut sum = kept
            .iter()
            .fold(more, |sum, (_, _, size)| sum.saturating_add(*size));
        let mut removed = 0;
        for ((from, _), name, size) in kept {
            if sum <= keep || from >= message.0 {
                break;
            }
            self.folder.remove(&name)?;
            sum -= size;
            removed += 1;
        }
        Ok(removed)
    }
}

#[cfg(test)]
mod tests;
