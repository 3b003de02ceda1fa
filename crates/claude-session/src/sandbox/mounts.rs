//! What a walled process sees: which places are hidden, which can be read, which can be written.
//!
//! Pure: what lies where is asked through a function.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use super::places::{LOGIN_OF_THE_CLI, SCRATCH, SHARED_AT_HOME, SYSTEM, is_left_out};

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
    /// The same, and nothing stands there if it is gone by then.
    VisibleIfThere,
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

/// What the walls are built around. All paths are canonical, but for `transcripts` and `links`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Spec {
    /// The home folder of the account that the CLI runs as.
    pub home: PathBuf,
    /// The CLI's own folder.
    pub state: PathBuf,
    /// What lies in that folder, and where it points to if it is a symbolic link.
    pub entries: Vec<(String, Option<PathBuf>)>,
    /// The folder in it that holds this workspace's transcripts, by the path that the CLI takes: where a symbolic link
    /// leads to them, the process sees a folder in its place. `None` where its name cannot be told, and then the
    /// transcripts of all workspaces can be read.
    pub transcripts: Option<PathBuf>,
    /// Where the channel's work is done.
    pub workspace: PathBuf,
    /// Files and folders that hold secrets.
    pub secrets: Vec<PathBuf>,
    /// Files and folders of the bot, and the workspaces of the other channels.
    pub hidden: Vec<PathBuf>,
    /// Folders of temporary files.
    pub scratch: Vec<PathBuf>,
    /// The CLI's program, with all that it is installed with.
    pub program: PathBuf,
    /// What else the CLI needs wherever it lies: files named in its arguments.
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
        if matches!(
            holder(&path, mounts),
            Some(Mount::Devices | Mount::Processes)
        ) {
            // None of the machine's are seen there.
            return;
        }
        let mount = match kind(&path) {
            Kind::File => Mount::HiddenFile,
            Kind::Folder if may_be_hidden(&path, &spec.home) => Mount::HiddenFolder,
            Kind::Folder | Kind::Missing => return,
        };
        mounts.insert(path, mount);
    };
    for path in spec.secrets.iter().chain(&spec.hidden) {
        hide(path.clone(), &mut mounts);
    }
    for folder in spec
        .hidden
        .iter()
        .filter_map(|path| folder_of(path, spec, &kind))
    {
        hide(folder, &mut mounts);
    }
    for path in &spec.scratch {
        if kind(path) == Kind::Folder && may_be_emptied(path, &spec.home) {
            mounts.insert(path.clone(), Mount::Scratch);
        }
    }
    show(&spec.home, &mut mounts);
    state(spec, &kind, &mut mounts);
    mounts.insert(spec.workspace.clone(), Mount::Writable);
    if holder(&spec.program, &mounts).is_some() {
        // In a place that can be written too: what is changed there would run outside at the next start.
        mounts.insert(spec.program.clone(), Mount::Visible);
    }
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

/// The CLI's own folder: an empty one of the process's own, into which is mounted what the owner has there. So nothing
/// can be made that the owner's own CLI would load and run outside of all walls, and what is renamed outside opens
/// nothing: the kernel takes a mount away when its mount point is replaced, but these mount points are the process's.
///
/// Writable are the channel's own transcripts and the login. The CLI renews that by renaming a new file over the old
/// one, and writes into the old one where that fails (2.1.197 and 2.1.329, tried).
fn state(spec: &Spec, kind: &impl Fn(&Path) -> Kind, mounts: &mut Mounts) {
    let state = &spec.state;
    mounts.insert(state.clone(), Mount::Scratch);
    for (name, target) in &spec.entries {
        let mount = match target {
            _ if is_left_out(name) || name == LOGIN_OF_THE_CLI => continue,
            // What it points to has a place of its own, which may be hidden.
            Some(target) => Mount::Link(target.clone()),
            None => Mount::VisibleIfThere,
        };
        // What is hidden for another reason stays so.
        mounts.entry(state.join(name)).or_insert(mount);
    }
    let login = state.join(LOGIN_OF_THE_CLI);
    if kind(&login) == Kind::File {
        mounts.insert(login, Mount::Writable);
    }
    let Some(transcripts) = &spec.transcripts else {
        mounts.insert(state.join("projects"), Mount::Writable);
        return;
    };
    if let Some(all) = transcripts.parent() {
        mounts.insert(all.to_owned(), Mount::HiddenFolder);
    }
    mounts.insert(transcripts.clone(), Mount::Writable);
}

/// The folder of a file of the bot's, if it is hidden with it: a file that is replaced by another while the process
/// lives is hidden no more, but a folder stays.
fn folder_of(file: &Path, spec: &Spec, kind: impl Fn(&Path) -> Kind) -> Option<PathBuf> {
    let folder = file.parent()?;
    let is_shared = SHARED_AT_HOME
        .iter()
        .any(|shared| folder == spec.home.join(shared));
    (kind(file) == Kind::File && !is_shared && folder != spec.state).then(|| folder.to_owned())
}

/// Keeps a place visible that lies in one that is covered.
fn show(path: &Path, mounts: &mut Mounts) {
    if is_covered(path, mounts) {
        mounts.insert(path.to_owned(), Mount::Visible);
    }
}

/// Whether the innermost mount that holds `path` covers what lies there.
fn is_covered(path: &Path, mounts: &Mounts) -> bool {
    matches!(
        holder(path, mounts),
        Some(Mount::HiddenFolder | Mount::HiddenFile | Mount::Scratch)
    )
}

/// The innermost mount that holds `path`.
fn holder<'a>(path: &Path, mounts: &'a Mounts) -> Option<&'a Mount> {
    path.ancestors().find_map(|holder| mounts.get(holder))
}

fn is_temporary(path: &Path) -> bool {
    SCRATCH.iter().any(|scratch| path == Path::new(scratch))
}

/// Whether what lies in a folder can be read, though it is to be hidden. `scratch` are the folders of temporary files.
pub(super) fn stays_open(folder: &Path, home: &Path, scratch: &[PathBuf]) -> bool {
    let is_emptied = scratch.iter().any(|path| path == folder) && may_be_emptied(folder, home);
    !is_emptied && !may_be_hidden(folder, home)
}

fn may_be_emptied(path: &Path, home: &Path) -> bool {
    !home.starts_with(path) || is_temporary(path)
}

fn may_be_hidden(path: &Path, home: &Path) -> bool {
    let is_root_home = path == Path::new("/root");
    !home.starts_with(path)
        && (is_root_home || !SYSTEM.iter().any(|system| path == Path::new(system)))
}

#[cfg(test)]
mod tests;
