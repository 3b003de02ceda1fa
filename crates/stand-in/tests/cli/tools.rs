//! What the responder does on plain requests, and how the host is asked for permission.

use serde_json::{Value, json};

use crate::support::{Home, StandIn};

const ASKING: &str = "--permission-prompt-tool=stdio";

/// Sends a message and waits for the host to be asked. Returns the id of the request, and the request.
fn asked(process: &mut StandIn, text: &str) -> (String, Value) {
    process.user(text);
    let mut lines = process.until(|line| line["type"] == "control_request");
    let ask = lines.pop().unwrap();
    let id = ask["request_id"].as_str().unwrap().to_owned();
    (id, ask["request"].clone())
}

/// Answers a request. Returns the text of the turn's result.
fn answer(process: &mut StandIn, id: &str, body: &Value) -> String {
    let response = json!({"subtype": "success", "request_id": id, "response": body});
    process.write(&json!({"type": "control_response", "response": response}).to_string());
    let result = process.until_result().pop().unwrap();
    result["result"].as_str().unwrap().to_owned()
}

#[test]
fn a_question_goes_to_the_host_and_its_answer_back() {
    let home = Home::new("2.1.332");
    let mut process = home.start(&[ASKING, "--allowedTools=AskUserQuestion"]);
    process.result("hello");
    let (id, ask) = asked(&mut process, "ask me a question");
    assert_eq!(ask["tool_name"], "AskUserQuestion");
    assert_eq!(ask["requires_user_interaction"], true);
    let mut input = ask["input"].clone();
    let question = input["questions"][0]["question"]
        .as_str()
        .unwrap()
        .to_owned();
    input["answers"] = json!({ question: "Tea" });
    let body = json!({"behavior": "allow", "updatedInput": input});
    assert_eq!(answer(&mut process, &id, &body), "**Tea** it is.");
}

#[test]
fn without_prompts_nothing_is_asked() {
    let home = Home::new("2.1.332");
    let mut process = home.start(&["--allowedTools=Edit(./**)"]);
    let question = process.result("ask me a question");
    assert!(question["result"].as_str().unwrap().contains("**tea**"));
    let refused = process.result("ask for permission");
    assert_eq!(refused["permission_denials"][0]["tool_name"], "Write");
    let said = refused["result"].as_str().unwrap();
    assert!(said.contains("requested permissions to write to"), "{said}");
    let outside = home.work.path().parent().unwrap().join("shared-note.txt");
    assert!(!outside.exists());
}

#[test]
fn what_is_refused_is_not_done() {
    let home = Home::new("2.1.197");
    let mut process = home.start(&[ASKING]);
    process.result("hello");
    let (id, ask) = asked(&mut process, "ask for permission");
    assert_eq!(ask["decision_reason_type"], "workingDir");
    let said = answer(
        &mut process,
        &id,
        &json!({"behavior": "deny", "message": "not there"}),
    );
    assert!(said.contains("> not there"), "{said}");
}

#[test]
fn a_rule_that_comes_with_an_answer_holds() {
    let home = Home::new("2.1.332");
    let mut process = home.start(&[ASKING]);
    let call = r#"[[tool Write {"file_path":"a.txt","content":"1"}]]"#;
    let (id, ask) = asked(&mut process, call);
    assert_eq!(ask["permission_suggestions"][0]["mode"], "acceptEdits");
    let rule = json!({
        "type": "addRules", "behavior": "allow", "destination": "session",
        "rules": [{"toolName": "Write"}],
    });
    let body =
        json!({"behavior": "allow", "updatedInput": ask["input"], "updatedPermissions": [rule]});
    answer(&mut process, &id, &body);
    assert!(home.work.path().join("a.txt").exists());
    process.result(r#"[[tool Write {"file_path":"b.txt","content":"2"}]]"#);
    assert!(home.work.path().join("b.txt").exists());
}

#[test]
fn a_subagent_says_how_far_it_is() {
    let home = Home::new("2.1.332");
    let mut process = home.start(&[]);
    let lines = process.turn("use a subagent");
    let call = lines
        .iter()
        .map(|line| &line["message"]["content"][0])
        .find(|block| block["name"] == "Agent");
    let call = call.unwrap()["id"].as_str().unwrap();
    let of_task = |kind: &str| {
        let of_task = lines.iter().filter(|line| line["subtype"] == kind);
        of_task.filter(|line| line["tool_use_id"] == call).count()
    };
    for kind in ["task_started", "task_progress", "task_notification"] {
        assert_eq!(of_task(kind), 1, "{kind}");
    }
    let inner = lines
        .iter()
        .filter(|line| line["parent_tool_use_id"] == call);
    assert_eq!(inner.count(), 3, "a call, its result and the report");
    let result = lines.last().unwrap()["result"].as_str().unwrap();
    assert!(
        result.contains("> The folder contains 0 files."),
        "{result}"
    );
}

#[test]
fn a_picture_is_drawn_in_the_folder() {
    let home = Home::new("2.1.332");
    let mut process = home.start(&["--allowedTools=Edit(./**)"]);
    process.result("draw a picture");
    let picture = std::fs::read(home.work.path().join("chart.png")).unwrap();
    assert!(picture.starts_with(b"\x89PNG\r\n") && picture.ends_with(b"IEND\xaeB`\x82"));
}
