//! The one place that writes files.
//!
//! What is acknowledged is on disk: a file is replaced as a whole (temporary file in the same folder, fsync,
//! rename, fsync of the folder), a line is appended and fsynced. Everything is readable by its owner alone.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Write as _},
    os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _},
    path::{Path, PathBuf},
};

pub use claude_session::files::{Folder, Owner, Tenant, create_folder};

/// How many random characters a temporary file's name has.
const RANDOM: usize = 6;

/// How many links are followed to a file that is not there.
const LINKS: usize = 40;

/// Replaces a file by `bytes`: whoever reads it sees the old content or the new, never a part.
///
/// A symbolic link is followed, so that its target is replaced, not the link. The temporary file is named
/// `.<stem>_*.<extension>`; it is removed on failure, and a later call makes another: where fsync has failed, a
/// second one on the same file may say that all is well.
///
/// # Errors
///
/// As the system gives them; the file has its old content then or, where the folder could not be fsynced, its new.
pub fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let path = target(path)?;
    let folder = folder_of(&path);
    let (prefix, suffix) = temporary_name(&path);
    let mut file = tempfile::Builder::new()
        .prefix(&prefix)
        .rand_bytes(RANDOM)
        .suffix(&suffix)
        .permissions(fs::Permissions::from_mode(0o600))
        .tempfile_in(folder)?;
    file.write_all(bytes)?;
    file.as_file().sync_all()?;
    file.persist(&path).map_err(|error| error.error)?;
    sync_folder(folder)
}

/// Appends a line and its newline, on disk when this returns. A file whose last line was cut off by a crash gets a
/// newline first, so that the new line stands alone.
///
/// To be called again with the same line until it succeeds: a line that an earlier, failed call left at the end is
/// taken away first. So the lines of a file must differ, and have one writer.
///
/// # Errors
///
/// As the system gives them; the line may stand there then until the next call.
pub fn append_line(path: &Path, line: &str) -> io::Result<()> {
    let mut file = OpenOptions::new()
        .read(true)
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)?;
    let length = file.metadata()?.len();
    let start = length - length_of_last(&file, length, line)?;
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
        // What cannot be taken away now is taken away by the next call.
        drop(file.set_len(start));
    }
    written
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
    let copied = io::copy(&mut source, &mut copy)
        .and_then(|_| copy.sync_all())
        .and_then(|()| sync_folder(folder_of(to)));
    if copied.is_err() {
        // A part of a copy is worth nothing; the error is told.
        drop(fs::remove_file(to));
    }
    copied
}

/// Removes a file.
///
/// # Errors
///
/// As the system gives them.
pub fn remove(path: &Path) -> io::Result<()> {
    fs::remove_file(path)
}

/// Removes the temporary files that writers of `path` left behind when they were killed. To be called only where no
/// other writer can be at work.
pub fn sweep(path: &Path) {
    let shown = path.display();
    match remove_leftovers(path) {
        Ok(0) => {}
        Ok(removed) => {
            tracing::info!(removed, path = %shown, "removed temporary files of a bot that was killed");
        }
        Err(error) => {
            tracing::warn!(%error, path = %shown, "temporary files of a bot that was killed may be left");
        }
    }
}

fn remove_leftovers(path: &Path) -> io::Result<usize> {
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
    // In place: content of the same length can be written on a full disk.
    file.rewind()?;
    file.write_all(bytes)?;
    file.set_len(bytes.len() as u64)?;
    file.sync_all()
}

/// The file that a path leads to, be it there or not.
fn target(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..LINKS {
        match path.canonicalize() {
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            target => return target,
        }
        match fs::read_link(&path) {
            Ok(to) => path = folder_of(&path).join(to),
            // It is no link: there is no such file yet.
            Err(_) => return Ok(path),
        }
    }
    Err(io::ErrorKind::InvalidFilename.into())
}

/// How many bytes the line has at the file's end; 0 where something else stands there.
fn length_of_last(file: &File, length: u64, line: &str) -> io::Result<u64> {
    use std::os::unix::fs::FileExt as _;
    let own = line.len() as u64 + 1;
    let Some(start) = length.checked_sub(own) else {
        return Ok(0);
    };
    let mut last = vec![0; line.len() + 1];
    file.read_exact_at(&mut last, start)?;
    let is_ours = last.strip_suffix(b"\n") == Some(line.as_bytes());
    Ok(if is_ours && ends_with_newline(file, start)? {
        own
    } else {
        0
    })
}

fn is_random(part: &str) -> bool {
    part.len() == RANDOM && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
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
    fn a_link_to_what_is_not_there_stays_a_link() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir(folder.path().join("elsewhere")).unwrap();
        let link = folder.path().join("link.json");
        std::os::unix::fs::symlink("elsewhere/target.json", &link).unwrap();
        replace(&link, b"one").unwrap();
        assert_eq!(
            fs::read(folder.path().join("elsewhere/target.json")).unwrap(),
            b"one"
        );
        let gone = folder.path().join("gone.json");
        std::os::unix::fs::symlink("not mounted/target.json", &gone).unwrap();
        assert!(replace(&gone, b"one").is_err());
        assert!(link.is_symlink() && gone.is_symlink());
        let around = folder.path().join("around.json");
        std::os::unix::fs::symlink("around.json", &around).unwrap();
        assert!(replace(&around, b"one").is_err());
    }

    #[test]
    fn a_line_that_a_failed_call_left_is_not_doubled() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("2026-11.jsonl");
        for line in ["{\"a\":1}", "{\"b\":2}", "{\"b\":2}"] {
            append_line(&path, line).unwrap();
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), "{\"a\":1}\n{\"b\":2}\n");
        append_line(&path, "2}").unwrap();
        append_line(&path, "{\"b\":2}").unwrap();
        assert_eq!(
            fs::read_to_string(&path).unwrap(),
            "{\"a\":1}\n{\"b\":2}\n2}\n{\"b\":2}\n"
        );
    }

    #[test]
    fn writers_at_once_never_tear_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("active.json");
        replace(&path, b"0").unwrap();
        std::thread::scope(|scope| {
            let write = |byte: u8| {
                let path = &path;
                move || (0..100).for_each(|n| replace(path, &vec![byte; 5_000 + n]).unwrap())
            };
            let writers = [scope.spawn(write(b'a')), scope.spawn(write(b'b'))];
            while !writers
                .iter()
                .all(std::thread::ScopedJoinHandle::is_finished)
            {
                let found = fs::read(&path).unwrap();
                assert!(found.iter().all(|byte| *byte == found[0]), "torn");
            }
        });
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
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
            ".active_abcde1.json",
            ".active_abcde2.json",
            ".active_backup of mine.json",
            ".active_abcdef.bak",
            ".other_x.json",
        ] {
            replace(&folder.path().join(name), b"x").unwrap();
        }
        assert_eq!(remove_leftovers(&path).unwrap(), 2);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 4);
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
