//! The machine's processes, as `/proc` lists them.

use procfs::process::all_processes;

/// A process.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) pid: i32,
    pub(crate) parent: i32,
    /// Whether it has ended and nobody has taken its exit status.
    pub(crate) is_zombie: bool,
    /// Its arguments, the program's name first; none for a zombie.
    pub(crate) command: Vec<String>,
}

/// Every process that there is.
pub(crate) fn processes() -> Vec<Seen> {
    let all = all_processes().unwrap().filter_map(|process| {
        // One that ends while it is looked at is not there.
        let process = process.ok()?;
        let stat = process.stat().ok()?;
        let command = process.cmdline().unwrap_or_default();
        Some(Seen {
            pid: stat.pid,
            parent: stat.ppid,
            is_zombie: stat.state == 'Z',
            command,
        })
    });
    all.collect()
}

/// The processes with exactly these arguments.
pub(crate) fn running(command: &[&str]) -> Vec<i32> {
    processes()
        .into_iter()
        .filter(|seen| seen.command == command)
        .map(|seen| seen.pid)
        .collect()
}

/// The stand-ins that a bot has started and that live.
pub(crate) fn stand_ins(bot: i32) -> Vec<i32> {
    let is_one = |seen: &Seen| {
        seen.parent == bot
            && seen
                .command
                .first()
                .is_some_and(|name| name.ends_with("claude-stand-in"))
    };
    processes()
        .into_iter()
        .filter(is_one)
        .map(|seen| seen.pid)
        .collect()
}
