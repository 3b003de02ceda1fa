use super::*;

fn permission(request: &str) -> PermissionRequest {
    let line = format!(
        r#"{{"request_id":"r","request":{{"subtype":"can_use_tool","tool_use_id":"t",{request}}}}}"#
    );
    match ControlRequest::read(&Json::parse(line).unwrap()).query {
        Query::Permission(request) => *request,
        other => panic!("{other:?}"),
    }
}

#[test]
fn suggestions_are_accepted_for_the_session_only() {
    let request = permission(
        r#""tool_name":"Bash","input":{"command":"touch made"},"permission_suggestions":[
            {"type":"addRules","rules":[{"toolName":"Bash","ruleContent":"touch made *"}],"behavior":"allow",
             "destination":"localSettings"},
            {"type":"setMode","mode":"acceptEdits","destination":"session"}, 7]"#,
    );
    let line = request.allow_for_session().line("r");
    let line: serde_json::Value = serde_json::from_str(&line).unwrap();
    let answer = &line["response"]["response"];
    assert_eq!(answer["updatedInput"]["command"], "touch made");
    let updates = &answer["updatedPermissions"];
    assert_eq!(updates[0]["destination"], "session");
    assert_eq!(updates[0]["rules"][0]["ruleContent"], "touch made *");
    assert_eq!(updates[1]["mode"], "acceptEdits");
}

#[test]
fn a_granted_rule_holds_for_the_process() {
    let request = permission(
        r#""tool_name":"Bash","input":{"command":"touch made"},"permission_suggestions":[
            {"type":"addRules","rules":[{"toolName":"Bash","ruleContent":"touch made *"},{"toolName":"Read"}],
             "behavior":"allow","destination":"localSettings"},
            {"type":"addRules","rules":[{"toolName":"Write"}],"behavior":"deny"}]"#,
    );
    let suggested = [
        ("Bash".into(), Some("touch made *".into())),
        ("Read".into(), None),
    ];
    assert_eq!(request.suggested_rules(), suggested);
    let line = request
        .allow_with_rule("Bash", Some("touch made"))
        .line("r");
    let line: serde_json::Value = serde_json::from_str(&line).unwrap();
    let answer = &line["response"]["response"];
    assert_eq!(answer["updatedInput"]["command"], "touch made");
    let expected = serde_json::json!([{
        "type": "addRules",
        "rules": [{ "toolName": "Bash", "ruleContent": "touch made" }],
        "behavior": "allow",
        "destination": "session",
    }]);
    assert_eq!(answer["updatedPermissions"], expected);
}

#[test]
fn questions_are_read_and_answered_by_their_text() {
    let request = permission(
        r#""tool_name":"AskUserQuestion","input":{"questions":[{"question":"Which?","header":"Colour",
            "options":[{"label":"Red","description":"warm"}],"multiSelect":true}]}"#,
    );
    let expected = Question {
        question: "Which?".into(),
        header: "Colour".into(),
        options: vec![Choice {
            label: "Red".into(),
            description: "warm".into(),
        }],
        is_multi_select: true,
    };
    assert_eq!(request.questions(), [expected]);
    let line = request
        .answer(&[("Which?".into(), "Red".into())].into())
        .line("r");
    let line: serde_json::Value = serde_json::from_str(&line).unwrap();
    let input = &line["response"]["response"]["updatedInput"];
    assert_eq!(input["answers"]["Which?"], "Red");
    assert_eq!(input["questions"][0]["header"], "Colour");
}

#[test]
fn an_unknown_request_keeps_its_body() {
    let line = r#"{"request_id":"r","request":{"subtype":"dance","to":"tango"}}"#;
    let request = ControlRequest::read(&Json::parse(line).unwrap());
    assert_eq!(request.query.subtype(), "dance");
    let Query::Other { request, .. } = request.query else {
        panic!("{request:?}")
    };
    assert!(request.get("to").is("tango"));
}
