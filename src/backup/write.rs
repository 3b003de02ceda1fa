//! Writes an archive.
//!
//! The bot may be running: the registry comes first, then the ledger, then the transcripts, which only grow, so that later
//! ones have at least what the earlier ones count. A line that is being written is left out.

use std::{
    collections::BTreeSet,
    fs,
    io::{self, Write},
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use chrono::Utc;
use flate2::{Compression, write::GzEncoder};
use tar::{Builder, EntryType, Header};

use super::contents::{
    CONFIG, FORMAT, MANIFEST, MAX_FILE, Manifest, PERSONALITY, SESSIONS, TRANSCRIPTS, WORKSPACES,
    Workspaces, stays_inside,
};
use super::read::{MAX_ENTRIES, MAX_PATH};
use crate::{
    claude::{Environment, sandbox::Account},
    files::Folder,
    ledger, persona,
    registry::{Document, document},
};

/// The longest name that fits into an entry's own header, in bytes.
const MAX_SHORT_NAME: usize = 99;

/// What is backed up.
pub(crate) struct Source<'a> {
    /// The configuration's text, without secrets.
    pub(crate) config: Option<String>,
    pub(crate) personality_dir: &'a Path,
    pub(crate) sessions_dir: &'a Path,
    pub(crate) workspaces: &'a Workspaces,
    pub(crate) with_workspaces: bool,
    /// The CLI's.
    pub(crate) environment: &'a Environment,
    pub(crate) account: Option<&'a Account>,
}

/// What an archive has.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Written {
    pub(crate) sessions: usize,
    pub(crate) transcripts: usize,
    pub(crate) workspace_files: usize,
    /// What was left out: links that lead out of their workspace, sockets, and files that are too large or unreadable.
    pub(crate) left_out: Vec<PathBuf>,
}

struct Archive<W: Write> {
    tar: Builder<GzEncoder<W>>,
    entries: usize,
    written: Written,
}

/// Writes everything to `out`.
pub(crate) fn write(source: &Source<'_>, out: impl Write) -> io::Result<Written> {
    let registry = read_if_there(&source.sessions_dir.join(document::FILE))?;
    let document = Document::parse(&registry).map_err(io::Error::other)?;
    let mut archive = Archive {
        tar: Builder::new(GzEncoder::new(out, Compression::default())),
        entries: 0,
        written: Written {
            sessions: document.sessions(),
            ..Written::default()
        },
    };
    let manifest = Manifest {
        format: FORMAT,
        version: env!("CARGO_PKG_VERSION").to_owned(),
        created_at: Utc::now().to_rfc3339(),
    };
    archive.add(MANIFEST, &serde_json::to_vec(&manifest)?, false)?;
    if let Some(config) = &source.config {
        archive.add(CONFIG, config.as_bytes(), false)?;
    }
    let named = persona::folders(source.personality_dir).into_iter();
    let named = named.map(|name| {
        (
            source.personality_dir.join(&name),
            format!("{PERSONALITY}/{name}"),
        )
    });
    let default = (source.personality_dir.to_owned(), PERSONALITY.to_owned());
    for (folder, archived) in named.chain([default]) {
        for name in persona::file_names() {
            let path = folder.join(name);
            if path.is_file() {
                archive.add(&format!("{archived}/{name}"), &fs::read(&path)?, false)?;
            }
        }
    }
    let usage = format!("{SESSIONS}/{}", ledger::FOLDER);
    archive.add_ledger(&usage, &source.sessions_dir.join(ledger::FOLDER))?;
    let sessions = sessions(&document);
    let mut own: BTreeSet<String> = document.records().map(|(it, _)| it.to_string()).collect();
    own.extend(folders(source.workspaces.folder())?);
    let add = || -> io::Result<()> {
        for (name, folder) in source.workspaces.transcripts(source.environment, own) {
            archive.add_transcripts(&name, &folder, &sessions)?;
        }
        if source.with_workspaces {
            archive.add_workspaces(source)?;
        }
        Ok(())
    };
    match source.account {
        Some(account) => account.with_its_rights(add),
        None => add(),
    }?;
    // The last one, so that a registry which was restored has everything.
    if !registry.is_empty() {
        archive.add(&format!("{SESSIONS}/{}", document::FILE), &registry, false)?;
    }
    archive.tar.into_inner()?.finish()?;
    Ok(archive.written)
}

/// The sessions that a registry has, present and earlier ones.
fn sessions(document: &Document) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (_, record) in document.records() {
        for session in record.earlier.iter().chain([&record]) {
            found.insert(session.session_id.clone());
            found.extend(session.state.fork.as_ref().map(|fork| fork.from.clone()));
        }
    }
    found
}

fn read_if_there(path: &Path) -> io::Result<Vec<u8>> {
    match fs::read(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        read => read,
    }
}

/// The names of a folder's entries, in order; none if it is missing.
fn entries(folder: &Path) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let names = entries.map(|entry| Ok(entry?.file_name().into_string().ok()));
    let mut names: Vec<String> = names
        .filter_map(io::Result::transpose)
        .collect::<io::Result<_>>()?;
    names.sort_unstable();
    Ok(names)
}

/// What has a name that is not text, and cannot be backed up.
fn without_name(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let unnamed = entries.filter(|entry| entry.file_name().to_str().is_none());
    unnamed.map(|entry| entry.path()).collect()
}

