//! How much memory processes take, with all that descend from them.

use std::{collections::HashMap, fs};

/// What the kernel says of a process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Process {
    parent: i32,
    /// In kB.
    resident: u64,
}

/// The resident memory of each of these processes and its descendants, in bytes, as far as it is known.
pub(super) fn of_trees(roots: &[i32]) -> HashMap<i32, u64> {
    sums(roots, &processes())
}

/// That of this process, in bytes.
pub(super) fn own() -> u64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    field(&status, "VmRSS:").unwrap_or_default() * 1024
}

fn processes() -> HashMap<i32, Process> {
    let Ok(entries) = fs::read_dir("/proc") else {
        return HashMap::new();
    };
    let read = |entry: fs::DirEntry| {
        let pid = entry.file_name().to_str()?.parse().ok()?;
        let status = fs::read_to_string(entry.path().join("status")).ok()?;
        Some((pid, parse(&status)?))
    };
    entries.flatten().filter_map(read).collect()
}

fn parse(status: &str) -> Option<Process> {
    Some(Process {
        parent: i32::try_from(field(status, "PPid:")?).ok()?,
        // A process that has ended has none.
        resident: field(status, "VmRSS:").unwrap_or_default(),
    })
}

fn field(status: &str, name: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    line.split_whitespace().next()?.parse().ok()
}

fn sums(roots: &[i32], processes: &HashMap<i32, Process>) -> HashMap<i32, u64> {
    let mut sums: HashMap<i32, u64> = HashMap::new();
    for (pid, process) in processes {
        let mut ancestor = Some(*pid);
        // Bounded, because processes may have ended while they were looked at.
        for _ in 0..64 {
            let Some(pid) = ancestor else { break };
            if roots.contains(&pid) {
                *sums.entry(pid).or_default() += process.resident * 1024;
                break;
            }
            ancestor = processes.get(&pid).map(|process| process.parent);
        }
    }
    sums
}

#[cfg(test)]
mod tests;
