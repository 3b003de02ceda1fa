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
use crate::{
    claude::{Environment, sandbox::Account},
    files::Folder,
    ledger,
    registry::{Document, document},
};

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
    written: Written,
}

/// Writes everything to `out`.
pub(crate) fn write(source: &Source<'_>, out: impl Write) -> io::Result<Written> {
    let registry = read_if_there(&source.sessions_dir.join(document::FILE))?;
    let document = Document::parse(&registry).map_err(io::Error::other)?;
    let mut archive = Archive {
        tar: Builder::new(GzEncoder::new(out, Compression::default())),
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
    archive.add_files(PERSONALITY, source.personality_dir, whole)?;
    let usage = format!("{SESSIONS}/{}", ledger::FOLDER);
    archive.add_files(&usage, &source.sessions_dir.join(ledger::FOLDER), lines)?;
    let sessions = sessions(&document);
    let mut own: BTreeSet<String> = document.records().map(|(it, _)| it.to_string()).collect();
    own.extend(folders(source.workspaces.folder())?);
    let add = || -> io::Result<()> {
        for (name, folder) in source.workspaces.transcripts(source.environment, own) {
            archive.add_transcripts(&name, &folder, &sessions)?;
        }
        if source.with_workspaces {
            archive.add_workspaces(source.workspaces.folder())?;
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

fn folders(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = entries(folder)?;
    names.retain(|name| folder.join(name).is_dir());
    Ok(names)
}

fn whole(bytes: Vec<u8>) -> Vec<u8> {
    bytes
}

/// Without a last line that is not complete.
fn lines(mut bytes: Vec<u8>) -> Vec<u8> {
    let end = bytes.iter().rposition(|byte| *byte == b'\n');
    bytes.truncate(end.map_or(0, |end| end + 1));
    bytes
}

impl<W: Write> Archive<W> {
    fn add(&mut self, name: &str, bytes: &[u8], is_executable: bool) -> io::Result<()> {
        let mut header = Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(if is_executable { 0o700 } else { 0o600 });
        self.tar.append_data(&mut header, name, bytes)
    }

    /// Adds the regular files directly in a folder.
    fn add_files(
        &mut self,
        name: &str,
        folder: &Path,
        part: fn(Vec<u8>) -> Vec<u8>,
    ) -> io::Result<()> {
        for file in entries(folder)? {
            let path = folder.join(&file);
            if path.is_file() {
                self.add(&format!("{name}/{file}"), &part(fs::read(&path)?), false)?;
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

    fn add_workspaces(&mut self, folder: &Path) -> io::Result<()> {
        for name in folders(folder)? {
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
            if found.is_dir() {
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
                // The link's own name is not below its workspace.
                if kind == Kind::Transcripts || depth == 0 || !stays_inside(&target, depth - 1) {
                    self.written.left_out.push(path);
                    continue;
                }
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
