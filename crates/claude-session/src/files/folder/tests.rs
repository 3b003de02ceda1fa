#![expect(clippy::disallowed_methods, reason = "a test prepares files")]

use std::{fs, os::unix::fs::symlink};

use super::*;

#[test]
fn a_folder_is_removed_without_what_its_links_lead_to() {
    let world = tempfile::tempdir().unwrap();
    let outside = world.path().join("outside");
    let inside = world.path().join("inside");
    fs::create_dir(&outside).unwrap();
    fs::write(outside.join("kept"), "x").unwrap();
    fs::create_dir_all(inside.join("a/b/c")).unwrap();
    fs::write(inside.join("a/b/file"), "x").unwrap();
    symlink(&outside, inside.join("a/b/link")).unwrap();
    symlink(&outside, inside.join("link")).unwrap();
    let folder = Folder::open(&inside).unwrap();
    folder.remove_all("a".as_ref()).unwrap();
    folder.remove_all("missing".as_ref()).unwrap();
    folder.remove_all("link".as_ref()).unwrap_err();
    assert!(!inside.join("a").exists());
    assert!(outside.join("kept").exists());
}

#[test]
fn a_folder_that_is_too_deep_is_not_removed() {
    let world = tempfile::tempdir().unwrap();
    fs::create_dir_all(world.path().join("a/".repeat(MAX_DEPTH))).unwrap();
    fs::create_dir_all(world.path().join("b/".repeat(MAX_DEPTH + 1))).unwrap();
    let folder = Folder::open(world.path()).unwrap();
    folder.remove_all("a".as_ref()).unwrap();
    assert!(!world.path().join("a").exists());
    folder.remove_all("b".as_ref()).unwrap_err();
}
