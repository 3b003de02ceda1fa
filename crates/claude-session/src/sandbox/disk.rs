//! What lies on this machine's disk, and where links lead.

use std::{
    ffi::OsString,
    fs, io,
    path::{Component, Path, PathBuf},
};

use rustix::fs::{Access, AtFlags, CWD};

use super::mounts::Kind;

/// As many as the kernel follows (manual page `path_resolution(7)`).
const LINKS_FOLLOWED: usize = 40;

/// What lies at a path.
pub(super) fn look(path: &Path) -> Kind {
    match fs::metadata(path) {
        Ok(found) if found.is_dir() => Kind::Folder,
        Ok(_) => Kind::File,
        Err(_) => Kind::Missing,
    }
}

/// Whether what is not there could be made. What could not needs no seal, for which the CLI would make it.
pub(super) fn may_be_made(path: &Path) -> bool {
    let there = path.ancestors().find(|path| path.exists());
    there.is_some_and(|folder| {
        let folder = rustix::fs::accessat(CWD, folder, Access::WRITE_OK, AtFlags::EACCESS);
        folder.is_ok()
    })
}

/// What a folder holds, without symbolic links: what they point to has a place of its own.
pub(super) fn entries(folder: &Path) -> Vec<PathBuf> {
    let Ok(found) = fs::read_dir(folder) else {
        return Vec::new();
    };
    let entries = found.filter_map(Result::ok);
    entries
        .filter(|entry| entry.file_type().is_ok_and(|kind| !kind.is_symlink()))
        .map(|entry| entry.path())
        .collect()
}

/// The files, folders and symbolic links in a folder, and what the links say.
pub(super) fn contents(folder: &Path) -> io::Result<Vec<(String, Option<PathBuf>)>> {
    let mut contents = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let (Ok(kind), Ok(name)) = (entry.file_type(), entry.file_name().into_string()) else {
            continue;
        };
        if kind.is_symlink() {
            let target = fs::read_link(entry.path()).ok();
            contents.extend(target.map(|target| (name, Some(target))));
        } else if kind.is_file() || kind.is_dir() {
            contents.push((name, None));
        }
    }
    Ok(contents)
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

/// Walks a path as the kernel does: every symbolic link on the way, of folders too, and the file at its end.
///
/// A program may ask by which name it was called, so it must still have that name inside the walls.
pub(super) fn trail(program: &Path) -> io::Result<(Vec<(PathBuf, PathBuf)>, PathBuf)> {
    let mut links = Vec::new();
    let mut here = PathBuf::from("/");
    let mut ahead: Vec<OsString> = steps(program);
    while let Some(step) = ahead.pop() {
        if step == ".." {
            here.pop();
            continue;
        }
        let next = here.join(&step);
        let Ok(target) = fs::read_link(&next) else {
            here = next;
            continue;
        };
        if links.len() == LINKS_FOLLOWED {
            return Err(rustix::io::Errno::LOOP.into());
        }
        ahead.extend(steps(&target));
        if target.is_absolute() {
            here = PathBuf::from("/");
        }
        links.push((next, target));
    }
    Ok((links, here))
}

/// The parts of a path, the last one first.
fn steps(path: &Path) -> Vec<OsString> {
    let parts = path.components().rev();
    let named = parts.filter(|part| matches!(part, Component::Normal(_) | Component::ParentDir));
    named.map(|part| part.as_os_str().to_owned()).collect()
}

/// What has to be visible of an installation: the folder of npm's packages that the program is one of, or else the
/// file alone. Nothing that holds what is to be hidden.
pub(super) fn package(file: &Path, hidden: &[PathBuf]) -> PathBuf {
    let packages = file
        .ancestors()
        .filter(|folder| {
            folder
                .file_name()
                .is_some_and(|name| name == "node_modules")
        })
        .last()
        .filter(|folder| !hidden.iter().any(|hidden| hidden.starts_with(folder)));
    packages.unwrap_or(file).to_owned()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn every_link_of_a_program_is_known() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().canonicalize().unwrap().join(name);
        fs::create_dir(at("lib")).unwrap();
        fs::File::create_new(at("lib/claude.exe")).unwrap();
        symlink("lib/claude.exe", at("claude")).unwrap();
        symlink(at("claude"), at("named")).unwrap();
        symlink("lib", at("library")).unwrap();
        let (links, file) = trail(&at("named")).unwrap();
        let expected = [
            (at("named"), at("claude")),
            (at("claude"), "lib/claude.exe".into()),
        ];
        assert_eq!((links, file), (expected.to_vec(), at("lib/claude.exe")));
        let (links, file) = trail(&at("library/../library/claude.exe")).unwrap();
        let expected = (at("library"), PathBuf::from("lib"));
        assert_eq!(links, [expected.clone(), expected]);
        assert_eq!(file, at("lib/claude.exe"));
        symlink(at("b"), at("a")).unwrap();
        symlink(at("a"), at("b")).unwrap();
        assert!(trail(&at("a")).is_err());
    }

    #[test]
    fn an_installation_is_visible_and_nothing_else() {
        #[track_caller]
        fn check(file: &str, hidden: &str, expected: &str) {
            let found = package(Path::new(file), &[hidden.into()]);
            assert_eq!(found, Path::new(expected));
        }
        let npm = "/b/node_modules/@anthropic-ai/claude-code/node_modules/x/cli.js";
        check(npm, "/c", "/b/node_modules");
        check(npm, "/b", "/b/node_modules");
        check(npm, "/b/node_modules/secret", npm);
        check("/b/bin/claude", "/c", "/b/bin/claude");
    }
}
