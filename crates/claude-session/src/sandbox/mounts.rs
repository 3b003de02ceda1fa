//! The file system of a process inside bubblewrap: an empty root, and what is mounted into it.
//!
//! Pure: the machine's file system is queried through a function.

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
    /// An empty folder in memory, gone with the process.
    Tmpfs,
    /// An empty read-only folder.
    EmptyFolder,
    /// An empty read-only file.
    EmptyFile,
    /// What the machine has at this path, if anything, read-only.
    ReadOnly,
    /// What the machine has at this path, if anything.
    ReadWrite,
    /// A symbolic link with this target.
    Symlink(PathBuf),
    /// The devices that every program needs, and no others.
    Devices,
    /// The processes of the sandbox alone.
    Processes,
}

/// Mounts by path. In this order a folder comes before what is mounted inside it.
pub(super) type Mounts = BTreeMap<PathBuf, Mount>;

/// What differs between the processes of an application. All paths but the required ones are canonical.
#[derive(Debug, Clone, Default)]
pub(super) struct PerProcess {
    pub(super) workspace: PathBuf,
    /// The folder with this workspace's transcripts; `None` if its name cannot be predicted, and then the transcripts
    /// of all workspaces can be read and written.
    pub(super) transcripts: Option<PathBuf>,
    /// Read-only in any case: the program and the file with the system prompt.
    pub(super) required: Vec<PathBuf>,
    /// Files and folders of the application, and workspaces of other processes.
    pub(super) private: Vec<PathBuf>,
    /// Where machines keep secrets.
    pub(super) secrets: Vec<PathBuf>,
}

/// Everything that is mounted for one process. `resolve` follows symbolic links; it returns `None` for a loop.
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
    builder.build();
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
    fn build(&mut self) {
        let (policy, process) = (self.policy, self.process);
        self.mounts.insert("/dev".into(), Mount::Devices);
        self.mounts.insert("/proc".into(), Mount::Processes);
        let workspace = process.workspace.clone();
        self.mounts.insert(workspace, Mount::ReadWrite);
        for path in &policy.defaults {
            self.read(path, &process.secrets);
        }
        for path in &policy.named {
            self.read(path, &[]);
        }
        for path in &process.required {
            if let Some(found) = self.existing(path) {
                self.links.extend(found.links);
                self.put(found.target, Mount::ReadOnly);
            }
        }
        for folder in &policy.scratch {
            self.scratch(folder);
        }
        self.state();
        self.mask();
        for (link, target) in std::mem::take(&mut self.links) {
            if !self.is_bound(&link) {
                self.mounts.entry(link).or_insert(Mount::Symlink(target));
            }
        }
    }

    /// Makes a path readable, unless it is private or one of `secrets`, or a session could have put a symbolic link
    /// there that leads elsewhere.
    fn read(&mut self, path: &Path, secrets: &[PathBuf]) {
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
        if matches!(self.holder(&found.target), None | Some(Mount::ReadWrite)) {
            self.put(found.target, Mount::ReadOnly);
        }
    }

    /// Puts an empty folder in a folder's place, but not in one of the system's.
    fn scratch(&mut self, folder: &Path) {
        let Some(found) = (self.resolve)(folder) else {
            return;
        };
        let holder = self.holder(&found.target);
        let is_usable = match found.kind {
            Kind::Folder => holder != Some(&Mount::ReadOnly) && found.target != Path::new("/"),
            Kind::File => false,
            // Bubblewrap would create the mount point on the machine.
            Kind::Missing => !self.is_bound(&found.target),
        };
        if is_usable {
            self.links.extend(found.links);
            self.put(found.target, Mount::Tmpfs);
        }
    }

    /// The CLI's own folder: empty but for its settings, which are mounted like all that can be read, and so nothing
    /// can be created in it that the owner's own CLI would load and run.
    ///
    /// The login and the session's transcripts are writable. The CLI renews the login by renaming a new file over the
    /// old one, and writes into the old one where that fails (measured on 2.1.197 and 2.1.329).
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

    /// Covers what must not be seen where something that is mounted holds it, such as a workspace that holds the
    /// application's folder.
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

    /// Whether what the machine has at `path` is visible by what is mounted so far.
    fn is_bound(&self, path: &Path) -> bool {
        matches!(self.holder(path), Some(Mount::ReadOnly | Mount::ReadWrite))
    }

    /// The innermost mount that holds `path`.
    fn holder(&self, path: &Path) -> Option<&Mount> {
        path.ancestors().find_map(|holder| self.mounts.get(holder))
    }
}

#[cfg(test)]
mod tests;
