//! The only module that writes files.
//!
//! Every function that succeeds has written to disk: files are replaced as a whole (temporary file in the same folder,
//! fsync, rename, fsync of the folder), lines are appended and fsynced. Files are readable only by their owner.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

pub use claude_session::files::{Folder, Owner, WorkspaceOwner, create_folder};

/// The number of random characters in a temporary file's name.
const RANDOM_CHARACTERS: usize = 6;

/// How many symbolic links to follow to a file that does not exist.
const MAX_LINKS: usize = 40;

/// Replaces a file's content atomically: readers see the old or the new content, never a part.
///
/// Follows symbolic links. The temporary file is named `.<stem>_*.<extension>` and removed on failure. Each call creates
/// a new one, because after a failed fsync a second fsync of the same file may wrongly succeed.
///
/// # Errors
///
/// I/O errors. The file then has its old content, or its new content if only the fsync of the folder failed.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let path = target(path)?;
    let folder = folder_of(&path);
    let (prefix, suffix) = temporary_name(&path);
    let mut file = tempfile::Builder::new()
        .prefix(&prefix)
        .rand_bytes(RANDOM_CHARACTERS)
        .suffix(&suffix)
        .permissions(fs::Permissions::from_mode(0o600))
        .tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(&path).map_err(|error| error.error)?;
    sync_folder(folder)
}

/// Appends a line and a newline. If a crash cut off the last line of the file, that line gets a newline first.
///
/// The caller must retry a failed call with the same line until it succeeds: a line that a failed call left at the end
/// is removed first. So the lines of a file must be unique, and the file must have one writer.
///
/// # Errors
///
/// I/O errors. The line may then remain in the file until the next call.
pub fn append_line(path: &Path, line: &str) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .read(true)
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)?;
    let length = file.metadata()?.len();
    let start = length - length_of_duplicate(&file, length, line)?;
    if start < length {
        file.set_len(start)?;
    }
    let mut bytes = Vec::with_capacity(line.len() + 2);
    if !ends_with_newline(&file, start)? {
        bytes.push(b'\n');
    }
    bytes.extend_from_slice(line.as_bytes());
    bytes.push(b'\n');
    let mut written = file.write_all(&bytes).and_then(|()| file.sync_all());
    if written.is_ok() && start == 0 {
        written = sync_folder(folder_of(path));
    }
    if written.is_err() {
        // If this fails, the next call removes the line.
        drop(file.set_len(start));
    }
    written
}

/// Copies a file to a new file in the same folder.
///
/// # Errors
///
/// I/O errors; `AlreadyExists` if `to` exists.
pub fn copy_new(from: &Path, to: &Path) -> io::Result<()> {
    let mut source = File::open(from)?;
    let mut copy = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(to)?;
    let copied = io::copy(&mut source, &mut copy)
        .and_then(|_| copy.sync_all())
        .and_then(|()| sync_folder(folder_of(to)));
    if copied.is_err() {
        // An incomplete copy is useless. The caller gets the first error.
        drop(fs::remove_file(to));
    }
    copied
}

/// Removes a file.
///
/// # Errors
///
/// I/O errors.
pub fn remove(path: &Path) -> io::Result<()> {
    fs::remove_file(path)
}

/// Removes temporary files of `path` whose writers were killed. No other writer may be running.
pub fn remove_stale_temporaries(path: &Path) {
    let shown = path.display();
    match remove_temporaries(path) {
        Ok(0) => {}
        Ok(removed) => {
            tracing::info!(removed, path = %shown, "removed temporary files of a killed bot");
        }
        Err(error) => {
            tracing::warn!(%error, path = %shown, "failed to remove temporary files of a killed bot");
        }
    }
}

fn remove_temporaries(path: &Path) -> io::Result<usize> {
    let path = target(path)?;
    let (prefix, suffix) = temporary_name(&path);
    let mut removed = 0;
    for entry in fs::read_dir(folder_of(&path))? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let random = name
            .strip_prefix(&prefix)
            .and_then(|rest| rest.strip_suffix(&suffix));
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        if is_file && random.is_some_and(is_random) {
            fs::remove_file(entry.path())?;
            removed += 1;
        }
    }
    Ok(removed)
}

/// Checks that files can be written in a folder, with a temporary one.
///
/// # Errors
///
/// I/O errors.
pub fn try_write(folder: &Path) -> io::Result<()> {
    let mut file = tempfile::Builder::new()
        .prefix(".probe_")
        .tempfile_in(folder)?;
    file.write_all(b"x")?;
    file.as_file().sync_all()
}

/// Opens a file to append to (mode 0600), creating it if it is missing. What is appended is not synced.
///
/// # Errors
///
/// As the system gives them.
pub fn open_append(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)
}

/// Opens a lock file, creating it if it is missing.
///
/// # Errors
///
/// I/O errors.
pub fn open_lock(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
}

/// Overwrites the content of an open file, such as a lock file.
///
/// # Errors
///
/// I/O errors.
pub fn overwrite(file: &mut File, bytes: &[u8]) -> io::Result<()> {
    use std::io::Seek as _;
    // In place, so that content of the same length can be written to a full disk.
    file.rewind()?;
    file.write_all(bytes)?;
    file.set_len(bytes.len() as u64)?;
    file.sync_all()
}

/// Resolves the symbolic links of a path, also to a file that does not exist.
fn target(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..MAX_LINKS {
        match path.canonicalize() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            target => return target,
        }
        match fs::read_link(&path) {
            Ok(to) => path = folder_of(&path).join(to),
            // Not a link: the file does not exist yet.
            Err(_) => return Ok(path),
        }
    }
    Err(io::ErrorKind::InvalidFilename.into())
}

/// The length in bytes of `line` and its newline if the file ends with them, else 0.
fn length_of_duplicate(file: &File, length: u64, line: &str) -> io::Result<u64> {
    use std::os::unix::fs::FileExt as _;
    let own = line.len() as u64 + 1;
    let Some(start) = length.checked_sub(own) else {
        return Ok(0);
    };
    let mut last = vec![0; line.len() + 1];
    file.read_exact_at(&mut last, start)?;
    let is_duplicate = last.strip_suffix(b"\n") == Some(line.as_bytes());
    Ok(if is_duplicate && ends_with_newline(file, start)? {
        own
    } else {
        0
    })
}

fn is_random(part: &str) -> bool {
    part.len() == RANDOM_CHARACTERS && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn ends_with_newline(file: &File, length: u64) -> io::Result<bool> {
    use std::os::unix::fs::FileExt as _;
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
mod tests;
