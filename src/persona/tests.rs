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
    let prompt = load(folder.path()).unwrap().system_prompt();
    let start = "identity\n\n---\n\nsoul\n\nmore\n\n---\n\ntools\n\n## Security\n\n";
    assert!(prompt.starts_with(start), "{prompt}");
}

#[test]
fn a_missing_folder_is_reported() {
    let error = load(Path::new("/nowhere/personality")).unwrap_err();
    assert_eq!(
        error.to_string(),
        "personality folder not found: /nowhere/personality"
    );
}

#[test]
fn a_folder_without_personality_files_is_reported() {
    let folder = folder(&[("README.md", b"hello"), ("SOUL.md", b"\n")]);
    let error = load(folder.path()).unwrap_err().to_string();
    assert!(
        error.contains(&folder.path().display().to_string()),
        "{error}"
    );
    assert!(error.contains("IDENTITY.md, SOUL.md"), "{error}");
}

#[test]
fn a_file_that_is_not_utf8_is_reported() {
    let folder = folder(&[("IDENTITY.md", b"identity"), ("AGENTS.md", b"caf\xe9")]);
    let error = load(folder.path()).unwrap_err().to_string();
    assert!(error.contains("AGENTS.md: "), "{error}");
}

#[test]
fn the_builtin_personality_is_the_shipped_folder() {
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("personality");
    assert_eq!(load(&shipped).unwrap(), Persona::builtin());
}

#[test]
fn the_default_system_prompt() {
    insta::assert_snapshot!(Persona::builtin().system_prompt());
}
