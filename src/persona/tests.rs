use std::io::Write;

use super::*;

fn folder(files: &[(&str, &[u8])]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = folder.path().join(name);
        fs::OpenOptions::new()
            .create_new(true)
            .write(true)
            .open(path)
            .unwrap()
            .write_all(bytes)
            .unwrap();
    }
    folder
}

#[test]
fn existing_files_are_joined_in_order() {
    let folder = folder(&[
        ("TOOLS.md", b"tools\n"),
        ("SOUL.md", b"\n \nsoul\n\nmore\n\n\n"),
        ("IDENTITY.md", b"\xef\xbb\xbfidentity"),
        ("USER.md", b" \n"),
        ("NOTES.md", b"ignored"),
    ]);
    let prompt = load(folder.path(), &[]).unwrap();
    let prompt = prompt.get(DEFAULT).system_prompt();
    let start = "identity\n\n---\n\nsoul\n\nmore\n\n---\n\ntools\n\n## Security\n\n";
    assert!(prompt.starts_with(start), "{prompt}");
}

#[test]
fn a_missing_folder_is_reported() {
    let error = load(Path::new("/nowhere/personality"), &[]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "personality folder not found: /nowhere/personality"
    );
}

#[test]
fn a_folder_without_personality_files_is_reported() {
    let folder = folder(&[("README.md", b"hello"), ("SOUL.md", b"\n")]);
    let error = load(folder.path(), &[]).unwrap_err().to_string();
    assert!(
        error.contains(&folder.path().display().to_string()),
        "{error}"
    );
    assert!(error.contains("IDENTITY.md, SOUL.md"), "{error}");
}

#[test]
fn a_file_that_is_not_utf8_is_reported() {
    let folder = folder(&[("IDENTITY.md", b"identity"), ("AGENTS.md", b"caf\xe9")]);
    let error = load(folder.path(), &[]).unwrap_err().to_string();
    assert!(error.contains("AGENTS.md: "), "{error}");
}

#[test]
fn the_builtin_personality_is_the_shipped_folder() {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("personality");
    assert_eq!(load(&shipped, &[]).unwrap(), Personas::builtin());
}

#[test]
fn the_default_system_prompt() {
    insta::assert_snapshot!(Personas::builtin().get(DEFAULT).system_prompt());
}

#[test]
fn each_folder_with_personality_files_is_a_persona() {
    let root = folder(&[("SOUL.md", b"main")]);
    for (name, file) in [
        ("pirate", "SOUL.md"),
        ("drafts", "notes.txt"),
        ("default", "SOUL.md"),
        ("Default", "SOUL.md"),
        ("Reload", "SOUL.md"),
        ("two words", "SOUL.md"),
        (".git", "SOUL.md"),
    ] {
        let path = root.path().join(name);
        fs::create_dir(&path).unwrap();
        fs::OpenOptions::new()
            .create_new(true)
            .write(true)
            .open(path.join(file))
            .unwrap()
            .write_all(name.as_bytes())
            .unwrap();
    }
    let personas = load(root.path(), &["pirate".to_owned()]).unwrap();
    assert_eq!(personas.names().collect::<Vec<_>>(), ["default", "pirate"]);
    let begins = |name: &str, text: &str| personas.get(name).system_prompt().starts_with(text);
    assert!(begins("default", "main\n\n## Security"));
    assert!(begins("pirate", "pirate\n\n## Security"));
    assert!(begins("drafts", "main"));
    let unknown = load(root.path(), &["drafts".to_owned()]).unwrap_err();
    assert!(
        unknown.to_string().contains("no folder drafts"),
        "{unknown}"
    );
}

#[test]
fn an_unreadable_folder_matters_only_if_it_is_configured() {
    let root = folder(&[("SOUL.md", b"main")]);
    let old = root.path().join("old");
    fs::create_dir(&old).unwrap();
    files::replace(&old.join("SOUL.md"), b"caf\xe9").unwrap();
    let personas = load(root.path(), &[]).unwrap();
    assert_eq!(personas.names().collect::<Vec<_>>(), ["default"]);
    let error = load(root.path(), &["old".to_owned()]).unwrap_err();
    assert!(error.to_string().contains("old/SOUL.md: "), "{error}");
}
