use super::*;

#[test]
fn a_saved_session_is_loaded() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::new(folder.path(), Path::new("/w"));
    let id = Uuid::new_v4();
    assert!(!store.has(id));
    assert!(store.load(id).unwrap().is_none());

    let mut transcript = Transcript::new(id, "m".into(), "prompt".into());
    transcript.push(Role::User, "one");
    transcript.push(Role::Assistant, "two");
    store.save(&transcript).unwrap();
    transcript.crashed = true;
    store.save(&transcript).unwrap();

    let found = store.load(id).unwrap().unwrap();
    assert!(store.has(id) && found.crashed);
    assert_eq!(found.user_texts(), ["one"]);
    assert_eq!(found.context, Context::new("prompt"));
}

#[test]
fn a_truncated_file_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::new(folder.path(), Path::new("/w"));
    let id = Uuid::new_v4();
    store
        .save(&Transcript::new(id, "m".into(), String::new()))
        .unwrap();
    OpenOptions::new()
        .write(true)
        .open(store.path(id))
        .and_then(|file| file.set_len(10))
        .unwrap();
    assert!(store.load(id).is_err());
}
