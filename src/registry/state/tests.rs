use super::*;

fn post(key: u64, revision: u32) -> StoredPost {
    StoredPost {
        answers: None,
        copy: None,
        key: key.to_string(),
        text: "text".into(),
        messages: vec![MessageId(key)],
        revision,
        controls: vec![StoredControl {
            id: "c".into(),
            action: serde_json::json!({ "retry": "7" }),
        }],
    }
}

#[test]
fn posts_are_replaced_by_key_and_bounded() {
    let mut state = MachineState::default();
    for key in 0..150 {
        state.put_post(post(key, 0));
    }
    state.put_post(post(100, 1));
    assert_eq!(state.posts.len(), MAX_POSTS);
    assert_eq!(state.post("49"), None);
    assert_eq!(state.post("100"), Some(&post(100, 1)));
    assert_eq!(state.posts[50], post(100, 1), "replaced in its place");
}
