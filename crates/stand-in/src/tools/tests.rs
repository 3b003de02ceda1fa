use super::*;

fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["b.md", "a.rs", "inner/c.md"] {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let mut file = tempfile::NamedTempFile::new_in(folder.path()).unwrap();
        std::io::Write::write_all(&mut file, b"one\ntwo\n").unwrap();
        file.persist(path).unwrap();
    }
    folder
}

#[track_caller]
fn check_glob(pattern: &str, expected: &str) {
    let folder = folder();
    let output = glob(folder.path(), &json!({ "pattern": pattern }));
    assert_eq!(output.content, expected);
}

#[test]
fn glob_lists_matching_paths() {
    check_glob("*", "a.rs\nb.md\ninner/");
    check_glob("*.md", "b.md");
    check_glob("**/*.md", "b.md\ninner/c.md");
    check_glob("?.rs", "a.rs");
    check_glob("*.py", "No files found");
}

#[test]
fn read_numbers_lines() {
    let folder = folder();
    let output = read(folder.path(), &json!({"file_path": "b.md"}));
    assert_eq!(output.content, "     1\tone\n     2\ttwo");
    assert_eq!(output.detail["file"]["totalLines"], 2);
    let missing = read(folder.path(), &json!({"file_path": "no"}));
    assert_eq!(missing.content, "File does not exist.");
    assert!(read(folder.path(), &json!({"file_path": "inner"})).is_error);
}

#[test]
fn paths_outside_are_recognized() {
    let folder = folder();
    let inside = |path: &str| stays_inside(folder.path(), &json!({ "file_path": path }));
    assert!(inside("b.md") && inside("inner/c.md") && inside("missing"));
    assert!(!inside("../x") && !inside("/etc/hostname") && !inside("inner/../../x"));
    assert!(stays_inside(folder.path(), &json!({"pattern": "*"})));
}

#[test]
fn commands_succeed_or_fail() {
    let finished = |code, stdout: &str| Finished {
        code,
        stdout: stdout.into(),
        stderr: String::new(),
    };
    let quiet = ToolOutput::command(finished(Some(0), ""));
    assert_eq!(quiet.content, "(Bash completed with no output)");
    assert_eq!(quiet.detail["noOutputExpected"], true);
    let failed = ToolOutput::command(finished(Some(2), "x"));
    assert_eq!(
        (failed.content.as_str(), failed.is_error),
        ("Exit code 2\nx", true)
    );
}
