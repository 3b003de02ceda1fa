use super::*;

#[track_caller]
fn check(response: &Value, input_is_optional: bool, allowed: bool) {
    let input = json!({"command": "ls"});
    let permission = Permission::from_response(response, &input, input_is_optional);
    assert_eq!(
        matches!(permission, Permission::Allowed(_)),
        allowed,
        "{response}"
    );
}

#[test]
fn the_input_is_required_before_2_1_207() {
    let bare = json!({"response": {"behavior": "allow"}});
    check(&bare, true, true);
    check(&bare, false, false);
    let full = json!({"response": {"behavior": "allow", "updatedInput": {}}});
    check(&full, false, true);
    check(&json!({"response": {"behavior": "deny"}}), true, false);
    check(&json!({"subtype": "error", "error": "no"}), true, false);
}

#[test]
fn rules_come_with_the_answer() {
    let rule = |destination: &str| {
        json!({
            "type": "addRules", "behavior": "allow", "destination": destination,
            "rules": [{"toolName": "Bash", "ruleContent": "touch *"}, {"toolName": "Write"}],
        })
    };
    let granted = |destination: &str| {
        let body = json!({"behavior": "allow", "updatedPermissions": [rule(destination)]});
        granted_rules(&json!({"response": body}))
    };
    assert_eq!(granted("session"), ["Bash(touch *)", "Write"]);
    // The CLI writes these into a file that it does not read.
    assert!(granted("localSettings").is_empty());
    assert!(granted_rules(&json!({})).is_empty());
}
