use super::*;
use crate::responder::Piece;
use serde_json::json;

#[track_caller]
fn check(output: &ToolOutput, part: &str) {
    match about(output).pieces.as_slice() {
        [Piece::Text(text)] => assert!(text.contains(part), "{text:?} lacks {part:?}"),
        other => panic!("{other:?}"),
    }
}

fn found(detail: Value) -> ToolOutput {
    ToolOutput {
        content: String::new(),
        is_error: false,
        detail,
    }
}

#[test]
fn results_are_summarized() {
    let names: Vec<String> = (0..40).map(|n| format!("f{n}")).collect();
    check(
        &found(json!({"filenames": names})),
        "- `f24`\n- and 15 more",
    );
    check(&found(json!({"filenames": []})), "folder is empty");
    let file = json!({"filePath": "/w/a.md", "content": "one\n```\n", "totalLines": 2});
    let file = found(json!({ "file": file }));
    check(&file, "`a.md` has 2 lines:\n\n````\none");
    check(&ToolOutput::error("no such file".into()), "> no such file");
}
