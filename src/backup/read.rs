//! Reads an archive, which anybody may have made: it names files of the bot, but writes only where these belong, and not
//! more than there is room for.

use std::{
    borrow::Cow,
    io::{self, Read},
    os::unix::fs::{MetadataExt as _, lchown, symlink},
    path::{Path, PathBuf},
};

use flate2::read::GzDecoder;
use tar::{Archive, Entry, EntryType};

use super::contents::{
    CONFIG, FORMAT, MANIFEST, Manifest, PERSONALITY, SESSIONS, TRANSCRIPTS, WORKSPACES, Workspaces,
    names, stays_inside,
};
use crate::{
    claude::{Environment, sandbox::Account},
    files, ledger, persona,
    registry::document,
};

/// How many entries an archive may have.
pub(super) const MAX_ENTRIES: usize = 1_000_000;

/// How long a path may be, with its final NUL.
pub(super) const MAX_PATH: u64 = 4_096;

/// How large the manifest and the configuration may be.
const MAX_CONFIG: u64 = 1 << 20;

/// Where an archive is restored.
pub(crate) struct Target<'a> {
    pub(crate) personality_dir: &'a Path,
    pub(crate) sessions_dir: &'a Path,
    pub(crate) workspaces: &'a Workspaces,
    /// The CLI's.
    pub(crate) environment: &'a Environment,
    pub(crate) account: Option<&'a Account>,
    /// How many bytes may be written.
    pub(crate) room: u64,
}

/// What was restored.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Restored {
    pub(crate) transcripts: usize,
    pub(crate) workspace_files: usize,
    /// Transcripts of workspaces that the configuration does not name any more.
    pub(crate) without_workspace: usize,
    /// Transcripts that were there already, and stay: they have at least what the backup has.
    pub(crate) kept_transcripts: usize,
    /// Files of the personality that were there already, and stay.
    pub(crate) kept: Vec<String>,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum RestoreError {
    #[error("it is not a backup of Switchboard, or damaged: {0}")]
    Invalid(String),
    #[error("a later version of Switchboard made it ({0})")]
    Newer(String),
    #[error("it has more than fits on the disk, or more files than a backup can have")]
    TooLarge,
    #[error("{path}: {error}")]
    Write { path: PathBuf, error: io::Error },
}

#[expect(clippy::needless_pass_by_value, reason = "what `map_err` passes")]
fn invalid(reason: impl ToString) -> RestoreError {
    RestoreError::Invalid(reason.to_string())
}

fn not_written(path: &Path) -> impl FnOnce(io::Error) -> RestoreError + use<> {
    let path = path.to_owned();
    move |error| RestoreError::Write { path, error }
}

/// An entry of an archive: its path, the target of a link, and the content.
struct ArchiveEntry<'a, 'b, R: Read> {
    path: PathBuf,
    link: Option<PathBuf>,
    entry: &'a mut Entry<'b, R>,
}

/// Calls `take` for each entry after the manifest. It may end the reading early by returning `false`.
fn each<R: Read>(
    file: R,
    room: u64,
    mut take: impl FnMut(ArchiveEntry<'_, '_, Limited<GzDecoder<R>>>) -> Result<bool, RestoreError>,
) -> Result<(), RestoreError> {
    let mut archive = Archive::new(Limited {
        inner: GzDecoder::new(file),
        left: room,
    });
    // Long names are read here, so that they are bounded.
    let entries = archive.entries().map_err(invalid)?.raw(true);
    let (mut long_path, mut long_link) = (None, None);
    let mut has_manifest = false;
    for (count, entry) in entries.enumerate() {
        if count > MAX_ENTRIES {
            return Err(RestoreError::TooLarge);
        }
        let mut entry = entry.map_err(invalid)?;
        match entry.header().entry_type() {
            EntryType::GNULongName => {
                long_path = Some(long_name(&mut entry)?);
                continue;
            }
            EntryType::GNULongLink => {
                long_link = Some(long_name(&mut entry)?);
                continue;
            }
            EntryType::Regular | EntryType::Directory | EntryType::Symlink => {}
            other => return Err(invalid(format!("an entry of the kind {other:?}"))),
        }
        let short = |name: Option<Cow<'_, Path>>| name.map(Cow::into_owned);
        let path = match long_path.take() {
            Some(path) => path,
            None => entry.header().path().map_err(invalid)?.into_owned(),
        };
        let link = match long_link.take() {
            Some(link) => Some(link),
            None => short(entry.header().link_name().map_err(invalid)?),
        };
        if !has_manifest {
            if path != Path::new(MANIFEST) {
                return Err(invalid("it has no manifest"));
            }
            check_manifest(&read_text(&mut entry)?)?;
            has_manifest = true;
            continue;
        }
        let entry = &mut entry;
        if !take(ArchiveEntry { path, link, entry })? {
            return Ok(());
        }
    }
    if has_manifest {
        Ok(())
    } else {
        Err(invalid("it is empty"))
    }
}

