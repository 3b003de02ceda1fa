//! Room on the disks, and the system's limits on processes and files.

use std::{fs, path::PathBuf};

use rustix::process::{Resource, getrlimit};

use super::Setup;
use crate::{
    cli::finding::Finding,
    files::{FEW_FILES, Space},
};

/// Below this, records may not be written any more after the next few turns.
const FULL: u64 = 64 << 20;
/// Below this, somebody should look.
const NEARLY_FULL: u64 = 1 << 30;
/// With room for fewer files than this, the same.
const NO_FILES: u64 = 100;

/// How many threads a process of the CLI may need. 9 were counted (2.1.332, two cores, between turns); its pool grows with
/// the cores, and its tools come on top.
const THREADS: u64 = 40;
/// How many open files the bot has for a process of the CLI.
const FILES: u64 = 16;
/// How many the bot has otherwise.
const OWN_FILES: u64 = 128;
/// How many instances of inotify a process of the CLI takes (counted with 2.1.197 and 2.1.332).
const WATCHERS: u64 = 1;

pub(super) fn findings(setup: &Setup) -> Vec<Finding> {
    let config = &setup.config;
    let environment = &setup.confinement.environment;
    let mut devices = Vec::new();
    let temporary = environment.get("TMPDIR").map(PathBuf::from);
    let folders = [
        Some(config.sessions_dir.clone()),
        Some(config.workspace_dir.clone()),
        environment.home(),
        Some(temporary.unwrap_or_else(|| "/tmp".into())),
    ];
    let mut findings = Vec::new();
    for folder in folders.into_iter().flatten() {
        let Some(space) = Space::of(&folder) else {
            continue;
        };
        if !devices.contains(&space.device) {
            devices.push(space.device);
            findings.push(disk(&space));
        }
    }
    let limits = SystemLimits::read();
    findings.extend(limits.findings(config.claude.max_live as u64));
    findings
}

fn disk(space: &Space) -> Finding {
    const NAME: &str = "disk";
    const WHY: &str =
        "each turn is recorded before and after it runs; without room for that, none runs";
    const MEND: &str =
        "delete what is not needed, or move `sessions_dir` and `workspace_dir` to a larger disk";
    let folder = space.folder.display();
    let free = shown(space.free_bytes);
    let free_files = space.free_files.unwrap_or(u64::MAX);
    if free_files < NO_FILES {
        let what = format!(
            "the disk of {folder} is full: it has room for {free_files} more files (inodes), although {free} are free"
        );
        Finding::error(NAME, what).why(WHY).mend(MEND)
    } else if space.free_bytes < FULL {
        let what = format!("the disk of {folder} is full: {free} are free");
        Finding::error(NAME, what).why(WHY).mend(MEND)
    } else if space.free_bytes < NEARLY_FULL {
        let what = format!("the disk of {folder} is nearly full: {free} are free");
        Finding::warning(NAME, what).why(WHY).mend(MEND)
    } else if free_files < FEW_FILES {
        let what = format!(
            "the disk of {folder} is nearly full: it has room for {free_files} more files (inodes), although {free} are free"
        );
        Finding::warning(NAME, what).why(WHY).mend(MEND)
    } else {
        Finding::ok(NAME, format!("{free} are free in {folder}"))
    }
}

fn shown(bytes: u64) -> String {
    match bytes >> 20 {
        mib @ 0..10_240 => format!("{mib} MiB"),
        mib => format!("{} GiB", mib >> 10),
    }
}

/// Limits of the system; `None` where there is none, or it is not known.
#[derive(Debug, Clone, Copy, Default)]
struct SystemLimits {
    /// Threads of this user, or of the control group.
    threads: Option<u64>,
    /// Open files of a process.
    files: Option<u64>,
    /// Instances of inotify of this user.
    watchers: Option<u64>,
}

impl SystemLimits {
    fn read() -> Self {
        let number = |path: &str| fs::read_to_string(path).ok()?.trim().parse::<u64>().ok();
        let threads = [
            number("/sys/fs/cgroup/pids.max"),
            own_group().and_then(|group| number(&format!("{group}/pids.max"))),
            number("/proc/sys/kernel/threads-max"),
            getrlimit(Resource::Nproc).current,
        ];
        Self {
            threads: threads.into_iter().flatten().min(),
            files: getrlimit(Resource::Nofile).current,
            watchers: number("/proc/sys/fs/inotify/max_user_instances"),
        }
    }

    /// Whether they suffice for so many processes of the CLI.
    fn findings(self, live: u64) -> Vec<Finding> {
        const NAME: &str = "limits";
        let rules = [
            (
                self.threads,
                live * THREADS,
                "threads",
                "raise `TasksMax` of the service, or `ulimit -u`",
            ),
            (
                self.files,
                live * FILES + OWN_FILES,
                "open files",
                "raise `LimitNOFILE` of the service, or `ulimit -n`",
            ),
            (
                self.watchers,
                live * WATCHERS,
                "instances of inotify",
                "`sysctl -w fs.inotify.max_user_instances=1024`",
            ),
        ];
        let low = rules.into_iter().filter_map(|(limit, needed, what, mend)| {
            let limit = limit.filter(|limit| *limit < needed)?;
            let what = format!(
                "the system allows {limit} {what}, and {live} processes of the CLI (`claude.max_live`) may need {needed}"
            );
            let finding = Finding::warning(NAME, what).why("processes fail at random when it is reached");
            Some(finding.mend(format!("{mend}, or lower `claude.max_live`")))
        });
        let mut findings: Vec<_> = low.collect();
        if findings.is_empty() {
            let what = format!("enough for {live} processes of the CLI");
            findings.push(Finding::ok(NAME, what));
        }
        findings
    }
}

/// The folder of the control group that this process is in.
fn own_group() -> Option<String> {
    let groups = fs::read_to_string("/proc/self/cgroup").ok()?;
    let path = groups.lines().find_map(|line| line.strip_prefix("0::"))?;
    Some(format!("/sys/fs/cgroup{path}"))
}

#[cfg(test)]
mod tests;