fn folders(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = entries(folder)?;
    names.retain(|name| folder.join(name).is_dir());
    Ok(names)
}

/// Without a last line that is not complete.
fn lines(mut bytes: Vec<u8>) -> Vec<u8> {
    let end = bytes.iter().rposition(|byte| *byte == b'\n');
    bytes.truncate(end.map_or(0, |end| end + 1));
    bytes
}

impl<W: Write> Archive<W> {
    fn add(&mut self, name: &str, bytes: &[u8], is_executable: bool) -> io::Result<()> {
        self.count(name, "")?;
        let mut header = Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(if is_executable { 0o700 } else { 0o600 });
        self.tar.append_data(&mut header, name, bytes)
    }

    /// Counts what an entry takes as the reader does: a long name is an entry of its own.
    fn count(&mut self, name: &str, target: &str) -> io::Result<()> {
        let is_long = |name: &str| usize::from(name.len() > MAX_SHORT_NAME);
        self.entries += 1 + is_long(name) + is_long(target);
        if self.entries > MAX_ENTRIES {
            return Err(io::Error::other(format!(
                "there are more than the {MAX_ENTRIES} files that a backup can have; leave the workspaces out"
            )));
        }
        Ok(())
    }

    /// Adds the regular files directly in the ledger's folder.
    fn add_ledger(&mut self, name: &str, folder: &Path) -> io::Result<()> {
        for file in entries(folder)? {
            let path = folder.join(&file);
            if path.is_file() {
                self.add(&format!("{name}/{file}"), &lines(fs::read(&path)?), false)?;
            }
        }
        Ok(())
    }

    /// Adds the transcripts of these sessions, each with what else is named after its session.
    fn add_transcripts(
        &mut self,
        workspace: &str,
        folder: &Path,
        sessions: &BTreeSet<String>,
    ) -> io::Result<()> {
        for name in entries(folder)? {
            let (session, extension) = name.split_once('.').unwrap_or((&name, ""));
            if !sessions.contains(session) {
                continue;
            }
            self.written.transcripts += usize::from(extension == "jsonl");
            let prefix = format!("{TRANSCRIPTS}/{workspace}");
            self.add_tree(&prefix, folder, &name, Kind::Transcripts)?;
        }
        Ok(())
    }

    fn add_workspaces(&mut self, source: &Source<'_>) -> io::Result<()> {
        let folder = source.workspaces.folder();
        let own = [source.sessions_dir, source.personality_dir].map(Path::canonicalize);
        let own: Vec<PathBuf> = own.into_iter().flatten().collect();
        for name in folders(folder)? {
            if own.contains(&folder.join(&name)) {
                continue;
            }
            self.add_tree(WORKSPACES, folder, &name, Kind::Workspace)?;
        }
        Ok(())
    }

    /// Adds what is at `name` in `folder`. Claude can write there at any moment, so nothing is read over links.
    fn add_tree(&mut self, prefix: &str, folder: &Path, name: &str, kind: Kind) -> io::Result<()> {
        let root = Folder::open(folder)?;
        let mut open = vec![(PathBuf::from(name), 0)];
        while let Some((below, depth)) = open.pop() {
            let path = folder.join(&below);
            let archived = format!("{prefix}/{}", below.display());
            let found = fs::symlink_metadata(&path);
            let Ok(found) = found.map_err(|_| self.written.left_out.push(path.clone())) else {
                continue;
            };
            if archived.len() as u64 >= MAX_PATH {
                self.written.left_out.push(path);
                continue;
            }
            if found.is_dir() {
                self.written.left_out.extend(without_name(&path));
                self.count(&archived, "")?;
                let mut header = Header::new_gnu();
                header.set_entry_type(EntryType::Directory);
                header.set_size(0);
                header.set_mode(0o700);
                self.tar.append_data(&mut header, &archived, io::empty())?;
                let Ok(entries) = entries(&path) else {
                    self.written.left_out.push(path);
                    continue;
                };
                let below = entries
                    .into_iter()
                    .map(|name| (below.join(name), depth + 1));
                open.extend(below);
            } else if found.is_symlink() {
                let target = fs::read_link(&path).unwrap_or_default();
                let text = target
                    .to_str()
                    .filter(|it| (it.len() as u64) < MAX_PATH - 1);
                // The link's own name is not below its workspace.
                let is_kept =
                    kind != Kind::Transcripts && depth > 0 && stays_inside(&target, depth - 1);
                let Some(text) = text.filter(|_| is_kept) else {
                    self.written.left_out.push(path);
                    continue;
                };
                self.count(&archived, text)?;
                let mut header = Header::new_gnu();
                header.set_entry_type(EntryType::Symlink);
                header.set_size(0);
                self.tar.append_link(&mut header, &archived, &target)?;
            } else if let Ok(bytes) = root.read_beneath(&below, MAX_FILE) {
                let is_executable = found.permissions().mode() & 0o100 != 0;
                let is_lines = path.extension().is_some_and(|it| it == "jsonl");
                let bytes = match kind {
                    Kind::Transcripts if is_lines => lines(bytes),
                    _ => bytes,
                };
                self.add(&archived, &bytes, is_executable)?;
                self.written.workspace_files += usize::from(kind == Kind::Workspace);
            } else {
                self.written.left_out.push(path);
            }
        }
        Ok(())
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Transcripts,
    Workspace,
}
