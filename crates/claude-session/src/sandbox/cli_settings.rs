//! Level `cli`: the settings with which the CLI puts its own sandbox around its Bash commands.

use std::{
    ffi::{OsStr, OsString},
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Map, Value, json};

use super::{
    Policy, defaults, folder_name,
    paths::{Kind, all_canonical, can_be_created, canonical, entries, kind},
};

/// What the tools of one session may not access.
#[derive(Debug, Default, PartialEq, Eq)]
struct Denied {
    /// Files that no tool may read.
    files: Vec<PathBuf>,
    /// Folders that no tool may read.
    folders: Vec<PathBuf>,
    /// Folders of which Bash may read only `allowed`; the allow rules limit the other tools.
    shared: Vec<PathBuf>,
    /// The session's part of `shared`.
    allowed: Vec<PathBuf>,
    /// What Bash may not write.
    writing: Vec<PathBuf>,
}

/// The settings for a process that works in `workspace`.
pub(super) fn settings(policy: &Policy, workspace: &Path) -> Map<String, Value> {
    render(&policy.with_account_rights(|| denied(policy, workspace)))
}

/// Measured on 2.1.197 and 2.1.329: Bash runs in namespaces of its own, `denyRead` hides paths from it, `allowRead` shows
/// a part of them again, and a `deny` rule applies to the Read tool.
fn render(denied: &Denied) -> Map<String, Value> {
    let bash = [&denied.files, &denied.folders, &denied.shared]
        .map(Vec::as_slice)
        .concat();
    let files = denied.files.iter().map(|path| deny_rules(path, ""));
    let folders = denied.folders.iter().map(|path| deny_rules(path, "/**"));
    let deny: Vec<String> = files.chain(folders).flatten().collect();
    let sandbox = json!({
        "enabled": true,
        // Without this a sandbox that cannot start is skipped.
        "failIfUnavailable": true,
        // The owner's allow rules still apply.
        "autoAllowBashIfSandboxed": false,
        // The model cannot request to run a command outside.
        "allowUnsandboxedCommands": false,
        "filesystem": { "denyRead": bash, "allowRead": denied.allowed, "denyWrite": denied.writing },
        // Network access is not this module's decision.
        "network": { "allowedDomains": ["*"] },
    });
    let permissions = json!({ "deny": deny });
    Map::from_iter([
        ("sandbox".into(), sandbox),
        ("permissions".into(), permissions),
    ])
}

/// In the CLI's rules, an absolute path begins with two slashes.
fn deny_rules(path: &Path, below: &str) -> [String; 2] {
    let path = path.display();
    ["Read", "Edit"].map(|tool| format!("{tool}(/{path}{below})"))
}

/// Adds settings to others: objects are joined, lists follow each other, and else the new value replaces the old one.
pub(super) fn merge(settings: &mut Map<String, Value>, new: Map<String, Value>) {
    for (key, value) in new {
        match (settings.get_mut(&key), value) {
            (Some(Value::Object(old)), Value::Object(new)) => merge(old, new),
            (Some(Value::Array(old)), Value::Array(new)) => old.extend(new),
            (Some(old), value) => *old = value,
            (None, value) => {
                settings.insert(key, value);
            }
        }
    }
}

/// Whether an argument replaces the CLI's settings or disables their hooks (measured: `--safe-mode` on 2.1.197 and
/// 2.1.329, `--managed-settings` on 2.1.329).
pub(super) fn turns_hooks_off(argument: &str) -> bool {
    let flags = ["--settings", "--safe-mode", "--managed-settings"];
    flags.iter().any(|flag| argument.starts_with(flag))
}

/// A search path without the folders that the CLI's account cannot reach, because one of them keeps the CLI's sandbox from
/// running any command (measured on 2.1.197).
pub(super) fn reachable(policy: &Policy, path: &OsStr) -> OsString {
    policy.with_account_rights(|| {
        let folders = std::env::split_paths(path).filter(|folder| folder.is_dir());
        std::env::join_paths(folders).unwrap_or_else(|_| path.to_owned())
    })
}

