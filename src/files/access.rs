//! Who can use a file.

use std::{
    fs, io,
    os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown},
    path::Path,
};

pub use claude_session::sandbox::own_ids;

/// A file's permission bits, and whose they are.
#[derive(Debug, Clone, Copy)]
pub struct Access {
    pub mode: u32,
    pub owner: u32,
    pub group: u32,
}

impl Access {
    pub fn of(path: &Path) -> io::Result<Self> {
        let found = fs::metadata(path)?;
        Ok(Self {
            mode: found.mode() & 0o7777,
            owner: found.uid(),
            group: found.gid(),
        })
    }

    /// Those of `bits` that let in whom the owner did not choose. A group that is not the owner's own was chosen: it may
    /// be how the bot reads the file. `own` are the ids of this process.
    pub fn open(self, bits: u32, own: (u32, u32)) -> u32 {
        let chosen = if self.has_own_group(own) { 0 } else { 0o070 };
        self.mode & bits & !chosen
    }

    /// Gives a file that has replaced another one the access of that.
    pub fn restore(self, path: &Path) -> io::Result<()> {
        let now = Self::of(path)?;
        if (now.owner, now.group) != (self.owner, self.group) {
            chown(path, Some(self.owner), Some(self.group))?;
        }
        fs::set_permissions(path, fs::Permissions::from_mode(self.mode))
    }

    pub fn has_own_group(self, own: (u32, u32)) -> bool {
        self.owner == self.group || (self.owner, self.group) == own
    }
}
