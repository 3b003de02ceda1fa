//! The file system of a process inside bubblewrap: an empty root and what is mounted there. Pure: a function queries the
//! machine's file system.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use super::{
    Policy, defaults,
    paths::{Kind, Resolved},
};

/// What is mounted at a path of the sandbox.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Mount {
    /// An empty folder in memory that lives as long as the process.
    Tmpfs,
    /// An empty read-only folder.
    EmptyFolder,
    /// An empty read-only file.
    EmptyFile,
    /// The machine's file or folder, if it exists, read-only.
    ReadOnly,
    /// The machine's file or folder, if it exists.
    ReadWrite,
    /// A symbolic link with this target.
    Symlink(PathBuf),
    /// Only the devices that every program needs.
    Devices,
    /// Only the processes of the sandbox.
    Processes,
}

/// Mounts by path, so that a folder comes before what is mounted inside of it.
pub(super) type Mounts = BTreeMap<PathBuf, Mount>;

/// What differs between an application's processes. All paths but the required ones are canonical.
#[derive(Debug, Clone, Default)]
pub(super) struct PerProcess {
    pub(super) workspace: PathBuf,
    /// The folder of this workspace's transcripts; `None` if its name cannot be predicted. Then the process can read and
    /// write the transcripts of all workspaces.
    pub(super) transcripts: Option<PathBuf>,
    /// Always readable: the program and the file with the system prompt.
    pub(super) required: Vec<PathBuf>,
    /// Writable beside the workspace, not canonical.
    pub(super) folders: Vec<PathBuf>,
    /// The application's files and folders, and other workspaces.
    pub(super) private: Vec<PathBuf>,
    /// Where machines keep secrets.
    pub(super) secrets: Vec<PathBuf>,
}

/// All mounts for one process. `resolve` follows symbolic links; it returns `None` for a loop.
pub(super) fn mounts(
    policy: &Policy,
    process: &PerProcess,
    resolve: impl Fn(&Path) -> Option<Resolved>,
) -> Mounts {
    let mut builder = Builder {
        policy,
        process,
        resolve,
        mounts: Mounts::new(),
        links: Vec::new(),
    };
    for (path, mount) in [
        (Path::new("/dev"), Mount::Devices),
        (Path::new("/proc"), Mount::Processes),
        (&process.workspace, Mount::ReadWrite),
    ] {
        builder.mounts.insert(path.to_owned(), mount);
    }
    for path in &policy.defaults {
        builder.show(path, Mount::ReadOnly, &process.secrets);
    }
    for path in &policy.named {
        builder.show(path, Mount::ReadOnly, &[]);
    }
    for path in &process.folders {
        builder.show(path, Mount::ReadWrite, &[]);
    }
    for path in &process.required {
        if let Some(found) = builder.existing(path) {
            builder.links.extend(found.links);
            builder.put(found.target, Mount::ReadOnly);
        }
    }
    for folder in &policy.scratch {
        builder.scratch(folder);
    }
    builder.state();
    builder.mask();
    for (link, target) in std::mem::take(&mut builder.links) {
        if !builder.is_bound(&link) {
            builder.mounts.entry(link).or_insert(Mount::Symlink(target));
        }
    }
    builder.mounts
}

struct Builder<'a, R> {
    policy: &'a Policy,
    process: &'a PerProcess,
    resolve: R,
    mounts: Mounts,
    /// Symbolic links on the way to what is mounted, and their targets as written.
    links: Vec<(PathBuf, PathBuf)>,
}

impl<R: Fn(&Path) -> Option<Resolved>> Builder<'_, R> {
    /// Makes a path readable or writable, unless it is private or one of `secrets`, or lies behind a symbolic link that a session may
    /// have created.
    fn show(&mut self, path: &Path, mount: Mount, secrets: &[PathBuf]) {
        let Some(found) = self.existing(path) else {
            return;
        };
        let process = self.process;
        let is_forbidden = |path: &Path| {
            let private = process.private.iter().chain([&process.workspace]);
            let mut forbidden = private.chain(secrets);
            forbidden.any(|folder| path.starts_with(folder))
        };
        let mut links = found.links.iter();
        if is_forbidden(&found.target) || links.any(|(link, _)| is_forbidden(link)) {
            return;
        }
        self.links.extend(found.links);
        let is_writable = mount == Mount::ReadWrite;
        if is_writable || matches!(self.holder(&found.target), None | Some(Mount::ReadWrite)) {
            self.put(found.target, mount);
        }
    }

    /// Mounts an empty folder over a folder, unless it belongs to the system.
    fn scratch(&mut self, folder: &Path) {
        let Some(found) = (self.resolve)(folder) else {
            return;
        };
        let holder = self.holder(&found.target);
        let is_usable = match found.kind {
            Kind::Folder => holder != Some(&Mount::ReadOnly) && found.target != Path::new("/"),
            Kind::File => false,
            // Else bubblewrap would create the mount point on the machine.
            Kind::Missing => !self.is_bound(&found.target),
        };
        if is_usable {
            self.links.extend(found.links);
            self.put(found.target, Mount::Tmpfs);
        }
    }

    /// The CLI's own folder: empty except for its settings, which are mounted read-only, so that nothing can be created
    /// there that the owner's own CLI would load and run.
    ///
    /// The login and the session's transcripts are writable. The CLI renews the login by renaming a new file over the old
    /// one, and writes into the old one if that fails (measured on 2.1.197 and 2.1.329).
    fn state(&mut self) {
        let state = &self.policy.state;
        self.put(state.clone(), Mount::Tmpfs);
        self.put(state.join(defaults::LOGIN), Mount::ReadWrite);
        let all = self.policy.transcripts_dir();
        match &self.process.transcripts {
            Some(transcripts) => {
                self.put(all, Mount::EmptyFolder);
                self.put(transcripts.clone(), Mount::ReadWrite);
            }
            None => self.put(all, Mount::ReadWrite),
        }
    }

    /// Covers what must stay hidden but is visible through a mount, such as a workspace that contains the application's
    /// folder.
    fn mask(&mut self) {
        let process = self.process;
        let private = process.private.iter().chain(&process.secrets).cloned();
        let services = defaults::SERVICE_CONFIGURATION.into();
        for path in private.chain([self.policy.application_dir.clone(), services]) {
            if self.mounts.contains_key(&path) || !self.is_bound(&path) {
                continue;
            }
            match self.existing(&path).map(|found| found.kind) {
                Some(Kind::Folder) => self.put(path, Mount::EmptyFolder),
                Some(_) => self.put(path, Mount::EmptyFile),
                None => {}
            }
        }
    }

    fn existing(&self, path: &Path) -> Option<Resolved> {
        (self.resolve)(path).filter(|found| found.kind != Kind::Missing)
    }

    /// Mounts something, except over the workspace.
    fn put(&mut self, path: PathBuf, mount: Mount) {
        if path != self.process.workspace {
            self.mounts.insert(path, mount);
        }
    }

    /// Whether the mounts so far show the machine's file or folder at `path`.
    fn is_bound(&self, path: &Path) -> bool {
        matches!(self.holder(path), Some(Mount::ReadOnly | Mount::ReadWrite))
    }

    /// The innermost mount that contains `path`.
    fn holder(&self, path: &Path) -> Option<&Mount> {
        path.ancestors().find_map(|holder| self.mounts.get(holder))
    }
}

#[cfg(test)]
mod tests;