/// Whether a folder contains what the CLI needs, so that it cannot be hidden from Bash as a whole.
pub(super) fn cannot_be_denied(policy: &Policy, folder: &Path) -> bool {
    policy.home.starts_with(folder) || policy.state.starts_with(folder)
}

fn denied(policy: &Policy, workspace: &Path) -> Denied {
    let mut denied = Denied::default();
    let private = [&policy.application_dir].into_iter().chain(&policy.private);
    // Canonical paths: 2.1.197 runs no command if one contains a link (measured).
    for path in secrets(policy).into_iter().chain(private.cloned()) {
        let is_needed = cannot_be_denied(policy, &path) || path == policy.application_dir;
        match kind(&path) {
            // Every command needs the devices.
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

/// Where secrets are known to be, except for this CLI's.
fn secrets(policy: &Policy) -> Vec<PathBuf> {
    let mut secrets = defaults::secrets(&policy.home);
    if canonical(&defaults::state(&policy.home)) != policy.state {
        secrets.extend(other_cli(policy));
    }
    all_canonical(&secrets)
}

/// What belongs to the owner's own CLI, if this one uses another folder: the owner's whole folder or, if this one's lies
/// inside of it, everything there but the settings.
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
/// The home folder and its `.config` and `.cache` stay writable, because the CLI creates mount points in them. So what the
/// application would read or run there is denied by name, even if it does not exist.
fn denied_writing(policy: &Policy, denied: &Denied) -> Vec<PathBuf> {
    let mut kept = vec![policy.state.clone()];
    kept.extend([".config/git", ".cache/claude"].map(|name| policy.home.join(name)));
    kept.extend(policy.temporary.clone());
    for places in [
        &denied.files,
        &denied.folders,
        &denied.shared,
        &denied.allowed,
    ] {
        kept.extend_from_slice(places);
    }
    let folders = MADE_WRITABLE.iter().map(PathBuf::from);
    let folders = folders.chain([policy.home.clone(), policy.application_dir.clone()]);
    let mut found = largest_parts(folders.filter(|path| path.is_dir()), &kept, &entries);
    let is_own = |path: &Path| denied.allowed.iter().any(|own| path.starts_with(own));
    let searched = policy.searched.iter().filter(|path| !is_own(path));
    let by_name = policy.config_files.iter().chain(searched);
    let is_deniable = |path: &&PathBuf| match kind(path) {
        Kind::File => true,
        Kind::Folder => false,
        Kind::Missing => can_be_created(path),
    };
    found.extend(by_name.filter(is_deniable).cloned());
    found
}

/// Folders that Bash may write if the CLI scrubs its environment, whatever `allowWrite` says (measured on 2.1.197 and
/// 2.1.329). `/tmp` is another, which stays writable.
const MADE_WRITABLE: &[&str] = &["/home", "/mnt", "/opt", "/root", "/run", "/var"];

/// The largest parts of `folders` that contain none of `kept`. `entries` lists a folder.
///
/// A folder that contains one of them is left out, so that the CLI can create mount points beside it.
fn largest_parts(
    folders: impl IntoIterator<Item = PathBuf>,
    kept: &[PathBuf],
    entries: &impl Fn(&Path) -> Vec<PathBuf>,
) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut ahead: Vec<PathBuf> = folders.into_iter().collect();
    while let Some(path) = ahead.pop() {
        if kept.iter().any(|kept| path.starts_with(kept)) {
            continue;
        }
        if kept.iter().any(|kept| kept.starts_with(&path)) {
            ahead.extend(entries(&path));
        } else {
            found.push(path);
        }
    }
    found.sort();
    found.dedup();
    found
}

#[cfg(test)]
mod tests;
