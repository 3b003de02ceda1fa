//! The machine's memory, which the default of `claude.max_live` depends on.

use std::fs;

/// Resident memory of a CLI process. 240 to 266 MB were measured on CLI 2.1.197 and 2.1.329.
const LIVE_PROCESS_BYTES: u64 = 300_000_000;

/// Used if the memory size cannot be read.
const ASSUMED_MEMORY_BYTES: u64 = 4_000_000_000;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Machine {
    /// Memory that this process may use.
    pub memory_bytes: u64,
}

impl Machine {
    /// Reads the total memory, or the limit of the control group if that is lower, as in a container.
    pub fn capture() -> Self {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let total = mem_total(&read("/proc/meminfo"));
        let limit = read("/sys/fs/cgroup/memory.max").trim().parse().ok();
        let known = total.into_iter().chain(limit).min();
        Self {
            memory_bytes: known.unwrap_or(ASSUMED_MEMORY_BYTES),
        }
    }

    /// How many CLI processes fit into memory, from 1 to 64.
    pub fn live_processes(self) -> usize {
        usize::try_from(self.memory_bytes / LIVE_PROCESS_BYTES).map_or(64, |n| n.clamp(1, 64))
    }
}

/// The total in `/proc/meminfo`, whose unit "kB" is 1,024 bytes (man `proc_meminfo(5)`).
fn mem_total(meminfo: &str) -> Option<u64> {
    let mut lines = meminfo.lines();
    let total = lines.find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = total.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kib.checked_mul(1024)
}

#[cfg(test)]
mod tests;
