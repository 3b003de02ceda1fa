use super::*;

#[test]
fn an_entry_is_created_and_changed() {
    let mut list = TodoList::default();
    let made = list.create(&json!({"subject": "look"}));
    assert_eq!(made.detail["task"], json!({"id": "1", "subject": "look"}));
    let begun = list.update(&json!({"taskId": "1", "status": "in_progress"}));
    let change = json!({"from": "pending", "to": "in_progress"});
    assert_eq!(begun.detail["statusChange"], change);
    assert!(
        list.update(&json!({"taskId": "2", "status": "completed"}))
            .is_error
    );
    assert!(
        list.update(&json!({"taskId": "0", "status": "completed"}))
            .is_error
    );
}
