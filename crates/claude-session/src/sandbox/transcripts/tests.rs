use super::*;

#[test]
fn all_but_letters_and_digits_become_dashes() {
    #[track_caller]
    fn check(workspace: &str, expected: &str) {
        assert_eq!(folder_name(workspace).as_deref(), Some(expected));
    }
    check("/srv/bot/workspaces/1", "-srv-bot-workspaces-1");
    check("/tmp/0y_s5h.f x", "-tmp-0y-s5h-f-x");
    check("/ü/😀", "-----");
}

#[test]
fn the_name_for_a_long_path_cannot_be_predicted() {
    assert!(folder_name(&"x".repeat(200)).is_some());
    assert_eq!(folder_name(&"x".repeat(201)), None);
}
