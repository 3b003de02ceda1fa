//! Level `cli`: the settings by which the CLI puts its own sandbox around its Bash commands.

use std::{
    ffi::{OsStr, OsString},
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Map, Value, json};

use super::{
    Policy, defaults,
    deny_write::{MADE_WRITABLE, largest_parts},
    paths::{Kind, all_canonical, can_be_created, canonical, entries, kind},
    transcripts::folder_name,
};

/// What is kept from the tools of one session.
#[derive(Debug, Default, PartialEq, Eq)]
struct Denied {
    /// Files that no tool may read.
    files: Vec<PathBuf>,
    /// Folders that no tool may read.
    folders: Vec<PathBuf>,
    /// Folders of which Bash may read `allowed` alone; the other tools keep to the allow rules.
    shared: Vec<PathBuf>,
    /// The session's own part of `shared`.
    allowed: Vec<PathBuf>,
    /// What Bash may not write; elsewhere it may.
    writing: Vec<PathBuf>,
}

/// The settings for a process that works in `workspace`.
pub(super) fn settings(policy: &Policy, workspace: &Path) -> Map<String, Value> {
    render(&policy.with_account_rights(|| denied(policy, workspace)))
}

/// Measured on 2.1.197 and 2.1.329: Bash is put into namespaces of its own, `denyRead` hides, `allowRead` opens a part
/// of it again, and a `deny` rule holds for the Read tool.
fn render(denied: &Denied) -> Map<String, Value> {
    let bash: Vec<&PathBuf> = [&denied.files, &denied.folders, &denied.shared]
        .into_iter()
        .flatten()
        .collect();
    let files = denied.files.iter().map(|path| deny_rules(path, ""));
    let folders = denied.folders.iter().map(|path| deny_rules(path, "/**"));
    let deny: Vec<String> = files.chain(folders).flatten().collect();
    let sandbox = json!({
        "enabled": true,
        // Without this a sandbox that cannot start is skipped.
        "failIfUnavailable": true,
        // A sandbox is no permission: the owner's allow rules still apply.
        "autoAllowBashIfSandboxed": false,
        // The model cannot ask for a command to be run outside.
        "allowUnsandboxedCommands": false,
        "filesystem": { "denyRead": bash, "allowRead": denied.allowed, "denyWrite": denied.writing },
        // Network access is not this module's decision.
        "network": { "allowedDomains": ["*"] },
    });
    let permissions = json!({ "deny": deny });
    [("sandbox", sandbox), ("permissions", permissions)]
        .map(|(name, value)| (name.to_owned(), value))
        .into_iter()
        .collect()
}

/// In the CLI's rules, a path from the root begins with two slashes.
fn deny_rules(path: &Path, below: &str) -> [String; 2] {
    let path = path.display();
    ["Read", "Edit"].map(|tool| format!("{tool}(/{path}{below})"))
}

/// Whether an argument is the CLI's settings.
pub(super) fn is_settings(argument: &str) -> bool {
    argument.starts_with("--settings")
}

/// Whether an argument of the CLI's replaces its settings, or keeps their hooks from being run (measured: `--safe-mode`
/// on 2.1.197 and 2.1.329, `--managed-settings` on 2.1.329).
pub(super) fn turns_hooks_off(argument: &str) -> bool {
    let others = ["--safe-mode", "--managed-settings"];
    is_settings(argument) || others.iter().any(|other| argument.starts_with(other))
}

/// A search path without the folders that the CLI's account cannot reach: with one of them, the CLI's sandbox runs no
/// command at all (measured on 2.1.197).
pub(super) fn reachable(policy: &Policy, path: &OsStr) -> OsString {
    policy.with_account_rights(|| {
        let folders = std::env::split_paths(path).filter(|folder| folder.is_dir());
        std::env::join_paths(folders).unwrap_or_else(|_| path.to_owned())
    })
}

/// Whether a folder holds what the CLI needs, so that it cannot be kept from Bash as a whole.
pub(super) fn cannot_be_denied(policy: &Policy, folder: &Path) -> bool {
    [&policy.home, &policy.state]
        .iter()
        .any(|own| own.starts_with(folder))
}

