//! A folder that is held open.

use std::{
    ffi::OsStr,
    fs::File,
    io,
    os::{fd::OwnedFd, unix::fs::fchown},
    path::Path,
};

use rustix::{
    fs::{AtFlags, Dir, FileType, Mode, OFlags, fstat, mkdirat, open, openat, statat, unlinkat},
    io::Errno,
};

/// How folders are opened.
const HERE: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::CLOEXEC);

/// Whose something is: user id and group id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Owner(pub u32, pub u32);

impl Owner {
    /// Makes an open file this account's own.
    ///
    /// # Errors
    ///
    /// As the system gives them.
    pub fn take(self, file: &File) -> io::Result<()> {
        fchown(file, Some(self.0), Some(self.1))
    }
}

/// A folder that is held open: what is done in it is done there, wherever its name leads by then. For folders that
/// others may write into too, who could put a link in a name's place.
#[derive(Debug)]
pub struct Folder(OwnedFd);

impl Folder {
    /// Opens the folder that a path leads to.
    ///
    /// # Errors
    ///
    /// As the system gives them.
    pub fn open(path: &Path) -> io::Result<Self> {
        Ok(Self(open(path, HERE, Mode::empty())?))
    }

    /// Opens the folder `name` in it, made (mode 0700) where it is missing. A link of that name is refused.
    ///
    /// # Errors
    ///
    /// As the system gives them.
    pub fn open_in(&self, name: &OsStr) -> io::Result<Self> {
        match mkdirat(&self.0, name, Mode::RWXU) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(error) => return Err(error.into()),
        }
        let inner = openat(&self.0, name, HERE | OFlags::NOFOLLOW, Mode::empty())?;
        Ok(Self(inner))
    }

    /// Whose it is: the user's id.
    ///
    /// # Errors
    ///
    /// As the system gives them.
    pub fn owner(&self) -> io::Result<u32> {
        Ok(fstat(&self.0)?.st_uid)
    }

    /// Gives the folder to another account, unless it is somebody else's already.
    ///
    /// # Errors
    ///
    /// As the system gives them.
    pub fn give(&self, Owner(user, group): Owner) -> io::Result<()> {
        if self.owner()? == rustix::process::geteuid().as_raw() {
            fchown(&self.0, Some(user), Some(group))?;
        }
        Ok(())
    }

    /// Makes a file (mode 0600) to write into.
    ///
    /// # Errors
    ///
    /// As the system gives them; `AlreadyExists` where the name is taken, by a link too.
    pub fn create_new(&self, name: &str) -> io::Result<File> {
        let new =
            OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let file = openat(&self.0, name, new, Mode::RUSR | Mode::WUSR)?;
        Ok(File::from(file))
    }

    /// Removes a file, if it is still there.
    ///
    /// # Errors
    ///
    /// As the system gives them.
    pub fn remove(&self, name: &str) -> io::Result<()> {
        match unlinkat(&self.0, name, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// The names of its regular files and their sizes in bytes. A name that is no UTF-8 is left out.
    ///
    /// # Errors
    ///
    /// As the system gives them.
    pub fn files(&self) -> io::Result<Vec<(String, u64)>> {
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
                files.push((name.to_owned(), u64::try_from(stat.st_size).unwrap_or(0)));
            }
        }
        Ok(files)
    }
}
