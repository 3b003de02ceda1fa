//! The machine's processes, from `/proc`.

use procfs::process::all_processes;

/// A process.
#[derive(Debug)]
pub(crate) struct Seen {
    pub(crate) pid: i32,
    pub(crate) parent: i32,
    /// Whether it has exited and nobody has waited for it yet.
    pub(crate) is_zombie: bool,
    /// The program and its arguments; empty for a zombie.
    pub(crate) command: Vec<String>,
}

/// All processes.
pub(crate) fn processes() -> Vec<Seen> {
    let all = all_processes().unwrap().filter_map(|process| {
        // A process that exits meanwhile is left out.
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

/// The pids of the processes with exactly this command line.
pub(crate) fn running(command: &[&str]) -> Vec<i32> {
    processes()
        .into_iter()
        .filter(|seen| seen.command == command)
        .map(|seen| seen.pid)
        .collect()
}

/// The pids of the running stand-ins that descend from a bot, in a sandbox or not.
pub(crate) fn stand_ins(bot: i32) -> Vec<i32> {
    let seen = processes();
    let is_one = |seen: &&Seen| {
        let name = seen.command.first();
        name.is_some_and(|name| name.ends_with("claude-stand-in"))
    };
    let of_bot = |of: &&Seen| descends(&seen, of.pid, bot);
    let own = seen.iter().filter(is_one).filter(of_bot);
    own.map(|seen| seen.pid).collect()
}

/// The pid of the CLI behind a child of the bot: the child itself, or what bubblewrap has started in it.
pub(crate) fn cli_behind(child: i32) -> i32 {
    let seen = processes();
    let next = |of: i32| {
        let outer = seen.iter().find(|seen| seen.pid == of)?;
        let is_bwrap = outer.command.first()?.ends_with("bwrap");
        // Its oldest child. The others are orphans that it has adopted.
        let children = seen.iter().filter(|seen| seen.parent == of);
        children.map(|seen| seen.pid).min().filter(|_| is_bwrap)
    };
    let mut pid = child;
    while let Some(inner) = next(pid) {
        pid = inner;
    }
    pid
}

fn descends(seen: &[Seen], pid: i32, from: i32) -> bool {
    let parent = seen
        .iter()
        .find(|seen| seen.pid == pid)
        .map(|seen| seen.parent);
    parent.is_some_and(|parent| parent == from || parent > 1 && descends(seen, parent, from))
}
