//! Level `bwrap`: the command line that starts a program inside bubblewrap.

use std::{
    ffi::OsString,
    io,
    path::{Path, PathBuf},
};

use super::{
    Account, Policy, defaults,
    mounts::{Mount, Mounts, PerProcess, mounts},
    paths::{all_canonical, canonical, installation, resolve},
};

/// The arguments of bubblewrap for a program that works in `workspace`, whose path is canonical, and may read these
/// files and work in these folders. The last one is the program; its own arguments follow.
///
/// Fails if a folder cannot be created or the program's path is a loop of links.
pub(super) fn wrap(
    policy: &Policy,
    program: &Path,
    workspace: &Path,
    files: &[&Path],
    folders: &[PathBuf],
) -> io::Result<Vec<OsString>> {
    let transcripts = policy.with_account_rights(|| policy.prepare_state(workspace))?;
    let mounts = mounts_for(policy, program, workspace, files, folders, transcripts)?;
    let mut arguments = arguments(&mounts, workspace);
    arguments.push(std::path::absolute(program)?.into());
    Ok(arguments)
}

/// The same for a program that reads the workspace and nothing of the CLI's own folder.
pub(super) fn wrap_helper(
    policy: &Policy,
    program: &Path,
    workspace: &Path,
    network: bool,
) -> io::Result<Vec<OsString>> {
    let mut mounts = mounts_for(policy, program, workspace, &[], &[], None)?;
    // Beside the login, the CLI keeps an account's key in that file.
    mounts.retain(|path, _| !path.starts_with(&policy.state) && !path.ends_with(".claude.json"));
    mounts.insert(policy.state.clone(), Mount::EmptyFolder);
    mounts.insert(workspace.to_owned(), Mount::ReadOnly);
    let mut arguments = arguments(&mounts, workspace);
    if !network {
        arguments.insert(0, "--unshare-net".into());
    }
    arguments.push(std::path::absolute(program)?.into());
    Ok(arguments)
}

fn mounts_for(
    policy: &Policy,
    program: &Path,
    workspace: &Path,
    files: &[&Path],
    folders: &[PathBuf],
    transcripts: Option<PathBuf>,
) -> io::Result<Mounts> {
    for other in &policy.workspaces {
        // A missing folder cannot be masked, and could be created while the process runs.
        if !other.starts_with(workspace) {
            continue;
        }
        let account = policy.account.as_ref();
        if let Err(error) = Account::workspace(account, &policy.workspace_dir, other) {
            tracing::warn!(%error, workspace = %other.display(), "failed to create a workspace");
        }
    }
    let program = std::path::absolute(program)?;
    let others = policy.workspaces.iter().filter(|other| *other != workspace);
    let mut private: Vec<_> = policy.private.iter().chain(others).cloned().collect();
    // In case the CLI's own folder holds a link to them.
    private.push(canonical(&policy.transcripts_dir()));
    let mut required = vec![
        installation(&resolve(&program)?.target, &private),
        program.clone(),
    ];
    required.extend(files.iter().map(|path| (*path).to_owned()));
    let mut secrets = all_canonical(&defaults::secrets(&policy.home));
    // `/root`, for example, contains the home folder if the CLI runs as root.
    secrets.retain(|secret| !policy.home.starts_with(secret) && !policy.state.starts_with(secret));
    let process = PerProcess {
        workspace: workspace.to_owned(),
        transcripts,
        required,
        folders: folders.to_vec(),
        private,
        secrets,
    };
    // Bubblewrap has the account's rights: it can neither mount nor mask what the account cannot reach.
    Ok(policy.with_account_rights(|| mounts(policy, &process, |path| resolve(path).ok())))
}

/// Everything before the program and its own arguments: flags as in `bwrap(1)` of 0.4 and later.
fn arguments(mounts: &Mounts, workspace: &Path) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = [
        // The CLI sees and signals its own processes only, and what it leaves running ends with it.
        "--unshare-pid",
        "--unshare-ipc",
        "--unshare-uts",
        // It ends with the application, even if that one is killed.
        "--die-with-parent",
        // It cannot type into the application's terminal (CVE-2017-5226).
        "--new-session",
        // Started by root, it would keep root's capabilities and could unmount what confines it.
        "--cap-drop",
        "ALL",
    ]
    .map(OsString::from)
    .to_vec();
    for (path, mount) in mounts {
        let (flag, source) = match mount {
            Mount::Tmpfs | Mount::EmptyFolder => ("--tmpfs", None),
            Mount::EmptyFile => ("--ro-bind", Some(Path::new("/dev/null"))),
            Mount::ReadOnly => ("--ro-bind-try", Some(path.as_path())),
            Mount::ReadWrite => ("--bind-try", Some(path.as_path())),
            Mount::Symlink(target) => ("--symlink", Some(target.as_path())),
            Mount::Devices => ("--dev", None),
            Mount::Processes => ("--proc", None),
        };
        arguments.push(flag.into());
        arguments.extend(source.map(OsString::from));
        arguments.push(path.into());
    }
    let root = Path::new("/");
    let empty = mounts
        .iter()
        .filter(|(_, mount)| **mount == Mount::EmptyFolder)
        .map(|(path, _)| path.as_path())
        // Bubblewrap's own root is writable by default.
        .chain((!mounts.contains_key(root)).then_some(root));
    // Only after everything inside of them has been mounted.
    for path in empty {
        arguments.extend(["--remount-ro".into(), path.into()]);
    }
    arguments.extend(["--chdir".into(), workspace.into(), "--".into()]);
    arguments
}

#[cfg(test)]
mod tests;
