use std::{fs, io::Write as _, os::unix::fs::PermissionsExt as _};

use super::*;

fn names(workspace: &Path) -> Vec<String> {
    let entries = fs::read_dir(workspace.join(FOLDER)).unwrap();
    let mut names: Vec<_> = entries
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn add(store: &Store, message: u64, original: &str, bytes: usize) {
    let (mut file, _) = store.create(MessageId(message), 1, original).unwrap();
    file.write_all(&vec![b'x'; bytes]).unwrap();
}

#[test]
fn files_are_private_and_never_overwritten() {
    let workspace = tempfile::tempdir().unwrap();
    let store = Store::open(&workspace.path().join("deep/er"), None).unwrap();
    let workspace = workspace.path().join("deep/er");
    add(&store, 7, "a.txt", 3);
    add(&store, 7, "a.txt", 5);
    assert_eq!(names(&workspace), ["7-1-2_a.txt", "7-1-a.txt"]);
    let first = fs::metadata(workspace.join("attachments/7-1-a.txt")).unwrap();
    assert_eq!(
        (first.len(), first.permissions().mode() & 0o777),
        (3, 0o600)
    );
}

#[test]
fn the_oldest_files_are_removed_and_foreign_ones_stay() {
    let workspace = tempfile::tempdir().unwrap();
    let store = Store::open(workspace.path(), None).unwrap();
    for message in [10, 9, 8, 100] {
        add(&store, message, "a", 10);
    }
    let foreign = workspace.path().join("attachments/notes.txt");
    files::replace(&foreign, &[b'x'; 1_000]).unwrap();
    assert_eq!(store.make_room(MessageId(101), 10, 50).unwrap(), 0);
    assert_eq!(store.make_room(MessageId(101), 20, 40).unwrap(), 2);
    assert_eq!(names(workspace.path()), ["10-1-a", "100-1-a", "notes.txt"]);
    // Files of the message itself are never removed.
    assert_eq!(store.make_room(MessageId(100), 99, 40).unwrap(), 1);
    assert_eq!(names(workspace.path()), ["100-1-a", "notes.txt"]);
}

#[test]
fn links_are_not_followed() {
    let elsewhere = tempfile::tempdir().unwrap();
    files::replace(&elsewhere.path().join("1-1-a"), b"mine").unwrap();
    let workspace = tempfile::tempdir().unwrap();
    let link = workspace.path().join(FOLDER);
    std::os::unix::fs::symlink(elsewhere.path(), &link).unwrap();
    assert!(Store::open(workspace.path(), None).is_err());
    fs::remove_file(&link).unwrap();
    let store = Store::open(workspace.path(), None).unwrap();
    let inner = workspace.path().join("attachments/7-1-a");
    std::os::unix::fs::symlink(elsewhere.path().join("new"), &inner).unwrap();
    assert_eq!(store.create(MessageId(7), 1, "a").unwrap().1, "7-1-2_a");
    assert_eq!(fs::read_dir(elsewhere.path()).unwrap().count(), 1);
}
