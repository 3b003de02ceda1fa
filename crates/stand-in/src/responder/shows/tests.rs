use super::*;
use crate::responder::Piece;

fn done(detail: Value) -> ToolOutput {
    ToolOutput {
        content: "done".to_owned(),
        is_error: false,
        detail,
    }
}

/// The tools that a show uses if each call succeeds, and its answer.
fn course(show: fn(&Question<'_>) -> Reply, detail: &Value) -> (Vec<String>, String) {
    let mut results = Vec::new();
    let mut tools = Vec::new();
    loop {
        let question = Question {
            text: "",
            earlier: &[],
            results: &results,
        };
        match show(&question).pieces.pop() {
            Some(Piece::Tool { name, .. }) => tools.push(name),
            Some(Piece::Text(text)) => return (tools, text),
            None => panic!("an empty reply after {tools:?}"),
        }
        results.push(done(detail.clone()));
    }
}

fn after_failure(show: fn(&Question<'_>) -> Reply) -> String {
    let results = [ToolOutput::error("no such thing".to_owned())];
    let question = Question {
        text: "",
        earlier: &[],
        results: &results,
    };
    match show(&question).pieces.pop() {
        Some(Piece::Text(text)) => text,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_diff_is_that_of_the_edit() {
    let patch = json!({"structuredPatch": [{"lines": ["-old", "+new"]}]});
    let (tools, answer) = course(diff, &patch);
    assert_eq!(tools, ["Write", "Edit"]);
    assert!(answer.contains("```diff\n-old\n+new\n```"), "{answer}");
}

#[test]
fn the_list_is_worked_off() {
    let (tools, answer) = course(todo, &json!({}));
    let count = |tool: &str| tools.iter().filter(|name| *name == tool).count();
    assert_eq!((count("TaskCreate"), count("TaskUpdate")), (3, 6));
    assert_eq!(answer.matches("[x]").count(), 3);
}

#[test]
fn shows_end_with_an_answer() {
    for show in [work, subagent, permission, question, picture] {
        let (tools, answer) = course(show, &json!({}));
        assert!(!tools.is_empty() && !answer.is_empty());
    }
    let answers = json!({"answers": {"What?": "Tea"}});
    assert_eq!(course(question, &answers).1, "**Tea** it is.");
}

#[test]
fn a_failed_step_is_told() {
    for show in [diff, work, todo, permission, picture] {
        let answer = after_failure(show);
        assert!(answer.contains("> no such thing"), "{answer}");
    }
    assert!(after_failure(question).contains("tea"));
}
