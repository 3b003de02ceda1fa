//! Memory and processor time of a process, from /proc.

use std::{collections::BTreeMap, path::Path, time::Duration};

use procfs::process::{MMapPath, MemoryMap, Process, all_processes};

use crate::Result;

/// Its proportional set size in KB.
pub(crate) fn pss(pid: i32) -> Result<f64> {
    pss_of(pid, "Pss")
}

/// A part of it: `Pss_Anon` or `Pss_File`.
pub(crate) fn pss_of(pid: i32, part: &str) -> Result<f64> {
    let rollup = Process::new(pid)?.smaps_rollup()?.memory_map_rollup;
    let bytes = rollup.0.first().and_then(|map| map.extension.map.get(part));
    let bytes = bytes.ok_or("smaps_rollup does not have it")?;
    Ok(u32::try_from(bytes / 1024)?.into())
}

/// The proportional set size of the pages that are mapped from a file, without those that were written to, in KB.
pub(crate) fn pss_of_file(pid: i32, file: &Path) -> Result<f64> {
    let maps = Process::new(pid)?.smaps()?;
    let of_file = |map: &&MemoryMap| matches!(&map.pathname, MMapPath::Path(path) if path == file);
    let unchanged = maps.iter().filter(of_file).map(|map| {
        let part = |name| map.extension.map.get(name).copied().unwrap_or_default();
        part("Pss") - part("Anonymous").min(part("Pss"))
    });
    Ok(u32::try_from(unchanged.sum::<u64>() / 1024)?.into())
}

/// The processor time that it has used, without its children, in steps of a tick.
pub(crate) fn cpu(pid: i32) -> Result<Duration> {
    let stat = Process::new(pid)?.stat()?;
    let ms = (stat.utime + stat.stime) * 1000 / procfs::ticks_per_second();
    Ok(Duration::from_millis(ms))
}

/// The nanoseconds that each of its threads has run. Finer than [`cpu`], but a thread that ends is lost.
pub(crate) fn thread_times(pid: i32) -> Result<BTreeMap<i32, u64>> {
    let times = Process::new(pid)?.tasks()?.filter_map(|task| {
        let task = task.ok()?;
        Some((task.tid, task.schedstat().ok()?.sum_exec_runtime))
    });
    Ok(times.collect())
}

/// The processes below it, however deep.
pub(crate) fn descendants(pid: i32) -> Result<Vec<i32>> {
    // A process that ends meanwhile is left out.
    let stats = all_processes()?.filter_map(|process| process.ok()?.stat().ok());
    let parents: Vec<_> = stats.map(|stat| (stat.pid, stat.ppid)).collect();
    let mut found = vec![pid];
    let mut next = 0;
    while let Some(above) = found.get(next).copied() {
        let children = parents.iter().filter(|(_, parent)| *parent == above);
        found.extend(children.map(|(process, _)| *process));
        next += 1;
    }
    found.remove(0);
    Ok(found)
}
