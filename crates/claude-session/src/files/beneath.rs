//! Reading what others can write: a file beneath a folder, opened once and judged by what was opened.

use std::{
    fs::File,
    io::{self, Read as _, Seek as _, SeekFrom},
    path::Path,
};

use rustix::{
    fs::{FileType, Mode, OFlags, ResolveFlags, fstat, openat2},
    io::Errno,
};

use super::Folder;

/// Why a file is not read.
#[derive(Debug, thiserror::Error)]
pub enum Refused {
    /// The path leads out of the folder, or over a symbolic link.
    #[error("the path leads out of the folder or over a symbolic link")]
    Outside,
    #[error("there is no such file")]
    Missing,
    /// A folder, fifo, socket or device.
    #[error("it is not a regular file")]
    NotRegular,
    /// It has another name too, maybe outside of the folder.
    #[error("it has more than one hard link")]
    HardLinked,
    #[error("it is larger than {limit} bytes")]
    TooLarge { limit: u64 },
    #[error(transparent)]
    Io(io::Error),
}

impl From<Errno> for Refused {
    fn from(error: Errno) -> Self {
        match error {
            Errno::XDEV | Errno::LOOP => Self::Outside,
            // Opened for writing by its reader alone, or a socket.
            Errno::NXIO | Errno::NODEV => Self::NotRegular,
            Errno::NOENT | Errno::NOTDIR => Self::Missing,
            other => Self::Io(other.into()),
        }
    }
}

impl Folder {
    /// Reads a regular file of at most `limit` bytes at a relative path beneath this folder.
    ///
    /// Whoever can write in the folder may change it at any moment, so nothing is checked before the file is open: the
    /// kernel follows no link and no `..` out of the folder, and the rest is asked of the open file. Never waits for a
    /// fifo's writer.
    pub fn read_beneath(&self, path: &Path, limit: u64) -> Result<Vec<u8>, Refused> {
        let (file, size) = self.open_beneath(path)?;
        if size > limit {
            return Err(Refused::TooLarge { limit });
        }
        let mut bytes = Vec::new();
        // It may grow while it is read.
        let mut file = file.take(limit.saturating_add(1));
        file.read_to_end(&mut bytes).map_err(Refused::Io)?;
        if bytes.len() as u64 > limit {
            return Err(Refused::TooLarge { limit });
        }
        Ok(bytes)
    }

    /// Reads the last `limit` bytes of such a file.
    pub fn read_end_beneath(&self, path: &Path, limit: u64) -> Result<Vec<u8>, Refused> {
        let (mut file, size) = self.open_beneath(path)?;
        let start = SeekFrom::Start(size.saturating_sub(limit));
        file.seek(start).map_err(Refused::Io)?;
        let mut bytes = Vec::new();
        let read = file.take(limit).read_to_end(&mut bytes);
        read.map_err(Refused::Io)?;
        Ok(bytes)
    }

    /// Opens such a file; also returns its size.
    fn open_beneath(&self, path: &Path) -> Result<(File, u64), Refused> {
        let flags = OFlags::RDONLY | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
        let resolve =
            ResolveFlags::BENEATH | ResolveFlags::NO_SYMLINKS | ResolveFlags::NO_MAGICLINKS;
        let file = openat2(self.descriptor(), path, flags, Mode::empty(), resolve)?;
        let stat = fstat(&file)?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return Err(Refused::NotRegular);
        }
        if stat.st_nlink > 1 {
            return Err(Refused::HardLinked);
        }
        let size = u64::try_from(stat.st_size).unwrap_or(u64::MAX);
        Ok((File::from(file), size))
    }
}

#[cfg(test)]
mod tests;
