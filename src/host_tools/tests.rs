#![expect(clippy::disallowed_methods, reason = "a test prepares files")]

use std::{fs, os::unix::fs::symlink};

use serde_json::{Value, json};

use super::*;
use crate::claude::{mcp::ToolCall, protocol::Json};

fn parse(tool: &str, arguments: &Value) -> Result<HostCall, String> {
    HostCall::parse(&ToolCall {
        id: Json::of(&1).unwrap(),
        tool: tool.to_owned(),
        arguments: Json::of(arguments).unwrap(),
        tool_use_id: None,
    })
}

#[test]
fn good_calls_are_read() {
    let file = HostCall::SendFile {
        path: "a/b.png".into(),
        caption: "look".into(),
    };
    assert_eq!(
        parse(
            "send_file",
            &json!({ "path": "a/b.png", "caption": "look" })
        ),
        Ok(file)
    );
    for emoji in ["👍", "❤️", "👩‍👩‍👧‍👦", "🇩🇪", "1️⃣", "👍🏽", "✅"]
    {
        let expected = HostCall::React {
            emoji: emoji.into(),
        };
        assert_eq!(parse("react", &json!({ "emoji": emoji })), Ok(expected));
    }
    let count = |arguments: Value| parse("read_channel", &arguments);
    assert_eq!(count(json!({})), Ok(HostCall::ReadChannel { count: 20 }));
    assert_eq!(
        count(json!({ "count": 100 })),
        Ok(HostCall::ReadChannel { count: 100 })
    );
}

#[test]
fn bad_calls_are_refused() {
    let long = "x".repeat(1_501);
    for (tool, arguments) in [
        ("send_file", json!({})),
        ("send_file", json!({ "path": "" })),
        ("send_file", json!({ "path": ["a"] })),
        ("send_file", json!({ "path": "a", "caption": long })),
        ("send_file", json!(null)),
        ("react", json!({ "emoji": "" })),
        ("react", json!({ "emoji": "x" })),
        ("react", json!({ "emoji": "ä" })),
        ("react", json!({ "emoji": "👍👍" })),
        ("react", json!({ "emoji": "<:name:1>" })),
        ("react", json!({ "emoji": "../../1" })),
        ("read_channel", json!({ "count": 0 })),
        ("read_channel", json!({ "count": 101 })),
        ("read_channel", json!({ "count": 300 })),
        ("read_channel", json!({ "count": -1 })),
        ("read_channel", json!({ "count": "five" })),
        ("delete_channel", json!({})),
        ("", json!({})),
    ] {
        assert!(parse(tool, &arguments).is_err(), "{tool} {arguments}");
    }
}

#[test]
fn rules_name_the_tools_plainly() {
    assert_eq!(cli_rule("send_file"), "mcp__switchboard__send_file");
    assert_eq!(cli_rule("Read(./**)"), "Read(./**)");
    let names: Vec<_> = server().tools.iter().map(|tool| tool.name).collect();
    assert_eq!(names, HOST_TOOLS);
}

#[test]
fn a_file_of_the_workspace_is_read_by_either_path() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = folder.path().join("workspace");
    fs::create_dir(&workspace).unwrap();
    fs::write(workspace.join("My plot (1).png"), "png").unwrap();
    // The owner may have put a link in the workspace's own place.
    let link = folder.path().join("link");
    symlink(&workspace, &link).unwrap();
    let absolute = workspace.join("My plot (1).png");
    let by_link = link.join("My plot (1).png");
    for path in [
        "My plot (1).png",
        absolute.to_str().unwrap(),
        by_link.to_str().unwrap(),
    ] {
        let file = read(&link, path, 10).unwrap();
        assert_eq!(
            (file.name.as_str(), &*file.content),
            ("My_plot_1.png", &b"png"[..]),
            "{path}"
        );
    }
}

#[test]
fn what_is_not_a_file_of_the_workspace_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let workspace = folder.path().join("workspace");
    fs::create_dir(&workspace).unwrap();
    fs::write(folder.path().join("secret"), "secret").unwrap();
    fs::write(workspace.join("empty"), "").unwrap();
    fs::write(workspace.join("large"), "12345678901").unwrap();
    symlink("../secret", workspace.join("link")).unwrap();
    let outside = folder.path().join("secret");
    for (path, why) in [
        ("../secret", "leads out"),
        (outside.to_str().unwrap(), "leads out"),
        ("link", "leads out"),
        (".", "not a regular file"),
        (workspace.to_str().unwrap(), "no such file"),
        ("missing", "no such file"),
        ("a\0b", "cannot be read"),
        ("empty", "is empty"),
        ("large", "larger than"),
    ] {
        let refused = read(&workspace, path, 10).unwrap_err();
        assert!(refused.contains(why), "{path}: {refused}");
    }
    let gone = folder.path().join("gone");
    assert!(read(&gone, "a", 10).is_err());
}
