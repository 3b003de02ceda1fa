//! Memory and processor time of a process, from /proc.

use std::{collections::BTreeMap, fs, time::Duration};

use crate::Result;

/// Its proportional set size in KB.
pub(crate) fn pss(pid: u32) -> Result<f64> {
    pss_of(pid, "Pss")
}

/// A part of it: `Pss_Anon` or `Pss_File`.
pub(crate) fn pss_of(pid: u32, part: &str) -> Result<f64> {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
    let mut lines = text.lines().filter_map(|line| line.split_once(':'));
    let line = lines.find(|(name, _)| *name == part);
    let number = line.and_then(|(_, rest)| rest.split_whitespace().next());
    Ok(number.ok_or("smaps_rollup does not have it")?.parse()?)
}

/// The processor time that it has used, without its children, in steps of a tick.
pub(crate) fn cpu(pid: u32) -> Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat"))?;
    // The name, in parentheses, may hold anything.
    let (_, fields) = stat.rsplit_once(')').ok_or("no name in stat")?;
    let fields: Vec<_> = fields.split_whitespace().collect();
    let ticks = |place: usize| {
        fields
            .get(place)
            .and_then(|field| field.parse::<u64>().ok())
    };
    let ticks = ticks(11).zip(ticks(12)).ok_or("no times in stat")?;
    let per_second = rustix::param::clock_ticks_per_second();
    Ok(Duration::from_millis(
        (ticks.0 + ticks.1) * 1000 / per_second,
    ))
}

/// The nanoseconds that each of its threads has run. Finer than [`cpu`], but a thread that ends is lost.
pub(crate) fn thread_times(pid: u32) -> Result<BTreeMap<String, u64>> {
    let mut times = BTreeMap::new();
    for task in fs::read_dir(format!("/proc/{pid}/task"))? {
        let task = task?;
        // The thread may have ended.
        if let Ok(text) = fs::read_to_string(task.path().join("schedstat"))
            && let Some(Ok(time)) = text.split_whitespace().next().map(str::parse)
        {
            times.insert(task.file_name().to_string_lossy().into_owned(), time);
        }
    }
    Ok(times)
}

/// The processes below it, however deep.
pub(crate) fn descendants(pid: u32) -> Result<Vec<u32>> {
    let mut parents: Vec<(u32, u32)> = Vec::new();
    for entry in fs::read_dir("/proc")? {
        let name = entry?.file_name();
        let Some(process) = name.to_str().and_then(|name| name.parse::<u32>().ok()) else {
            continue;
        };
        if let Ok(stat) = fs::read_to_string(format!("/proc/{process}/stat"))
            && let Some((_, fields)) = stat.rsplit_once(')')
            && let Some(Ok(parent)) = fields.split_whitespace().nth(1).map(str::parse)
        {
            parents.push((process, parent));
        }
    }
    let mut found = vec![pid];
    let mut next = 0;
    while let Some(above) = found.get(next).copied() {
        found.extend(
            parents
                .iter()
                .filter(|(_, parent)| *parent == above)
                .map(|(process, _)| *process),
        );
        next += 1;
    }
    found.remove(0);
    Ok(found)
}
