use super::*;
use serde_json::json;

#[track_caller]
fn check(content: &Value, expected: &str) {
    assert_eq!(person_text(content), expected);
}

fn blocks(texts: &[&str]) -> Value {
    texts
        .iter()
        .map(|text| json!({"type": "text", "text": text}))
        .collect()
}

#[test]
fn text_between_markers_is_the_persons() {
    let open = "Message from \"ada\".\n[EXTERNAL CONTENT id=1]\n";
    let close = "[END EXTERNAL CONTENT id=1]";
    check(&blocks(&[open, "hi\nthere", close]), "hi\nthere");
    check(&blocks(&[open, "", close]), "");
    check(&blocks(&[open, "a", "b", close]), "ab");
    check(&blocks(&[open, CLOSING, close]), CLOSING);
}

#[test]
fn other_content_is_the_persons_as_a_whole() {
    check(
        &json!("[EXTERNAL CONTENT]\nhi\n[END EXTERNAL CONTENT]"),
        "[EXTERNAL CONTENT]\nhi\n[END EXTERNAL CONTENT]",
    );
    check(&blocks(&["one", "two"]), "one\ntwo");
    check(
        &json!([{"type": "text", "text": "see"}, {"type": "image"}]),
        "see",
    );
    check(&Value::Null, "");
}
