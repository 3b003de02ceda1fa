use proptest::prelude::*;
use serde_json::json;

use super::*;

#[test]
fn syntax_errors_are_located_and_explained() {
    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(parse(text).unwrap_err().to_string(), expected);
    }
    let open = "unexpected end of the file: close the open bracket or quote";
    check("", &format!("line 1, column 1: {open}"));
    check("{\n  \"a\": [1", &format!("line 2, column 9: {open}"));
    check(
        "{\n  \"a\": 1,\n}",
        "line 3, column 1: remove the trailing comma",
    );
    check("{a: 1}", "line 1, column 2: put the key in double quotes");
    check("{\"a\" 1}", "line 1, column 6: expected `:`, found `1`");
    check(
        "{\"a\": 1 \"b\": 2}",
        "line 1, column 9: expected `,` or `}`, found `\"`",
    );
    check(
        "{\"a\": yes}",
        "line 1, column 7: expected a value, found `y`",
    );
    check(
        "{} {}",
        "line 1, column 4: remove what follows the closing brace",
    );
    check(
        "{\n  // mine\n}",
        "line 2, column 3: remove the comment; JSON has no comments",
    );
}

#[test]
fn a_byte_order_mark_is_skipped() {
    assert_eq!(parse("\u{feff}{}").unwrap(), (json!({}), vec![]));
}

#[test]
fn duplicate_keys_are_named_with_their_path() {
    let (value, duplicates) =
        parse(r#"{"a": {"b c": [{"d": 1, "d": 2}]}, "e": 1, "e": 2, "e": 3}"#).unwrap();
    assert_eq!(value, json!({"a": {"b c": [{"d": 2}]}, "e": 3}));
    let keys: Vec<&str> = duplicates
        .iter()
        .map(|problem| problem.key.as_str())
        .collect();
    assert_eq!(keys, [r#"a."b c"[0].d"#, "e", "e"]);
}

#[test]
fn floats_without_a_fraction_are_integers() {
    assert_eq!(
        parse("[300.0, 3e2, 0.5, -1.0]").unwrap().0,
        json!([300, 300, 0.5, -1])
    );
}

proptest! {
    #[test]
    fn any_text_is_read_or_refused(text in r#"[\[\]{}",:0-9a-e\\/ \n\u{feff}ä]{0,40}"#) {
        let ours = parse(&text).map(|(value, _)| value);
        let theirs = serde_json::from_str::<Value>(text.strip_prefix('\u{feff}').unwrap_or(&text));
        prop_assert_eq!(ours.is_ok(), theirs.is_ok());
    }
}
