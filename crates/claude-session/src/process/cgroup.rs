//! A control group for each process, on machines that allow it.
//!
//! What a process starts is in its group and cannot leave it, whatever it does to its environment, its session or its
//! parent; the kernel ends the whole group at one write (`cgroup.kill`, Linux 5.14, cgroups(7)). The groups are named
//! after the host's instance, so that what a killed host left behind is found by the next.
//!
//! It takes cgroup v2 and the right to make groups below the host's own: root has it, and a service whose manager
//! delegates (`Delegate=yes` in systemd).

use std::{
    fs, io,
    path::{Path, PathBuf},
    thread,
    time::{Duration, Instant},
};

use procfs::{
    ProcError,
    process::{MountInfo, Process},
};
use rustix::fs::{Access, access};

use crate::files;

/// What every group's name begins with; the process's tag follows.
const PREFIX: &str = "claude-session-";

/// How long a killed group may take to be empty. Measured: 1 ms.
const KILL_TIMEOUT: Duration = Duration::from_secs(2);

/// How deep below the mount groups are looked for.
const MAX_DEPTH: usize = 16;

/// The host's own group, in which it makes others.
#[derive(Debug, Clone)]
pub struct Cgroups {
    own: PathBuf,
}

/// The group of one process and all that it starts.
#[derive(Debug)]
pub(super) struct Cgroup {
    folder: PathBuf,
}

impl Cgroups {
    /// Finds the host's own group, and makes a group in it to be sure that that is allowed. `instance` is
    /// [`Host::instance`](super::Host::instance).
    ///
    /// # Errors
    ///
    /// Why it is not: no cgroup v2, or missing rights.
    pub fn find(instance: &str) -> io::Result<Self> {
        let own = own_folder().map_err(io::Error::other)?;
        let own = own.ok_or_else(|| io::Error::other("there is no cgroup v2 here"))?;
        let cgroups = Self { own };
        // To move a process takes the right to write here as well.
        access(cgroups.own.join("cgroup.procs"), Access::WRITE_OK)?;
        let probe = cgroups.make(&format!("{instance}:probe"))?;
        let can_kill = access(probe.folder.join("cgroup.kill"), Access::WRITE_OK);
        probe.remove()?;
        can_kill?;
        Ok(cgroups)
    }

    /// Makes a group for the process with this tag.
    pub(super) fn make(&self, tag: &str) -> io::Result<Cgroup> {
        let folder = self.own.join(format!("{PREFIX}{tag}"));
        files::create_kernel_folder(&folder).map(|()| Cgroup { folder })
    }
}

impl Cgroup {
    /// Moves a process into the group. What it has started before stays where it is.
    pub(super) fn add(&self, pid: u32) -> io::Result<()> {
        files::write_kernel_file(&self.folder.join("cgroup.procs"), &pid.to_string())
    }

    /// Kills all that is in the group.
    pub(super) fn kill(&self) -> io::Result<()> {
        files::write_kernel_file(&self.folder.join("cgroup.kill"), "1")
    }

    /// Kills all that is in the group and removes it; whether anything was in it. Blocking.
    pub(super) fn end(self) -> io::Result<bool> {
        let held = self.is_populated()?;
        if held {
            self.kill()?;
            let end = Instant::now() + KILL_TIMEOUT;
            while self.is_populated()? && Instant::now() < end {
                thread::sleep(Duration::from_millis(1));
            }
        }
        self.remove()?;
        Ok(held)
    }

    fn is_populated(&self) -> io::Result<bool> {
        let events = fs::read_to_string(self.folder.join("cgroup.events"))?;
        Ok(events.lines().any(|line| line == "populated 1"))
    }

    fn remove(&self) -> io::Result<()> {
        files::remove_kernel_folder(&self.folder)
    }
}

/// Ends all groups whose tag starts with `prefix`, wherever they are: after a restart the host may have another group
/// of its own. Returns how many held a process. Blocking.
///
/// # Errors
///
/// As the system gives them; the other groups are ended all the same.
pub fn end_all(prefix: &str) -> io::Result<usize> {
    let Some(mount) = mount().map_err(io::Error::other)? else {
        return Ok(0);
    };
    let mut found = Vec::new();
    collect(
        &mount.mount_point,
        &format!("{PREFIX}{prefix}"),
        MAX_DEPTH,
        &mut found,
    );
    let mut held = 0;
    let mut failed = None;
    for folder in found {
        match (Cgroup { folder }).end() {
            Ok(true) => held += 1,
            Ok(false) => {}
            Err(error) => failed = Some(error),
        }
    }
    failed.map_or(Ok(held), Err)
}

fn collect(folder: &Path, prefix: &str, depth: usize, found: &mut Vec<PathBuf>) {
    // What cannot be listed is not ours.
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        if !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            continue;
        }
        if entry.file_name().to_string_lossy().starts_with(prefix) {
            found.push(entry.path());
        } else if depth > 0 {
            collect(&entry.path(), prefix, depth - 1, found);
        }
    }
}

/// The mount of cgroup v2. Beside the older kind (the "hybrid" layout) it is `/sys/fs/cgroup/unified`.
fn mount() -> Result<Option<MountInfo>, ProcError> {
    let mounts = Process::myself()?.mountinfo()?;
    Ok(mounts
        .0
        .into_iter()
        .find(|mount| mount.fs_type == "cgroup2"))
}

fn own_folder() -> Result<Option<PathBuf>, ProcError> {
    let Some(mount) = mount()? else {
        return Ok(None);
    };
    let groups = Process::myself()?.cgroups()?;
    let own = groups.0.into_iter().find(|group| group.hierarchy == 0);
    Ok(own.and_then(|own| folder(&mount.mount_point, &mount.root, &own.pathname)))
}

/// The folder of the group at `path` of its hierarchy, of which `root` is mounted at `mount_point`. `None` if the group
/// is not below `root`.
fn folder(mount_point: &Path, root: &str, path: &str) -> Option<PathBuf> {
    let below = Path::new(path).strip_prefix(root).ok()?;
    let climbs = below.components().any(|part| part.as_os_str() == "..");
    (!climbs).then(|| mount_point.join(below))
}

#[cfg(test)]
mod tests;
