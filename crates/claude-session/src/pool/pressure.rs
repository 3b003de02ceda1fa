//! Makes room in memory before the kernel does: while the machine is short of memory, idle processes are recalled one
//! after the other.
//!
//! Linux says for how long processes had to wait for memory (its pressure stall information, PSI). Without it, only what
//! is still available counts.

use std::{fs, time::Duration};

use tokio::time::{Instant, interval};

use super::Pool;

/// How often it is looked at. A process that was recalled is gone by the next time.
const INTERVAL: Duration = Duration::from_secs(2);

/// Which share of the time something may wait for memory.
const MOST_STALLED: f64 = 0.2;

/// Which part of the memory must be available.
const LEAST_AVAILABLE: u64 = 20;

/// What the kernel says about memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Reading {
    /// How long something has waited for memory since the machine's start.
    stalled: Option<Duration>,
    /// Whether hardly any is available.
    is_short: bool,
}

impl Reading {
    fn capture() -> Self {
        let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
        Self::parse(&read("/proc/pressure/memory"), &read("/proc/meminfo"))
    }

    /// From `/proc/pressure/memory` and `/proc/meminfo`, which may be empty.
    fn parse(pressure: &str, meminfo: &str) -> Self {
        let some = pressure.lines().find_map(|line| line.strip_prefix("some "));
        let total = some.and_then(|line| line.rsplit_once("total="));
        let micros = total.and_then(|(_, micros)| micros.trim().parse().ok());
        let size = |name: &str| -> Option<u64> {
            let value = meminfo.lines().find_map(|line| line.strip_prefix(name))?;
            value.trim().strip_suffix("kB")?.trim().parse().ok()
        };
        let sizes = size("MemAvailable:").zip(size("MemTotal:"));
        Self {
            stalled: micros.map(Duration::from_micros),
            is_short: sizes.is_some_and(|(available, total)| available < total / LEAST_AVAILABLE),
        }
    }

    /// Whether memory is short now, if `before` was read `ago`.
    fn is_high(self, before: Self, ago: Duration) -> bool {
        let stalled = self.stalled.zip(before.stalled);
        let stalled = stalled.map(|(now, before)| now.saturating_sub(before));
        self.is_short || stalled.is_some_and(|stalled| stalled > ago.mul_f64(MOST_STALLED))
    }
}

/// Tells the pool again and again whether the machine is short of memory.
pub async fn watch(pool: Pool) {
    let mut interval = interval(INTERVAL);
    let (mut before, mut read) = (Reading::capture(), Instant::now());
    loop {
        interval.tick().await;
        let (now, reading) = (Instant::now(), Reading::capture());
        pool.set_pressure(reading.is_high(before, now - read));
        (before, read) = (reading, now);
    }
}

#[cfg(test)]
mod tests;
