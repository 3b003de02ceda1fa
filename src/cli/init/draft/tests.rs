use serde_json::json;

use super::*;

fn draft(before: Option<&str>) -> Draft {
    Draft::new("/bot/config.json".into(), before.map(str::to_owned))
}

#[test]
fn only_what_differs_from_the_defaults_is_written() {
    let mut draft = draft(None);
    draft.set(&["model"], json!("sonnet"));
    draft.set(&["discord", "respond"], json!("mention"));
    draft.set(&["discord", "admins"], json!([]));
    assert_eq!(draft.text(), "{}\n");
    draft.set(&["model"], json!("opus"));
    draft.set(&["discord", "admins"], json!(["7"]));
    assert_eq!(
        draft.text(),
        "{\n  \"model\": \"opus\",\n  \"discord\": {\n    \"admins\": [\n      \"7\"\n    ]\n  }\n}\n"
    );
    draft.set(&["discord", "admins"], json!([]));
    draft.set(&["model"], json!("sonnet"));
    assert_eq!(draft.text(), "{}\n", "a default takes the key away");
}

#[test]
fn what_is_not_asked_for_stays_as_it_is() {
    let before = r#"{"limits": {"queue": 20}, "model": "opus", "discord": {"respond": "all"}}"#;
    let mut draft = draft(Some(before));
    assert!(!draft.is_changed());
    draft.set(&["model"], json!("haiku"));
    assert!(draft.is_changed());
    let after: Value = serde_json::from_str(&draft.text()).unwrap();
    let expected =
        json!({ "limits": { "queue": 20 }, "model": "haiku", "discord": { "respond": "all" } });
    assert_eq!(after, expected);
    draft.set(&["model"], json!("opus"));
    assert!(!draft.is_changed());
}

#[test]
fn removing_takes_empty_objects_along() {
    let mut draft = draft(Some(
        r#"{"discord": {"allow": {"users": ["7"]}}, "model": "opus"}"#,
    ));
    draft.remove(&["discord", "allow", "users"]);
    draft.remove(&["claude", "bin"]);
    assert_eq!(draft.text(), "{\n  \"model\": \"opus\"\n}\n");
}

#[test]
fn a_file_that_only_names_folders_sets_up_no_bot() {
    let package = include_str!("../../../../contrib/debian/config.json");
    assert!(draft(None).is_first());
    assert!(draft(Some(package)).is_first());
    assert!(!draft(Some(r#"{"model": "opus"}"#)).is_first());
}
