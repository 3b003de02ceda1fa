use super::*;

#[test]
fn a_file_is_written_then_edited() {
    let folder = tempfile::tempdir().unwrap();
    let made = write(
        folder.path(),
        &json!({"file_path": "a/b.txt", "content": "one\ntwo\n"}),
    );
    assert_eq!(
        (made.is_error, &made.detail["type"]),
        (false, &json!("create"))
    );
    let change = json!({"file_path": "a/b.txt", "old_string": "two", "new_string": "2\nthree"});
    let edited = edit(folder.path(), &change);
    let hunk = &edited.detail["structuredPatch"][0];
    assert_eq!(hunk["lines"], json!([" one", "-two", "+2", "+three"]));
    assert_eq!(
        (&hunk["oldLines"], &hunk["newLines"]),
        (&json!(2), &json!(3))
    );
    let text = fs::read_to_string(folder.path().join("a/b.txt")).unwrap();
    assert_eq!(text, "one\n2\nthree\n");
    let again = write(
        folder.path(),
        &json!({"file_path": "a/b.txt", "content": "one\n"}),
    );
    assert_eq!(again.detail["type"], "update");
}

#[test]
fn an_edit_needs_exactly_one_match() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), &json!({"file_path": "a", "content": "x x"}));
    let change = |old: &str| edit(folder.path(), &json!({"file_path": "a", "old_string": old}));
    assert!(change("y").content.contains("not found"));
    assert!(change("x").content.contains("2 matches"));
    assert!(edit(folder.path(), &json!({"file_path": "b", "old_string": "x"})).is_error);
}

#[test]
fn base64_is_decoded() {
    assert_eq!(base64("aGVsbG8="), b"hello");
    assert_eq!(base64("aGk=\n"), b"hi");
}

#[test]
fn a_picture_is_written_as_its_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let content = format!("{PICTURE}iVBORw0KGgo=");
    write(
        folder.path(),
        &json!({"file_path": "a.png", "content": content}),
    );
    let bytes = fs::read(folder.path().join("a.png")).unwrap();
    assert_eq!(bytes, b"\x89PNG\r\n\x1a\n");
}
