//! Who can read and change the bot's files, and which folders are missing.

use std::{
    fs,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use crate::{
    cli::finding::{Finding, Fix},
    config::Config,
};

const NAME: &str = "files";

/// What a file holds, which decides who may have access.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Holds {
    /// Conversations and usage: for the bot alone.
    Records,
    /// Settings, some of which are secrets.
    Secrets,
    /// Settings that anyone may read.
    Settings,
}

pub(super) fn findings(config: &Config) -> Vec<Finding> {
    let has_secrets = !config.mcp_servers.is_empty() || !config.claude.extra_args.is_empty();
    let settings = if has_secrets {
        Holds::Secrets
    } else {
        Holds::Settings
    };
    let sessions = &config.sessions_dir;
    let files = [
        (config.file.clone(), settings),
        (sessions.clone(), Holds::Records),
        (sessions.join("active.json"), Holds::Records),
        (config.personality_dir.clone(), Holds::Settings),
    ];
    let mut findings: Vec<_> = files
        .into_iter()
        .filter_map(|(path, holds)| {
            let mode = fs::metadata(&path).ok()?.permissions().mode() & 0o7777;
            access(path, mode, holds)
        })
        .collect();
    if findings.is_empty() {
        findings.push(Finding::ok(NAME, "closed to other users"));
    }
    let folders = [sessions, &config.workspace_dir];
    let missing = folders.into_iter().filter(|folder| !folder.exists());
    findings.extend(missing.map(|folder| missing_folder(folder)));
    findings
}

fn missing_folder(folder: &Path) -> Finding {
    let what = format!("{} does not exist yet", folder.display());
    Finding::ok(NAME, what)
        .mend("`run` creates it")
        .fix(Fix::Folder(folder.to_owned()))
}

/// What is wrong with a file's permission bits, if anything.
fn access(path: PathBuf, mode: u32, holds: Holds) -> Option<Finding> {
    let (too_much, why) = match holds {
        Holds::Records => (0o077, "it holds what people write to Claude"),
        Holds::Secrets => (0o077, "it may hold the secrets of MCP servers"),
        Holds::Settings => (
            0o022,
            "whoever changes it decides what Claude is and may do",
        ),
    };
    let open = mode & too_much;
    if open == 0 {
        return None;
    }
    let verb = if open & 0o022 == 0 { "read" } else { "change" };
    let (shown, closed) = (path.display(), mode & !too_much);
    let what = format!("other users can {verb} {shown} (mode {mode:04o})");
    Some(
        Finding::warning(NAME, what)
            .why(why)
            .mend(format!("`chmod {closed:04o} {shown}`"))
            .fix(Fix::Mode(path, closed)),
    )
}

#[cfg(test)]
mod tests;
