use super::*;

#[test]
fn a_path_is_never_shown() {
    let call = Call::new(
        "answer",
        Method::PATCH,
        "r",
        &1,
        "/webhooks/1/secret".into(),
    );
    assert!(!format!("{call:?}").contains("secret"));
}
