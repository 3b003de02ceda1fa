use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::claude::protocol::Json;

fn shown(tool: &str, input: &Value) -> ShownCall {
    ShownCall::of(&PermissionRequest {
        tool_name: tool.into(),
        input: Json::of(input).unwrap(),
        ..PermissionRequest::default()
    })
}

#[track_caller]
fn check(tool: &str, input: &Value, text: &str) {
    let shown = shown(tool, input);
    assert_eq!(shown.text, text);
    assert!(shown.is_whole && shown.files.is_empty());
}

#[test]
fn a_command_is_shown_whole() {
    let input = json!({ "command": "rm -rf build\nls", "description": "Tidy up" });
    check("Bash", &input, "```sh\nrm -rf build\nls\n```");
    let input = json!({ "command": "a\u{202e}b ``` c" });
    check("Bash", &input, "```sh\na\\u{202e}b ``\\u{60} c\n```");
}

#[test]
fn a_field_that_is_not_known_is_shown_too() {
    let input = json!({ "command": "id", "dangerouslyDisableSandbox": true });
    let text = "```json\n{\n  \"command\": \"id\",\n  \"dangerouslyDisableSandbox\": true\n}\n```";
    check("Bash", &input, text);
    let input =
        json!({ "file_path": "/a", "old_string": "b", "new_string": "c", "replace_all": 7 });
    assert!(shown("Edit", &input).text.contains("\"replace_all\": 7"));
    check(
        "WebFetch",
        &json!({ "url": "u" }),
        "```json\n{\n  \"url\": \"u\"\n}\n```",
    );
}

#[test]
fn an_edit_is_shown_as_a_diff() {
    let edit = |old: &str, new: &str| json!({ "file_path": "/a/b.rs", "old_string": old, "new_string": new });
    let input = edit("one\ntwo\nthree", "one\n2\nthree");
    check(
        "Edit",
        &input,
        "`/a/b.rs`\n```diff\n one\n-two\n+2\n three\n```",
    );
    check("Edit", &edit("a\n", "a"), "`/a/b.rs`\n```diff\n a\n-\n```");
    check(
        "Edit",
        &edit("a\na", "a\na\na"),
        "`/a/b.rs`\n```diff\n a\n a\n+a\n```",
    );
    check("Edit", &edit("a", ""), "`/a/b.rs`\n```diff\n-a\n+\n```");
    let mut input = edit("a", "b");
    input["replace_all"] = true.into();
    check(
        "Edit",
        &input,
        "`/a/b.rs`, wherever it occurs\n```diff\n-a\n+b\n```",
    );
}

#[test]
fn a_new_file_is_shown_as_added_lines() {
    for (content, added) in [
        ("x\n", "+x"),
        ("x\n\n", "+x\n+"),
        ("\n", "+"),
        ("x\ny", "+x\n+y\n\\ No newline at end of file"),
        ("", "\\ Empty file"),
    ] {
        let input = json!({ "file_path": "/a/`b\u{200b}", "content": content });
        let text = format!("`/a/\\u{{60}}b\\u{{200b}}`\n```diff\n{added}\n```");
        check("Write", &input, &text);
    }
}

#[test]
fn what_is_long_goes_into_a_file() {
    for long in ["x".repeat(3_000), "x\n".repeat(100)] {
        let shown = shown("Bash", &json!({ "command": long }));
        assert!(shown.is_whole && shown.text.chars().count() < 1_000);
        let [file] = &shown.files[..] else {
            panic!("{shown:?}")
        };
        assert_eq!(
            (file.name.as_str(), &file.content[..]),
            ("request.sh.txt", long.as_bytes())
        );
    }
    let input = json!({ "file_path": "p".repeat(500), "content": "x" });
    assert!(shown("Write", &input).text.starts_with("```json"));
}

#[test]
fn what_cannot_be_read_whole_is_not_shown() {
    let huge = shown("Bash", &json!({ "command": "x".repeat(MOST_BYTES) }));
    let broken = ShownCall::of(&PermissionRequest {
        tool_name: "Bash".into(),
        // Half a surrogate pair.
        input: Json::parse(r#"{"command":"\ud800"}"#).unwrap(),
        ..PermissionRequest::default()
    });
    for shown in [huge, broken, shown("Bash", &json!([1]))] {
        assert!(!shown.is_whole && shown.text.is_empty());
    }
}

proptest! {
    /// The lines of a diff without those added are the old text, and without those removed the new one.
    #[test]
    fn a_diff_says_what_an_edit_does(old in "[ab\n]{0,12}", new in "[ab\n]{0,12}") {
        let diff = diff(&old, &new);
        let without = |sign: char| {
            let lines = diff.split('\n').filter(|line| !line.starts_with(sign));
            lines.map(|line| line[1..].to_owned()).collect::<Vec<_>>().join("\n")
        };
        prop_assert_eq!(without('+'), old.clone());
        prop_assert_eq!(without('-'), new.clone());
    }
}
