//! A control group for each process, on machines that allow it.
//!
//! Whatever a process starts is in its group and cannot leave it by changing its environment, its session or its
//! parent. One write kills the whole group (`cgroup.kill`, Linux 5.14, cgroups(7)). The groups are named after the host's
//! instance, so that the next host finds what a killed one left behind.
//!
//! This needs cgroup v2 and the right to create groups below the host's own, which root has, and a service whose manager
//! delegates it (`Delegate=yes` in systemd).

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

/// The start of every group's name; the process's tag follows.
const PREFIX: &str = "claude-session-";

/// How long a killed group may take to be empty. Measured: 1 ms.
const KILL_TIMEOUT: Duration = Duration::from_secs(2);

/// How deep below the mount [`end_all`] looks for groups.
const MAX_DEPTH: usize = 16;

/// The host's own group, in which it creates others.
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
    /// Finds the host's own group and creates a group in it as a trial. Fails without cgroup v2 or the necessary rights.
    /// `instance` is [`Host::instance`](super::Host::instance).
    pub fn find(instance: &str) -> io::Result<Self> {
        let own = own_folder().map_err(io::Error::other)?;
        let own = own.ok_or_else(|| io::Error::other("there is no cgroup v2"))?;
        let cgroups = Self { own };
        // Moving a process needs the right to write here as well.
        access(cgroups.own.join("cgroup.procs"), Access::WRITE_OK)?;
        let probe = cgroups.make(&format!("{instance}:probe"))?;
        let can_kill = access(probe.folder.join("cgroup.kill"), Access::WRITE_OK);
        files::remove_kernel_folder(&probe.folder)?;
        can_kill?;
        Ok(cgroups)
    }

    /// Creates a group for the process with this tag and moves the process into it. What the process has started before
    /// is not moved.
    pub(super) fn hold(&self, tag: &str, pid: i32) -> io::Result<Cgroup> {
        let cgroup = self.make(tag)?;
        files::write_kernel_file(&cgroup.folder.join("cgroup.procs"), &pid.to_string())?;
        Ok(cgroup)
    }

    fn make(&self, tag: &str) -> io::Result<Cgroup> {
        let folder = self.own.join(format!("{PREFIX}{tag}"));
        files::create_kernel_folder(&folder).map(|()| Cgroup { folder })
    }
}

impl Cgroup {
    /// Kills everything in the group.
    pub(super) fn kill(&self) -> io::Result<()> {
        files::write_kernel_file(&self.folder.join("cgroup.kill"), "1")
    }

    /// Kills everything in the group and removes it. Returns whether it held a process. Blocking.
    pub(super) fn end(self) -> io::Result<bool> {
        let held = self.is_populated()?;
        if held {
            self.kill()?;
            let end = Instant::now() + KILL_TIMEOUT;
            while self.is_populated()? && Instant::now() < end {
                thread::sleep(Duration::from_millis(1));
            }
        }
        files::remove_kernel_folder(&self.folder)?;
        Ok(held)
    }

    fn is_populated(&self) -> io::Result<bool> {
        let events = fs::read_to_string(self.folder.join("cgroup.events"))?;
        Ok(events.lines().any(|line| line == "populated 1"))
    }
}

/// Ends all groups whose tag starts with `prefix`, wherever they are: after a restart the host may be in another group.
/// Returns how many held a process. An error about one group does not keep others from being ended. Blocking.
pub fn end_all(prefix: &str) -> io::Result<usize> {
    let Some(mount) = mount().map_err(io::Error::other)? else {
        return Ok(0);
    };
    let mut found = Vec::new();
    let prefix = format!("{PREFIX}{prefix}");
    collect(&mount.mount_point, &prefix, MAX_DEPTH, &mut found);
    // All of them, before an error counts.
    let ended: Vec<_> = found.into_iter().map(Cgroup::end).collect();
    ended.into_iter().map(|held| held.map(usize::from)).sum()
}

fn collect(folder: &Path, prefix: &str, depth: usize, found: &mut Vec<Cgroup>) {
    // A folder that cannot be listed is not the host's.
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        if !entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            continue;
        }
        if entry.file_name().to_string_lossy().starts_with(prefix) {
            found.push(Cgroup {
                folder: entry.path(),
            });
        } else if depth > 0 {
            collect(&entry.path(), prefix, depth - 1, found);
        }
    }
}

/// The mount of cgroup v2. Next to cgroup v1 (the "hybrid" layout) it is `/sys/fs/cgroup/unified`.
fn mount() -> Result<Option<MountInfo>, ProcError> {
    let mut mounts = Process::myself()?.mountinfo()?.0.into_iter();
    Ok(mounts.find(|mount| mount.fs_type == "cgroup2"))
}

fn own_folder() -> Result<Option<PathBuf>, ProcError> {
    let mut groups = Process::myself()?.cgroups()?.0.into_iter();
    let own = groups.find(|group| group.hierarchy == 0);
    let found = own.zip(mount()?);
    Ok(found.and_then(|(own, mount)| folder(&mount.mount_point, &mount.root, &own.pathname)))
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
