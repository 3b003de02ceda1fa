use serde_json::json;

use super::*;

#[test]
fn values_are_shown_short_and_without_secrets() {
    #[track_caller]
    fn check(value: &Value, expected: &str) {
        assert_eq!(show(value), expected);
    }
    check(&json!("a\nb"), r#""a\nb""#);
    check(&json!(12.5), "12.5");
    check(&json!([1]), "a list");
    check(&json!([]), "an empty list");
    let token = format!("{}.GabcDE.{}", "M".repeat(24), "x".repeat(38));
    check(&json!(token), "what looks like a bot token (hidden)");
    assert_eq!(show(&json!("ä".repeat(500))).chars().count(), 81);
}

#[test]
fn near_misses_are_guessed_and_strangers_are_not() {
    let keys = ["model", "models", "allowed_tools", "token_file"];
    assert_eq!(
        did_you_mean("modle", keys).as_deref(),
        Some(r#"did you mean "model"?"#)
    );
    assert_eq!(
        did_you_mean("allowedTools", keys).as_deref(),
        Some(r#"did you mean "allowed_tools"?"#)
    );
    assert_eq!(
        did_you_mean("token", keys).as_deref(),
        Some(r#"did you mean "token_file"?"#)
    );
    assert_eq!(did_you_mean("zebra", keys), None);
}

#[test]
fn lists_of_words_read_well() {
    assert_eq!(one_of(["a"]), r#""a""#);
    assert_eq!(one_of(["a", "b", "c"]), r#""a", "b" or "c""#);
}