fn long_name(entry: &mut impl Read) -> Result<PathBuf, RestoreError> {
    let mut name = Vec::new();
    entry
        .take(MAX_PATH)
        .read_to_end(&mut name)
        .map_err(invalid)?;
    if name.len() as u64 == MAX_PATH {
        return Err(invalid("a path is too long"));
    }
    name.truncate(
        name.iter()
            .position(|byte| *byte == 0)
            .unwrap_or(name.len()),
    );
    String::from_utf8(name).map(PathBuf::from).map_err(invalid)
}

fn read_text(entry: &mut impl Read) -> Result<String, RestoreError> {
    let mut text = String::new();
    entry
        .take(MAX_CONFIG)
        .read_to_string(&mut text)
        .map_err(invalid)?;
    Ok(text)
}

fn check_manifest(text: &str) -> Result<(), RestoreError> {
    let manifest: Manifest = serde_json::from_str(text).map_err(invalid)?;
    if manifest.format > FORMAT {
        return Err(RestoreError::Newer(manifest.version));
    }
    Ok(())
}

/// The configuration in an archive.
pub(crate) fn unpack_config(file: impl Read) -> Result<Option<String>, RestoreError> {
    let mut config = None;
    each(file, MAX_CONFIG * 2, |found| {
        if found.path == Path::new(CONFIG) {
            config = Some(read_text(found.entry)?);
        }
        // It is the second one.
        Ok(false)
    })?;
    Ok(config)
}

/// Restores everything but the configuration. The folder of sessions has none yet, and that of workspaces is empty.
pub(crate) fn restore(file: impl Read, target: &Target<'_>) -> Result<Restored, RestoreError> {
    let mut restored = Restored::default();
    // Links come last: no file is written over one.
    let mut links = Vec::new();
    each(file, target.room, |found| {
        let Some(parts) = names(&found.path) else {
            return Err(invalid(format!(
                "the path {} leads out",
                found.path.display()
            )));
        };
        let kind = found.entry.header().entry_type();
        match (kind, &parts[..]) {
            (EntryType::Regular, [CONFIG]) => {}
            (EntryType::Regular, [PERSONALITY, named @ .., name]) => {
                let is_file = persona::file_names().any(|known| known == *name);
                if !is_file || named.len() > 1 || !named.iter().all(|it| persona::is_name(it)) {
                    return Err(invalid(format!("{} belongs nowhere", found.path.display())));
                }
                let path = named
                    .iter()
                    .fold(target.personality_dir.to_owned(), |path, it| path.join(it));
                let path = path.join(name);
                if path.exists() {
                    restored.kept.push(parts[1..].join("/"));
                } else {
                    put(found.entry, &path)?;
                }
            }
            (EntryType::Regular, [SESSIONS, document::FILE]) => {
                put(found.entry, &target.sessions_dir.join(document::FILE))?;
            }
            (EntryType::Regular, [SESSIONS, ledger::FOLDER, name]) => {
                put(
                    found.entry,
                    &target.sessions_dir.join(ledger::FOLDER).join(name),
                )?;
            }
            (EntryType::Regular | EntryType::Directory, [TRANSCRIPTS, place, name, below @ ..])
                if !below.is_empty() =>
            {
                let folder = target
                    .workspaces
                    .transcripts_named(target.environment, place, name);
                if kind == EntryType::Regular {
                    put_transcript(found.entry, (folder, below), target, &mut restored)?;
                }
            }
            (EntryType::Directory, [WORKSPACES, below @ ..]) if !below.is_empty() => {
                let path = below
                    .iter()
                    .fold(target.workspaces.folder().to_owned(), |path, it| {
                        path.join(it)
                    });
                files::create_folder(&path).map_err(not_written(&path))?;
                give(&path, target)?;
            }
            (EntryType::Regular, [WORKSPACES, _, below @ ..]) if !below.is_empty() => {
                let path = parts[1..]
                    .iter()
                    .fold(target.workspaces.folder().to_owned(), |path, it| {
                        path.join(it)
                    });
                put(found.entry, &path)?;
                give(&path, target)?;
                restored.workspace_files += 1;
            }
            (EntryType::Symlink, [WORKSPACES, _, below @ ..]) if !below.is_empty() => {
                let to = found.link.unwrap_or_default();
                if !stays_inside(&to, below.len() - 1) {
                    return Err(invalid(format!(
                        "the link {} leads out",
                        found.path.display()
                    )));
                }
                let path = parts[1..]
                    .iter()
                    .fold(target.workspaces.folder().to_owned(), |path, it| {
                        path.join(it)
                    });
                links.push((path, to));
            }
            _ => return Err(invalid(format!("{} belongs nowhere", found.path.display()))),
        }
        Ok(true)
    })?;
    for (path, to) in links {
        if let Some(parent) = path.parent() {
            if !is_direct(parent) {
                return Err(invalid(format!("{} is below a link", path.display())));
            }
            files::create_folder(parent).map_err(not_written(parent))?;
        }
        symlink(to, &path).map_err(not_written(&path))?;
        give(&path, target)?;
    }
    Ok(restored)
}

