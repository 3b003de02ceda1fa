//! What exists at a path, and where symbolic links lead.

use std::{
    ffi::OsString,
    fs::{self, DirEntry},
    io,
    path::{Component, Path, PathBuf},
};

use rustix::fs::{Access, AtFlags, CWD, accessat};

/// As many as the kernel follows (`path_resolution(7)`).
const MAX_LINKS: usize = 40;

/// What exists at a path, after following symbolic links.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nothing, or nothing accessible.
    Missing,
    /// Anything but a folder.
    File,
    Folder,
}

/// Where a path leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Resolved {
    /// Every symbolic link on the way, even of a parent folder: its canonical path, and its target as written.
    pub(super) links: Vec<(PathBuf, PathBuf)>,
    /// The canonical path, even if nothing is there.
    pub(super) target: PathBuf,
    pub(super) kind: Kind,
}

pub(super) fn kind(path: &Path) -> Kind {
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => Kind::Folder,
        Ok(_) => Kind::File,
        Err(_) => Kind::Missing,
    }
}

/// Follows an absolute path as the kernel does. Fails with `ELOOP`.
pub(super) fn resolve(path: &Path) -> io::Result<Resolved> {
    let mut links = Vec::new();
    let mut target = PathBuf::from("/");
    let mut ahead: Vec<OsString> = steps(path);
    while let Some(step) = ahead.pop() {
        if step == ".." {
            target.pop();
            continue;
        }
        let next = target.join(&step);
        let Ok(written) = fs::read_link(&next) else {
            target = next;
            continue;
        };
        if links.len() == MAX_LINKS {
            return Err(rustix::io::Errno::LOOP.into());
        }
        ahead.extend(steps(&written));
        if written.is_absolute() {
            target = PathBuf::from("/");
        }
        links.push((next, written));
    }
    let kind = kind(&target);
    Ok(Resolved {
        links,
        target,
        kind,
    })
}

/// The components of a path, the last one first.
fn steps(path: &Path) -> Vec<OsString> {
    let parts = path.components().rev();
    let named = parts.filter(|part| matches!(part, Component::Normal(_) | Component::ParentDir));
    named.map(|part| part.as_os_str().to_owned()).collect()
}

/// Whether a missing path could be created. If not, it needs no deny rule, for which the CLI would create it.
pub(super) fn can_be_created(path: &Path) -> bool {
    let parent = path.ancestors().find(|path| path.exists());
    let access = |folder| accessat(CWD, folder, Access::WRITE_OK, AtFlags::EACCESS);
    parent.is_some_and(|folder| access(folder).is_ok())
}

/// The entries of a folder without symbolic links, whose targets have paths of their own.
pub(super) fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let is_no_link = |entry: &DirEntry| entry.file_type().is_ok_and(|kind| !kind.is_symlink());
    entries
        .filter(is_no_link)
        .map(|entry| entry.path())
        .collect()
}

/// The path without symbolic links, as far as it exists.
pub(super) fn canonical(path: &Path) -> PathBuf {
    match (path.canonicalize(), path.parent(), path.file_name()) {
        (Ok(path), ..) => path,
        (Err(_), Some(parent), Some(name)) => canonical(parent).join(name),
        (Err(_), ..) => path.to_owned(),
    }
}

pub(super) fn all_canonical(paths: &[PathBuf]) -> Vec<PathBuf> {
    paths.iter().map(|path| canonical(path)).collect()
}

/// The installation of a program: the outermost `node_modules` around it, unless that contains one of `private`; else the
/// program alone.
pub(super) fn installation(program: &Path, private: &[PathBuf]) -> PathBuf {
    let packages = program
        .ancestors()
        .filter(|folder| folder.file_name() == Some("node_modules".as_ref()))
        .last()
        .filter(|folder| !private.iter().any(|path| path.starts_with(folder)));
    packages.unwrap_or(program).to_owned()
}

#[cfg(test)]
mod tests;
