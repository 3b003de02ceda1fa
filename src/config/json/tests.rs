use proptest::prelude::*;
use serde_json::json;

use super::*;

#[test]
fn slips_in_syntax_are_placed_and_explained() {
    #[track_caller]
    fn check(text: &str, expected: &str) {
        assert_eq!(parse(text).unwrap_err().to_string(), expected);
    }
    let open = "found the end of the file; allowed: \
                    the rest of the file: a bracket or a quote is still open, or it is empty";
    check("", &format!("line 1, column 1: {open}"));
    check("{\n  \"a\": [1", &format!("line 2, column 9: {open}"));
    check(
        "{\n  \"a\": 1,\n}",
        "line 3, column 1: found `}`; allowed: no comma after the last entry",
    );
    check(
        "{a: 1}",
        "line 1, column 2: found `a`; allowed: a key in double quotes",
    );
    check("{\"a\" 1}", "line 1, column 6: found `1`; allowed: `:`");
    check(
        "{\"a\": 1 \"b\": 2}",
        "line 1, column 9: found `\"`; allowed: `,` or `}`",
    );
    check(
        "{\"a\": yes}",
        "line 1, column 7: found `y`; allowed: value",
    );
    check(
        "{} {}",
        "line 1, column 4: found `{`; allowed: nothing after the end of the object",
    );
    check(
        "{\n  // mine\n}",
        "line 2, column 3: found `/`; allowed: a key in double quotes (JSON has no comments)",
    );
}

#[test]
fn a_byte_order_mark_is_skipped() {
    assert_eq!(parse("\u{feff}{}").unwrap(), (json!({}), vec![]));
}

#[test]
fn keys_that_come_twice_are_named_with_their_path() {
    let (value, twice) =
        parse(r#"{"a": {"b c": [{"d": 1, "d": 2}]}, "e": 1, "e": 2, "e": 3}"#).unwrap();
    assert_eq!(value, json!({"a": {"b c": [{"d": 1}]}, "e": 1}));
    let keys: Vec<&str> = twice.iter().map(|problem| problem.key.as_str()).collect();
    assert_eq!(keys, [r#"a."b c"[0].d"#, "e", "e"]);
}

#[test]
fn whole_numbers_are_whole_however_written() {
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
