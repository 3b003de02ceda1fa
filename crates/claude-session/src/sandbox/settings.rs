//! The settings by which the CLI puts its own sandbox around its Bash commands.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value, json};

/// What is kept from the tools of one channel.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Closed {
    /// Files that no tool may read.
    pub(super) files: Vec<PathBuf>,
    /// Folders that no tool may read.
    pub(super) folders: Vec<PathBuf>,
    /// Folders of which Bash may read `open` alone; the other tools keep to the allow rules.
    pub(super) shared: Vec<PathBuf>,
    /// The channel's own part of `shared`.
    pub(super) open: Vec<PathBuf>,
    /// What Bash may not write; elsewhere it may.
    pub(super) sealed: Vec<PathBuf>,
}

/// What `--settings` says of it.
///
/// Measured on 2.1.197 and 2.1.329: Bash is put into namespaces of its own, `denyRead` hides, `allowRead` opens a part
/// of it again, and a `deny` rule holds for the Read tool.
pub(super) fn settings(closed: &Closed) -> Map<String, Value> {
    let bash: Vec<&PathBuf> = [&closed.files, &closed.folders, &closed.shared]
        .into_iter()
        .flatten()
        .collect();
    let files = closed.files.iter().map(|path| rule(path, ""));
    let folders = closed.folders.iter().map(|path| rule(path, "/**"));
    let deny: Vec<String> = files.chain(folders).flatten().collect();
    let sandbox = json!({
        "enabled": true,
        // Without this a sandbox that cannot start is passed over.
        "failIfUnavailable": true,
        // A sandbox is no permission: the owner's allow rules hold as ever.
        "autoAllowBashIfSandboxed": false,
        // The model cannot ask for a command to be run outside.
        "allowUnsandboxedCommands": false,
        "filesystem": { "denyRead": bash, "allowRead": closed.open, "denyWrite": closed.sealed },
        // What may be reached is no business of this room's.
        "network": { "allowedDomains": ["*"] },
    });
    let permissions = json!({ "deny": deny });
    [("sandbox", sandbox), ("permissions", permissions)]
        .map(|(name, value)| (name.to_owned(), value))
        .into_iter()
        .collect()
}

/// Whether an argument of the CLI's is its settings.
pub(super) fn is_settings(argument: &str) -> bool {
    argument.starts_with("--settings")
}

/// Whether an argument of the CLI's takes the place of its settings, or keeps their hooks from being run (measured:
/// `--safe-mode` on 2.1.197 and 2.1.329, `--managed-settings` on 2.1.329).
pub(super) fn turns_hooks_off(argument: &str) -> bool {
    let others = ["--safe-mode", "--managed-settings"];
    is_settings(argument) || others.iter().any(|other| argument.starts_with(other))
}

/// Two slashes begin a path from the root in the CLI's rules.
fn rule(path: &Path, below: &str) -> [String; 2] {
    let path = path.display();
    ["Read", "Edit"].map(|tool| format!("{tool}(/{path}{below})"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_turns_hooks_off_is_known() {
        for argument in [
            "--settings=a.json",
            "--settings",
            "--safe-mode",
            "--managed-settings={}",
        ] {
            assert!(turns_hooks_off(argument), "{argument}");
        }
        for argument in ["--bare", "--setting-sources=user", "a.json"] {
            assert!(!turns_hooks_off(argument), "{argument}");
        }
    }

    #[test]
    fn the_settings_are_these() {
        let closed = Closed {
            files: vec!["/srv/bot/token".into()],
            folders: vec!["/srv/bot/sessions".into()],
            shared: vec!["/srv/bot/workspaces".into()],
            open: vec!["/srv/bot/workspaces/1".into()],
            sealed: vec!["/srv/bot/notes".into(), "/opt".into()],
        };
        insta::assert_snapshot!(format!("{:#}", Value::Object(settings(&closed))));
    }
}
