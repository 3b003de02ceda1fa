//! A folder that is held open: operations on it reach this folder, even if its path leads elsewhere by then.

use std::{
    ffi::OsStr,
    fs::File,
    io,
    os::{
        fd::OwnedFd,
        unix::{ffi::OsStrExt as _, fs::fchown},
    },
    path::Path,
    time::{Duration, SystemTime},
};

use rustix::{
    fs::{
        AtFlags, Dir, FileType, Mode, OFlags, Stat, fstat, mkdirat, open, openat, statat, unlinkat,
    },
    io::Errno,
};

const OPEN_DIRECTORY: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::CLOEXEC);

/// How many folders deep `Folder::remove_all` goes, because each level takes two file descriptors.
const MAX_DEPTH: usize = 64;

/// An owner of files: user id, group id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner(pub u32, pub u32);

impl Owner {
    /// Makes this the owner of an open file.
    pub fn take(self, file: &File) -> io::Result<()> {
        fchown(file, Some(self.0), Some(self.1))
    }
}

/// A regular file of a folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileEntry {
    pub name: String,
    /// In bytes.
    pub size: u64,
    pub modified: SystemTime,
}

/// An open folder, for folders in which others could replace a name by a symbolic link.
#[derive(Debug)]
pub struct Folder(OwnedFd);

impl Folder {
    /// Opens the folder that a path leads to.
    pub fn open(path: &Path) -> io::Result<Self> {
        Ok(Self(open(path, OPEN_DIRECTORY, Mode::empty())?))
    }

    /// Opens the subfolder `name`, and creates it (mode 0700) if it is missing. A link of that name is refused.
    pub fn open_in(&self, name: &OsStr) -> io::Result<Self> {
        match mkdirat(&self.0, name, Mode::RWXU) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(error) => return Err(error.into()),
        }
        self.open_present(name)
    }

    /// Opens the subfolder `name` if it is there. A link of that name is refused.
    pub fn open_present(&self, name: &OsStr) -> io::Result<Self> {
        let flags = OPEN_DIRECTORY | OFlags::NOFOLLOW;
        Ok(Self(openat(&self.0, name, flags, Mode::empty())?))
    }

    pub(super) fn descriptor(&self) -> &OwnedFd {
        &self.0
    }

    pub fn owner(&self) -> io::Result<u32> {
        Ok(fstat(&self.0)?.st_uid)
    }

    /// Makes `owner` the owner, unless the folder belongs to another account already.
    pub fn give(&self, Owner(user, group): Owner) -> io::Result<()> {
        if self.owner()? == rustix::process::geteuid().as_raw() {
            fchown(&self.0, Some(user), Some(group))?;
        }
        Ok(())
    }

    /// Creates a file (mode 0600) to write to and read back. `AlreadyExists` if the name is taken, even by a link.
    pub fn create_new(&self, name: &str) -> io::Result<File> {
        let new = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = openat(&self.0, name, new, Mode::RUSR | Mode::WUSR)?;
        Ok(File::from(file))
    }

    /// Removes a file if it is still there.
    pub fn remove(&self, name: &str) -> io::Result<()> {
        match unlinkat(&self.0, name, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// Removes the subfolder `name`, if it is there, with everything in it. Links are removed, not followed.
    ///
    /// # Errors
    ///
    /// If something cannot be removed, or lies more than 64 folders deep. Then part of it may be gone.
    pub fn remove_all(&self, name: &OsStr) -> io::Result<()> {
        self.remove_all_below(name, MAX_DEPTH)
    }

    fn remove_all_below(&self, name: &OsStr, depth: usize) -> io::Result<()> {
        let Some(depth) = depth.checked_sub(1) else {
            return Err(io::Error::other(format!(
                "more than {MAX_DEPTH} folders deep"
            )));
        };
        let folder = match self.open_present(name) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            folder => folder?,
        };
        for entry in Dir::read_from(&folder.0)? {
            let entry = entry?;
            let name = OsStr::from_bytes(entry.file_name().to_bytes());
            if name == "." || name == ".." {
                continue;
            }
            match unlinkat(&folder.0, name, AtFlags::empty()) {
                Ok(()) | Err(Errno::NOENT) => {}
                Err(Errno::ISDIR | Errno::PERM) => folder.remove_all_below(name, depth)?,
                Err(error) => return Err(error.into()),
            }
        }
        Ok(unlinkat(&self.0, name, AtFlags::REMOVEDIR)?)
    }

    /// Its regular files. Names that are not UTF-8 are left out.
    pub fn files(&self) -> io::Result<Vec<FileEntry>> {
        let mut files = Vec::new();
        for entry in Dir::read_from(&self.0)? {
            let entry = entry?;
            let stat = match statat(&self.0, entry.file_name(), AtFlags::SYMLINK_NOFOLLOW) {
                Ok(stat) => stat,
                Err(Errno::NOENT) => continue,
                Err(error) => return Err(error.into()),
            };
            if FileType::from_raw_mode(stat.st_mode) == FileType::RegularFile
                && let Ok(name) = entry.file_name().to_str()
            {
                files.push(FileEntry {
                    name: name.to_owned(),
                    size: u64::try_from(stat.st_size).unwrap_or(0),
                    modified: modified(&stat),
                });
            }
        }
        Ok(files)
    }
}

/// When a file was last changed; long ago if that is before 1970.
fn modified(stat: &Stat) -> SystemTime {
    let seconds = u64::try_from(stat.st_mtime).unwrap_or(0);
    SystemTime::UNIX_EPOCH + Duration::from_secs(seconds)
}

#[cfg(test)]
mod tests;
