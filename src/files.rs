//! The only module that writes files.
//!
//! What a function has written is on disk when it returns: files are replaced as a whole (temporary file in the same
//! folder, fsync, rename, fsync of the folder), lines are appended and fsynced. Files are private to their owner.

mod access;
mod space;

use std::{
    fs::{self, File, OpenOptions},
    io::{self, BufWriter, Seek as _, Write as _},
    os::unix::fs::{FileExt as _, OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

pub use access::{Access, own_ids};
pub use claude_session::files::{FileEntry, Folder, Owner, Refused, WorkspaceOwner, create_folder};
pub use space::{FEW_FILES, Space};

/// The number of random characters in a temporary file's name.
const RANDOM_CHARACTERS: usize = 6;

const MAX_LINKS: usize = 40;

/// How many bytes of a file are written at once.
const BUFFER: usize = 256 << 10;

/// Replaces a file's content atomically: readers see the old or the new content, never a part. Follows symbolic links.
///
/// The temporary file is named `.<stem>_*.<extension>` and removed on failure. It is always a new one, because after a
/// failed fsync a second fsync of the same file may wrongly succeed. After an error, the file has its old content, or its
/// new content if only the fsync of the folder failed.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    replace_with(path, |file| file.write_all(bytes))
}

/// Like [`replace`], for content that `write` writes piece by piece.
pub fn replace_with(
    path: &Path,
    write: impl FnOnce(&mut BufWriter<&File>) -> io::Result<()>,
) -> io::Result<()> {
    let path = target(path)?;
    let folder = folder_of(&path);
    let (prefix, suffix) = temporary_name(&path);
    let file = tempfile::Builder::new()
        .prefix(&prefix)
        .rand_bytes(RANDOM_CHARACTERS)
        .suffix(&suffix)
        .permissions(fs::Permissions::from_mode(0o600))
        .tempfile_in(folder)?;
    let mut out = BufWriter::with_capacity(BUFFER, file.as_file());
    write(&mut out)?;
    out.flush()?;
    drop(out);
    file.as_file().sync_all()?;
    file.persist(&path).map_err(|error| error.error)?;
    sync_folder(folder)
}

/// Appends lines, each with a newline. If a crash cut off the last line of the file, terminates that line first.
///
/// The caller must retry a failed call with the same lines until it succeeds, and may add more, because they may remain at
/// the end of the file until the next call, which removes them. So lines must be unique, and the file must have one writer.
pub fn append_lines(path: &Path, lines: &[String]) -> io::Result<()> {
    let Some(first) = lines.first() else {
        return Ok(());
    };
    let lines: String = lines.iter().flat_map(|line| [line, "\n"]).collect();
    let mut file = open_append(path)?;
    let length = file.metadata()?.len();
    let start = start_of_remains(&file, length, first, lines.len())?;
    if start < length {
        file.set_len(start)?;
    }
    let mut bytes = lines.into_bytes();
    if !ends_with_newline(&file, start)? {
        bytes.insert(0, b'\n');
    }
    let mut written = file.write_all(&bytes).and_then(|()| file.sync_all());
    if written.is_ok() && start == 0 {
        written = sync_folder(folder_of(path));
    }
    if written.is_err() {
        // If this fails too, the next call removes the line.
        drop(file.set_len(start));
    }
    written
}

/// Copies a file to a new file in the same folder. Fails with `AlreadyExists` if that exists.
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
        drop(fs::remove_file(to));
    }
    copied
}

/// Writes a new file. It is not synced.
pub fn write_new(path: &Path, mode: u32, content: &mut impl io::Read) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path)?;
    io::copy(content, &mut file).map(drop)
}

/// Removes temporary files of `path` whose writers were killed. No writer may be running.
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

/// Like [`remove_stale_temporaries`]. Returns how many there were.
pub fn remove_temporaries(path: &Path) -> io::Result<usize> {
    let found = temporaries(path)?;
    for file in &found {
        fs::remove_file(file)?;
    }
    Ok(found.len())
}

/// The temporary files of `path`: a writer's, or those of killed ones.
pub fn temporaries(path: &Path) -> io::Result<Vec<PathBuf>> {
    let path = target(path)?;
    let (prefix, suffix) = temporary_name(&path);
    let mut found = Vec::new();
    for entry in fs::read_dir(folder_of(&path))? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        let random = name
            .strip_prefix(&prefix)
            .and_then(|rest| rest.strip_suffix(&suffix));
        let is_file = entry.file_type().is_ok_and(|kind| kind.is_file());
        if is_file && random.is_some_and(is_random) {
            found.push(entry.path());
        }
    }
    Ok(found)
}

/// Sets the permission bits of a file or folder.
pub fn set_mode(path: &Path, mode: u32) -> io::Result<()> {
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

/// Checks that files can be written in a folder.
pub fn try_write(folder: &Path) -> io::Result<()> {
    let mut file = tempfile::Builder::new()
        .prefix(".probe_")
        .tempfile_in(folder)?;
    file.write_all(b"x")?;
    file.as_file().sync_all()
}

/// Opens a file for appending without syncing, creating it if it is missing.
pub fn open_append(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)
}

/// Opens a lock file, creating it if it is missing.
pub fn open_lock(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(path)
}

/// Overwrites an open file in place, which works on a full disk if the length is the same.
pub fn overwrite(file: &mut File, bytes: &[u8]) -> io::Result<()> {
    file.rewind()?;
    file.write_all(bytes)?;
    file.set_len(bytes.len() as u64)?;
    file.sync_all()
}

/// Resolves the symbolic links of a path, even to a file that does not exist.
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

/// Where the line `first` starts among the last `size` bytes of the file, else the file's length.
fn start_of_remains(file: &File, length: u64, first: &str, size: usize) -> io::Result<u64> {
    let mut end = vec![0; size.min(usize::try_from(length).unwrap_or(size))];
    let start = length - end.len() as u64;
    file.read_exact_at(&mut end, start)?;
    let parts = end.windows(first.len()).zip(start..);
    for (_, place) in parts.filter(|(part, _)| *part == first.as_bytes()) {
        if ends_with_newline(file, place)? {
            return Ok(place);
        }
    }
    Ok(length)
}

fn is_random(part: &str) -> bool {
    part.len() == RANDOM_CHARACTERS && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

fn ends_with_newline(file: &File, length: u64) -> io::Result<bool> {
    if length == 0 {
        return Ok(true);
    }
    let mut last = [0];
    file.read_exact_at(&mut last, length - 1)?;
    Ok(last == *b"\n")
}

fn temporary_name(path: &Path) -> (String, String) {
    let stem = path.file_stem().unwrap_or_default().to_string_lossy();
    let suffix = match path.extension() {
        Some(extension) => format!(".{}", extension.to_string_lossy()),
        None => String::new(),
    };
    (format!(".{stem}_"), suffix)
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
