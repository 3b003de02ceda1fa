//! The one place that writes files.
//!
//! What is acknowledged is on disk: a file is replaced as a whole (temporary file in the same folder, fsync,
//! rename, fsync of the folder), a line is appended and fsynced. Everything is readable by its owner alone.

mod folder;

use std::{
    fs::{self, DirBuilder, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

pub use folder::Folder;

/// Makes a folder and its parents where they are missing (mode 0700) and returns its canonical path.
///
/// # Errors
///
/// As the system gives them.
pub fn create_folder(path: &Path) -> io::Result<PathBuf> {
    DirBuilder::new().recursive(true).mode(0o700).create(path)?;
    path.canonicalize()
}

/// Replaces a file by `bytes`: whoever reads it sees the old content or the new, never a part.
///
/// A symbolic link is followed, so that its target is replaced, not the link. The temporary file is named
/// `.<stem>_*.<extension>`; it is removed on failure.
///
/// # Errors
///
/// As the system gives them; the old content is still there then.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let folder = folder_of(&path);
    let (prefix, suffix) = temporary_name(&path);
    let mut file = tempfile::Builder::new()
        .prefix(&prefix)
        .suffix(&suffix)
        .permissions(fs::Permissions::from_mode(0o600))
        .tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(&path).map_err(|error| error.error)?;
    sync_folder(folder)
}

/// Appends a line and its newline in one write. A file whose last line was cut off by a crash gets a newline
/// first, so that the new line stands alone.
///
/// # Errors
///
/// As the system gives them; a part of the line may have been written then, and the next append heals it.
pub fn append_line(path: &Path, line: &str) -> io::Result<()> {
    let is_new = !path.exists();
    let mut file = OpenOptions::new()
        .read(true)
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)?;
    let mut bytes = Vec::with_capacity(line.len() + 2);
    if !ends_with_newline(&file)? {
        bytes.push(b'\n');
    }
    bytes.extend_from_slice(line.as_bytes());
    bytes.push(b'\n');
    file.write_all(&bytes)?;
    file.sync_all()?;
    if is_new {
        sync_folder(folder_of(path))
    } else {
        Ok(())
    }
}

/// Copies a file to a new one of the same folder, on disk when this returns.
///
/// # Errors
///
/// As the system gives them; `AlreadyExists` where `to` is taken.
pub fn copy_aside(from: &Path, to: &Path) -> io::Result<()> {
    let mut source = File::open(from)?;
    let mut copy = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(to)?;
    io::copy(&mut source, &mut copy)?;
    copy.sync_all()?;
    sync_folder(folder_of(to))
}

/// Removes the temporary files that writers of `path` left behind when they were killed. To be called only where no
/// other writer can be at work. Returns how many there were.
///
/// # Errors
///
/// As the system gives them.
pub fn remove_leftovers(path: &Path) -> io::Result<usize> {
    let (prefix, suffix) = temporary_name(path);
    let mut removed = 0;
    for entry in fs::read_dir(folder_of(path))? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        if is_file && name.starts_with(&prefix) && name.ends_with(&suffix) {
            fs::remove_file(entry.path())?;
            removed += 1;
        }
    }
    Ok(removed)
}

/// Tries whether files can be written in a folder; leaves none behind.
///
/// # Errors
///
/// As the system gives them.
pub fn try_write(folder: &Path) -> io::Result<()> {
    let mut file = tempfile::Builder::new()
        .prefix(".probe_")
        .tempfile_in(folder)?;
    file.write_all(b"x")?;
    file.as_file().sync_all()
}

/// Opens a file for locking, making it where it is missing.
///
/// # Errors
///
/// As the system gives them.
pub fn open_lock(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
}

/// Overwrites the content of a file that is held open, as a lock file is.
///
/// # Errors
///
/// As the system gives them.
pub fn overwrite(file: &mut File, bytes: &[u8]) -> io::Result<()> {
    use std::io::Seek as _;
    file.set_len(0)?;
    file.rewind()?;
    file.write_all(bytes)?;
    file.sync_all()
}

fn ends_with_newline(file: &File) -> io::Result<bool> {
    use std::os::unix::fs::FileExt as _;
    let length = file.metadata()?.len();
    if length == 0 {
        return Ok(true);
    }
    let mut last = [0];
    file.read_exact_at(&mut last, length - 1)?;
    Ok(last == *b"\n")
}

fn temporary_name(path: &Path) -> (String, String) {
    let part = |part: Option<&std::ffi::OsStr>| {
        part.map(|part| part.to_string_lossy().into_owned())
            .unwrap_or_default()
    };
    let extension = part(path.extension());
    let suffix = if extension.is_empty() {
        extension
    } else {
        format!(".{extension}")
    };
    (format!(".{}_", part(path.file_stem())), suffix)
}

fn folder_of(path: &Path) -> &Path {
    path.parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
}

fn sync_folder(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_replaced_file_is_whole_private_and_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("active.json");
        replace(&path, b"one").unwrap();
        replace(&path, b"two").unwrap();
        assert_eq!(fs::read(&path).unwrap(), b"two");
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_link_is_followed() {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("target.json");
        let link = folder.path().join("link.json");
        replace(&target, b"one").unwrap();
        std::os::unix::fs::symlink(&target, &link).unwrap();
        replace(&link, b"two").unwrap();
        assert_eq!(fs::read(&target).unwrap(), b"two");
        assert!(link.is_symlink());
    }

    #[test]
    fn a_failed_replacement_leaves_the_old_content_and_no_temporary_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("taken");
        fs::create_dir(&path).unwrap();
        assert!(replace(&path, b"x").is_err());
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn leftovers_of_killed_writers_are_removed_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("active.json");
        for name in [
            "active.json",
            ".active_x1.json",
            ".active_x2.json",
            ".active_.bak",
            ".other_x.json",
        ] {
            replace(&folder.path().join(name), b"x").unwrap();
        }
        assert_eq!(remove_leftovers(&path).unwrap(), 2);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
    }

    #[test]
    fn a_cut_off_line_does_not_swallow_the_next() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("2026-11.jsonl");
        append_line(&path, "{\"a\":1}").unwrap();
        OpenOptions::new()
            .append(true)
            .open(&path)
            .unwrap()
            .write_all(b"{\"b\":")
            .unwrap();
        append_line(&path, "{\"c\":3}").unwrap();
        assert_eq!(
            fs::read_to_string(&path).unwrap(),
            "{\"a\":1}\n{\"b\":\n{\"c\":3}\n"
        );
    }

    #[test]
    fn what_is_set_aside_never_replaces_anything() {
        let folder = tempfile::tempdir().unwrap();
        let (from, to) = (folder.path().join("a"), folder.path().join("b"));
        replace(&from, b"x").unwrap();
        copy_aside(&from, &to).unwrap();
        assert_eq!(
            copy_aside(&from, &to).unwrap_err().kind(),
            io::ErrorKind::AlreadyExists
        );
    }
}
