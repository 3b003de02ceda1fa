use std::{fs, os::unix::fs::symlink};

use super::*;

#[track_caller]
fn check(owner: &WorkspaceOwner, path: &Path, expected: Option<&Path>) {
    let opened = owner.open(path).ok().map(|(_, found)| found);
    assert_eq!(opened.as_deref(), expected, "{path:?}");
}

#[test]
fn only_own_folders_and_workspaces_are_opened() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().canonicalize().unwrap().join(name);
    for name in ["workspaces/there/inner", "own", "elsewhere"] {
        fs::create_dir_all(at(name)).unwrap();
    }
    let own = rustix::process::geteuid().as_raw();
    let group = rustix::process::getegid().as_raw();
    let account = |user| WorkspaceOwner {
        owner: Owner(user, group),
        workspace_dir: at("workspaces"),
    };
    symlink(at("elsewhere"), at("workspaces/away")).unwrap();
    symlink(at("nowhere"), at("workspaces/nowhere")).unwrap();
    symlink(at("workspaces/there"), at("in")).unwrap();
    for name in ["workspaces/there", "workspaces/new"] {
        check(&account(own), &at(name), Some(&at(name)));
    }
    check(&account(own), &at("in"), Some(&at("workspaces/there")));
    check(&account(own), &at("own"), Some(&at("own")));
    // No account has this number.
    let other = account(u32::MAX - 1);
    for name in [
        "own",
        "workspaces/away",
        "workspaces",
        "workspaces/there/inner",
        "workspaces/nowhere",
        "missing",
    ] {
        check(&other, &at(name), None);
    }
    assert!(!at("nowhere").exists() && !at("missing").exists());
}