/// Writes a file of a session to the folder of its workspace's transcripts, if there is such a workspace.
fn put_transcript(
    entry: &mut Entry<'_, impl Read>,
    (folder, below): (Option<PathBuf>, &[&str]),
    target: &Target<'_>,
    restored: &mut Restored,
) -> Result<(), RestoreError> {
    let is_transcript = match below {
        [name] => Path::new(name).extension().is_some_and(|it| it == "jsonl"),
        _ => false,
    };
    let Some(folder) = folder else {
        restored.without_workspace += usize::from(is_transcript);
        return Ok(());
    };
    let path = below.iter().fold(folder, |path, name| path.join(name));
    let mut place = || {
        let is_there = path.symlink_metadata().is_ok();
        if !is_there {
            put(entry, &path)?;
        }
        Ok(is_there)
    };
    let was_there = match target.account {
        Some(account) => account.with_its_rights(place),
        None => place(),
    }?;
    let count = if was_there {
        &mut restored.kept_transcripts
    } else {
        &mut restored.transcripts
    };
    *count += usize::from(is_transcript);
    Ok(())
}

/// Whether no link stands on the way to a folder, which may be missing.
fn is_direct(folder: &Path) -> bool {
    let there = folder
        .ancestors()
        .find(|above| above.symlink_metadata().is_ok());
    there.is_some_and(|there| there.canonicalize().is_ok_and(|real| real == there))
}

/// Writes a file that does not exist yet.
fn put(entry: &mut Entry<'_, impl Read>, path: &Path) -> Result<(), RestoreError> {
    let is_executable = entry.header().mode().is_ok_and(|mode| mode & 0o100 != 0);
    let mode = if is_executable { 0o700 } else { 0o600 };
    if let Some(parent) = path.parent() {
        files::create_folder(parent).map_err(not_written(parent))?;
    }
    files::write_new(path, mode, entry).map_err(not_written(path))
}

/// Makes the CLI's account the owner of what is in a workspace.
fn give(path: &Path, target: &Target<'_>) -> Result<(), RestoreError> {
    let Some(account) = target.account else {
        return Ok(());
    };
    let is_its_own = path
        .symlink_metadata()
        .is_ok_and(|it| it.uid() == account.user);
    if is_its_own {
        return Ok(());
    }
    lchown(path, Some(account.user), Some(account.group)).map_err(not_written(path))
}

/// Fails once more was read than there is room for.
struct Limited<R> {
    inner: R,
    left: u64,
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.inner.read(buffer)?;
        self.left = self
            .left
            .checked_sub(read as u64)
            .ok_or_else(|| io::Error::other("it unpacks to more than there is room for"))?;
        Ok(read)
    }
}
