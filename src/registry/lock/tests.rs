use super::*;

#[test]
fn a_second_holder_is_refused_with_the_pid_of_the_first() {
    let folder = tempfile::tempdir().unwrap();
    let first = Lock::take(folder.path()).unwrap();
    let Err(LockError::Held { pid, .. }) = Lock::take(folder.path()) else {
        panic!("two holders")
    };
    assert_eq!(pid, Some(std::process::id()));
    let id = first.instance_id().to_owned();
    drop(first);
    assert_eq!(Lock::take(folder.path()).unwrap().instance_id(), id);
}

#[test]
fn the_instance_id_of_an_older_lock_file_is_kept() {
    use std::os::unix::fs::MetadataExt as _;
    let folder = tempfile::tempdir().unwrap();
    drop(Lock::take(folder.path()).unwrap());
    let path = folder.path().join(".lock");
    let metadata = std::fs::metadata(&path).unwrap();
    let (dev, ino) = (metadata.dev(), metadata.ino());
    let mut file = files::open_lock(&path).unwrap();
    let text = format!(r#"{{"pid":1,"house":"old","place":[{dev},{ino}]}}"#);
    files::overwrite(&mut file, text.as_bytes()).unwrap();
    drop(file);
    assert_eq!(Lock::take(folder.path()).unwrap().instance_id(), "old");
}

#[test]
fn a_damaged_lock_file_is_ignored() {
    let folder = tempfile::tempdir().unwrap();
    files::replace(&folder.path().join(".lock"), b"\xff{").unwrap_or_default();
    assert!(matches!(
        Lock::take(folder.path()),
        Ok(_) | Err(LockError::Io { .. })
    ));
    files::replace(&folder.path().join(".lock"), b"nonsense").unwrap();
    assert!(Lock::take(folder.path()).is_ok());
}

#[tokio::test]
async fn a_bot_waits_for_somebody_who_only_looks() {
    let folder = tempfile::tempdir().unwrap();
    let held = Lock::take(folder.path()).unwrap();
    let release = async { drop(held) };
    // The first try comes before the release.
    let (taken, ()) = tokio::join!(Lock::take_for_bot(folder.path()), release);
    taken.unwrap();
}
