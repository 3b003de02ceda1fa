use super::*;
use proptest::prelude::*;
use serde_json::json;

#[track_caller]
fn check(text: &str, directives: &[Directive], remaining: &str) {
    let expected = Directed {
        directives: directives.to_vec(),
        text: remaining.to_owned(),
    };
    assert_eq!(parse(text), Ok(expected));
}

#[test]
fn each_directive_is_parsed() {
    check(
        "[[sleep 0.5]] hi",
        &[Directive::Sleep(Duration::from_millis(500))],
        "hi",
    );
    check("a [[stall]]", &[Directive::Stall(0)], "a");
    check("[[stall 3]]", &[Directive::Stall(3)], "");
    check("[[slow 20]]", &[Directive::Slow(20)], "");
    check("[[long 5000]]", &[Directive::Long(5000)], "");
    check(
        "[[blocks a|b c|]]",
        &[Directive::Blocks(vec![
            "a".into(),
            "b c".into(),
            String::new(),
        ])],
        "",
    );
    check(
        "[[status 529]]",
        &[Directive::Status {
            code: 529,
            message: None,
        }],
        "",
    );
    check(
        "[[status 400 prompt is too long]]",
        &[Directive::Status {
            code: 400,
            message: Some("prompt is too long".into()),
        }],
        "",
    );
    check(
        "[[usage in=1 out=2 write=4 read=3]]",
        &[Directive::Usage(Usage::of(1, 2).cached(3, 4))],
        "",
    );
}

#[test]
fn the_input_of_a_tool_may_contain_brackets() {
    let tool = |command: &str| Directive::Tool {
        name: "Bash".into(),
        input: json!({ "command": command }),
    };
    check(
        r#"x [[tool Bash {"command":"env"}]] y"#,
        &[tool("env")],
        "x  y",
    );
    check(
        r#"[[tool Bash {"command":"[[ -f x ]] && ls"} ]][[tool Bash {"command":"pwd"}]]"#,
        &[tool("[[ -f x ]] && ls"), tool("pwd")],
        "",
    );
}

#[test]
fn other_brackets_are_text() {
    check("see [[wiki]] and [[[x", &[], "see [[wiki]] and [[[x");
    check("a[[sleep 1", &[], "a[[sleep 1");
    check(
        "[[[sleep 1]]]",
        &[Directive::Sleep(Duration::from_secs(1))],
        "[]",
    );
}

#[test]
fn wrong_arguments_are_errors() {
    for text in [
        "[[sleep]]",
        "[[sleep -1]]",
        "[[stall x]]",
        "[[slow]]",
        "[[long many]]",
        "[[status 200]]",
        "[[status teapot]]",
        "[[usage in]]",
        "[[usage inn=1]]",
        "[[tool Bash]]",
        "[[tool Bash nothing]]",
        "[[tool Bash 7]]",
        r#"[[tool Bash {"a":1}"#,
    ] {
        assert!(parse(text).is_err(), "{text}");
    }
}

proptest! {
    #[test]
    fn no_text_panics(text in r"(\[\[|\]\]|tool|slow|stall|usage in=|[ a-zäé{}1-9|])*") {
        prop_assert!(parse(&text).is_ok_and(|directed| directed.text.len() <= text.len()) || text.contains("[["));
    }

    #[test]
    fn text_without_brackets_is_unchanged(text in r"[^\[]*") {
        check(&text, &[], text.trim());
    }
}
