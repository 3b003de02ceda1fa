use super::*;
use proptest::prelude::*;
use serde_json::json;

#[track_caller]
fn check(text: &str, directives: &[Directive], rest: &str) {
    assert_eq!(
        parse(text),
        (directives.to_vec(), rest.to_owned()),
        "{text}"
    );
}

#[test]
fn directives_are_found_anywhere() {
    check("hello", &[], "hello");
    check("a [[hang]] b", &[Directive::Hang], "a  b");
    check(
        "[[sleep 0.5]][[crash-once 3]]",
        &[Directive::Sleep(0.5), Directive::CrashOnce(3)],
        "",
    );
    check(
        "[[status 529]][[status 400 bad thing]]",
        &[
            Directive::Status(529, "scripted status 529".into()),
            Directive::Status(400, "bad thing".into()),
        ],
        "",
    );
    check(
        "[[blocks a|b]]",
        &[Directive::Blocks(vec!["a".into(), "b".into()])],
        "",
    );
    check("[[say x ]]", &[Directive::Blocks(vec!["x ".into()])], "");
    check("[[say-file a]]", &[Directive::SayFile("a".into())], "");
}

#[test]
fn the_input_of_a_tool_may_contain_brackets() {
    let input = json!({"command": "if [[ a ]]; then echo; fi", "list": [[1]]});
    check(
        &format!("[[tool Bash {input}]] x"),
        &[Directive::Tool("Bash".into(), input)],
        "x",
    );
}

#[test]
fn a_flood_has_a_kind_of_content() {
    check(
        "[[flood 7]]",
        &[Directive::Flood(7, LineContent::Letters)],
        "",
    );
    check(
        "[[flood 7 text]]",
        &[Directive::Flood(7, LineContent::Text)],
        "",
    );
}

#[test]
fn invalid_directives_stay_text() {
    for text in [
        "[[flood]]",
        "[[flood 7 water]]",
        "[[nonsense]]",
        "[[sleep x]]",
        "[[state thinking]]",
        "[[sleep -1]]",
        "[[hang",
        "[[tool Bash]]",
        "[[crash]]",
        "[[ [[",
    ] {
        check(text, &[], text);
    }
    check("[[no [[hang]]", &[Directive::Hang], "[[no");
}

proptest! {
    #[test]
    fn long_texts_have_their_length_and_closed_fences(length in 0_usize..9_000) {
        let text = long_text(length);
        prop_assert_eq!(text.len(), length);
        let fences = text.lines().filter(|line| line.starts_with("```")).count();
        prop_assert_eq!(fences, if length / 3 > 40 { 2 } else { 0 });
    }

    #[test]
    fn text_without_brackets_is_unchanged(text in "[^\\[]{0,60}") {
        prop_assert_eq!(parse(&text), (vec![], text.trim().to_owned()));
    }
}
