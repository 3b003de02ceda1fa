use std::io::Write;

use super::*;

const MACHINE: Machine = Machine {
    memory_bytes: 4_000_000_000,
};

fn file(folder: &Path, text: &[u8]) -> PathBuf {
    let path = folder.join("mine.json");
    fs::OpenOptions::new()
        .create_new(true)
        .write(true)
        .open(&path)
        .unwrap()
        .write_all(text)
        .unwrap();
    path
}

#[test]
fn paths_are_taken_from_the_files_folder() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), br#"{"sessions_dir": "kept"}"#);
    let config = load(Some(&path), &Environment::default(), &MACHINE).unwrap();
    assert_eq!(config.sessions_dir, folder.path().join("kept"));
    assert_eq!(config.personality_dir, folder.path().join("personality"));
}

#[test]
fn a_named_file_must_exist() {
    let folder = tempfile::tempdir().unwrap();
    let error = load(
        Some(&folder.path().join("none.json")),
        &Environment::default(),
        &MACHINE,
    )
    .unwrap_err();
    assert!(matches!(error, ConfigError::NotFound(_)), "{error}");
}

#[test]
fn a_binary_file_is_an_error() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(folder.path(), b"{\xff}");
    let error = load(Some(&path), &Environment::default(), &MACHINE).unwrap_err();
    assert!(matches!(error, ConfigError::Read { .. }), "{error}");
}

#[test]
fn problems_are_listed_below_the_files_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = file(
        folder.path(),
        br#"{"models": [], "claude": {"max_live": 0}}"#,
    );
    let error = load(Some(&path), &Environment::default(), &MACHINE)
        .unwrap_err()
        .to_string();
    let mut lines = error.lines();
    assert_eq!(
        lines.next(),
        Some(format!("invalid configuration in {}:", path.display()).as_str())
    );
    assert!(lines.next().unwrap().starts_with("models: "), "{error}");
    assert!(
        lines.next().unwrap().starts_with("claude.max_live: "),
        "{error}"
    );
    assert_eq!(lines.next(), None);
}

#[test]
fn without_a_file_every_key_has_its_default() {
    // The tests run in the package's folder, whose own file has no key but `$schema`.
    let config = load(None, &Environment::default(), &MACHINE).unwrap();
    let folder = std::env::current_dir().unwrap();
    assert_eq!(
        config,
        Config::from_json("{}", &folder, &Environment::default(), &MACHINE).unwrap()
    );
}
