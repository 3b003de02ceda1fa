//! What a walled process sees: which places are hidden, which can be read, which can be written.
//!
//! Pure: what lies where is asked through a function.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use super::places::{
    INSTRUCTIONS_OF_THE_CLI, SCRATCH, SCRATCH_OF_THE_CLI, SETTINGS_OF_THE_CLI, SYSTEM, secrets,
};

/// What lies at a path, symbolic links followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Nothing, or nothing that can be looked at.
    Missing,
    /// A file, or something else that is no folder.
    File,
    /// A folder.
    Folder,
}

/// What is done to a place. All others can be read and not written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mount {
    /// An empty folder that cannot be written stands there.
    HiddenFolder,
    /// An empty file stands there.
    HiddenFile,
    /// An empty folder stands there, which goes with the process.
    Scratch,
    /// It can be read.
    Visible,
    /// It can be read and written.
    Writable,
    /// A symbolic link to this path stands there.
    Link(PathBuf),
    /// The devices that every program needs, and no others.
    Devices,
    /// The processes of the sandbox alone.
    Processes,
}

/// By path: in this order a place comes after the one that it lies in, so the inner one holds.
pub type Mounts = BTreeMap<PathBuf, Mount>;

/// What the walls are built around. All paths are canonical.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spec {
    /// The home folder of the account that the CLI runs as.
    pub home: PathBuf,
    /// The CLI's own folder.
    pub state: PathBuf,
    /// The folder in it that holds this workspace's transcripts; `None` where its name cannot be told, and then
    /// the transcripts of all workspaces can be read.
    pub transcripts: Option<PathBuf>,
    /// Where the channel's work is done.
    pub workspace: PathBuf,
    /// Files and folders of the bot, and the workspaces of the other channels.
    pub hidden: Vec<PathBuf>,
    /// Further folders of temporary files.
    pub scratch: Vec<PathBuf>,
    /// What the CLI needs wherever it lies: its program, files named in its arguments.
    pub visible: Vec<PathBuf>,
    /// Symbolic links on the way to the program, and what each points to, as it is written there.
    pub links: Vec<(PathBuf, PathBuf)>,
}

/// Everything that is done to the file system of one process.
///
/// What is hidden as a whole must not hold more than it should: the home folder and the system's own folders are
/// never hidden, only places in them.
#[must_use]
pub fn mounts(spec: &Spec, kind: impl Fn(&Path) -> Kind) -> Mounts {
    let mut mounts: Mounts = [("/dev", Mount::Devices), ("/proc", Mount::Processes)]
        .map(|(path, mount)| (path.into(), mount))
        .into();
    let hide = |path: PathBuf, mounts: &mut Mounts| {
        let mount = match kind(&path) {
            Kind::File => Mount::HiddenFile,
            Kind::Folder if may_be_hidden(&path, &spec.home) => Mount::HiddenFolder,
            Kind::Folder | Kind::Missing => return,
        };
        mounts.insert(path, mount);
    };
    let secrets = secrets(&spec.home).into_iter();
    for path in secrets.chain(spec.hidden.iter().cloned()) {
        hide(path, &mut mounts);
    }
    let cache = spec.home.join(".cache");
    let scratch = SCRATCH.iter().map(PathBuf::from).chain([cache]);
    for path in scratch.chain(spec.scratch.iter().cloned()) {
        if kind(&path) == Kind::Folder && !spec.home.starts_with(&path) || is_temporary(&path) {
            mounts.insert(path, Mount::Scratch);
        }
    }
    show(&spec.home, &mut mounts);
    state(spec, &kind, &mut mounts);
    mounts.insert(spec.workspace.clone(), Mount::Writable);
    for path in &spec.visible {
        show(path, &mut mounts);
    }
    for (link, target) in &spec.links {
        if is_covered(link, &mounts) {
            mounts.insert(link.clone(), Mount::Link(target.clone()));
        }
    }
    mounts
}

/// The CLI's own folder: writable, because its login is renewed there, but for what belongs to other channels and
/// for what its owner's own CLI would load.
fn state(spec: &Spec, kind: &impl Fn(&Path) -> Kind, mounts: &mut Mounts) {
    let state = &spec.state;
    mounts.insert(state.clone(), Mount::Writable);
    for name in SCRATCH_OF_THE_CLI {
        mounts.insert(state.join(name), Mount::Scratch);
    }
    for name in INSTRUCTIONS_OF_THE_CLI {
        // An empty one that goes with the process: the CLI may want to write there.
        let there = kind(&state.join(name)) == Kind::Folder;
        let mount = if there {
            Mount::Visible
        } else {
            Mount::Scratch
        };
        mounts.insert(state.join(name), mount);
    }
    for name in SETTINGS_OF_THE_CLI {
        if kind(&state.join(name)) == Kind::File {
            mounts.insert(state.join(name), Mount::Visible);
        }
    }
    let typed = state.join("history.jsonl");
    if kind(&typed) == Kind::File {
        mounts.insert(typed, Mount::HiddenFile);
    }
    if let Some(transcripts) = &spec.transcripts {
        mounts.insert(state.join("projects"), Mount::HiddenFolder);
        mounts.insert(transcripts.clone(), Mount::Writable);
    }
}

/// Keeps a place visible that lies in one that is covered.
fn show(path: &Path, mounts: &mut Mounts) {
    if is_covered(path, mounts) {
        mounts.insert(path.to_owned(), Mount::Visible);
    }
}

/// Whether the innermost mount that holds `path` covers what lies there.
fn is_covered(path: &Path, mounts: &Mounts) -> bool {
    let holder = path.ancestors().find_map(|holder| mounts.get(holder));
    matches!(
        holder,
        Some(Mount::HiddenFolder | Mount::HiddenFile | Mount::Scratch)
    )
}

fn is_temporary(path: &Path) -> bool {
    SCRATCH.iter().any(|scratch| path == Path::new(scratch))
}

fn may_be_hidden(path: &Path, home: &Path) -> bool {
    let is_root_home = path == Path::new("/root");
    !home.starts_with(path)
        && (is_root_home || !SYSTEM.iter().any(|system| path == Path::new(system)))
}

#[cfg(test)]
mod tests;
