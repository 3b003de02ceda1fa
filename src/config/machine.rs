//! What the machine has to offer, as far as a default depends on it.

use std::fs;

/// Resident memory of one live CLI process, in bytes: 240 to 266 MB were measured on CLI 2.1.197 and 2.1.329.
const LIVE_PROCESS_BYTES: u64 = 300_000_000;

/// Taken where the memory's size cannot be read.
const ASSUMED_MEMORY_BYTES: u64 = 4_000_000_000;

/// The machine that the program runs on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Machine {
    /// Memory in bytes that this process may use.
    pub memory_bytes: u64,
}

impl Machine {
    /// Reads the machine's memory from `/proc/meminfo`, or the control group's limit where that is less (as in a
    /// container). 4 GB are assumed where neither can be read.
    #[must_use]
    pub fn capture() -> Self {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        let total = mem_total(&read("/proc/meminfo"));
        let limit = read("/sys/fs/cgroup/memory.max").trim().parse().ok();
        let memory_bytes = total
            .into_iter()
            .chain(limit)
            .min()
            .unwrap_or(ASSUMED_MEMORY_BYTES);
        Self { memory_bytes }
    }

    /// How many live CLI processes fit, at 300 MB each: from 1 to 64.
    #[must_use]
    pub fn live_processes(self) -> usize {
        usize::try_from(self.memory_bytes / LIVE_PROCESS_BYTES).map_or(64, |n| n.clamp(1, 64))
    }
}

/// Bytes in the `MemTotal` line of `/proc/meminfo` (manual page `proc_meminfo(5)`: in kB of 1,024 bytes).
fn mem_total(meminfo: &str) -> Option<u64> {
    let line = meminfo
        .lines()
        .find_map(|line| line.strip_prefix("MemTotal:"))?;
    line.trim()
        .strip_suffix("kB")?
        .trim()
        .parse::<u64>()
        .ok()?
        .checked_mul(1024)
}

#[cfg(test)]
mod tests;
