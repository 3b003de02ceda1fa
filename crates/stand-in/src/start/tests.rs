use super::*;

#[test]
fn prompts_are_joined_with_a_blank_line() {
    assert_eq!(join("a", Some("b")), "a\n\nb");
    assert_eq!(join("", Some("b")), "b");
    assert_eq!(join("a", None), "a");
}

#[test]
fn a_missing_prompt_file_is_named() {
    let error = load(Some(&Prompt::File("/no/such/prompt.md".into()))).unwrap_err();
    assert!(error.contains("/no/such/prompt.md"), "{error}");
}