fn denied(policy: &Policy, workspace: &Path) -> Denied {
    let mut denied = Denied::default();
    let private = [&policy.application_dir].into_iter().chain(&policy.private);
    // Canonical paths: 2.1.197 runs no command where one leads over a link (measured).
    for path in secrets(policy).into_iter().chain(private.cloned()) {
        let is_needed = cannot_be_denied(policy, &path) || path == policy.application_dir;
        match kind(&path) {
            // A secret that is thrown away; every command needs the device.
            Kind::File if path.starts_with("/dev") => {}
            Kind::File => denied.files.push(path),
            Kind::Folder if is_needed => {}
            Kind::Folder if workspace.starts_with(&path) => denied.shared.push(path),
            Kind::Folder => denied.folders.push(path),
            Kind::Missing => {}
        }
    }
    for other in policy.workspaces.iter().filter(|other| *other != workspace) {
        if !workspace.starts_with(other) {
            denied.folders.push(other.clone());
        } else if !cannot_be_denied(policy, other) {
            denied.shared.push(other.clone());
        }
    }
    denied.allowed.push(workspace.to_owned());
    if let Some(name) = workspace.to_str().and_then(folder_name) {
        let transcripts = canonical(&policy.transcripts_dir());
        denied.allowed.push(transcripts.join(name));
        denied.shared.push(transcripts);
    }
    denied.writing = denied_writing(policy, &denied);
    denied
}

/// Where secrets are that are not this CLI's, as far as this is known.
fn secrets(policy: &Policy) -> Vec<PathBuf> {
    let mut secrets = defaults::secrets(&policy.home);
    if canonical(&defaults::state(&policy.home)) != policy.state {
        secrets.extend(other_cli(policy));
    }
    all_canonical(&secrets)
}

/// What belongs to the owner's own CLI, where this one has another folder: the whole folder of that one, or all in it
/// but its settings if this one's lies inside.
fn other_cli(policy: &Policy) -> Vec<PathBuf> {
    let other = defaults::state(&policy.home);
    let mut found = [".claude.json", ".claude.json.backup"]
        .map(|name| policy.home.join(name))
        .to_vec();
    if !policy.state.starts_with(canonical(&other)) {
        found.push(other);
    } else if let Ok(entries) = fs::read_dir(&other) {
        let entries = entries.filter_map(Result::ok).map(|entry| entry.path());
        let is_private = |path: &PathBuf| {
            let name = path.file_name().and_then(OsStr::to_str);
            !name.is_some_and(defaults::is_cli_setting)
                && !policy.state.starts_with(canonical(path))
        };
        found.extend(entries.filter(is_private));
    }
    found
}

/// What Bash may not write.
///
/// The home folder, `.config` and `.cache` in it stay as they are: the CLI creates mount points of its own in them. So
/// what the application would read or run there is denied by name, even if it does not exist.
fn denied_writing(policy: &Policy, denied: &Denied) -> Vec<PathBuf> {
    let places = [
        &denied.files,
        &denied.folders,
        &denied.shared,
        &denied.allowed,
    ];
    let kept: Vec<_> = places
        .into_iter()
        .flatten()
        .cloned()
        .chain([".config/git", ".cache/claude"].map(|name| policy.home.join(name)))
        .chain([policy.state.clone()])
        .chain(policy.temporary.clone())
        .collect();
    let folders = MADE_WRITABLE.iter().map(PathBuf::from);
    let folders = folders.chain([policy.home.clone(), policy.application_dir.clone()]);
    let mut found = largest_parts(folders.filter(|path| path.is_dir()), &kept, &entries);
    let is_own = |path: &Path| denied.allowed.iter().any(|own| path.starts_with(own));
    let searched = policy.searched.iter().filter(|path| !is_own(path));
    let by_name = policy.config_files.iter().chain(searched);
    let by_name = by_name.filter(|path| match kind(path) {
        Kind::File => true,
        Kind::Folder => false,
        Kind::Missing => can_be_created(path),
    });
    found.extend(by_name.cloned());
    found
}

#[cfg(test)]
mod tests;
