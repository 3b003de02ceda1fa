use super::*;

#[test]
fn a_path_is_never_shown() {
    let call = Call::new("PATCH /webhooks/{id}/{token}", &[&1, &"secret"]).by_path();
    assert_eq!(call.path, "/webhooks/1/secret");
    assert!(!format!("{call:?}").contains("secret"));
}
