use super::*;

#[test]
fn spawn_errors_are_explained() {
    #[track_caller]
    fn check(code: i32, expected: &str) {
        let text = spawn_refused(&io::Error::from_raw_os_error(code));
        assert!(text.ends_with(expected), "{text}");
    }
    check(2, "is missing");
    check(13, "the bot's user may not execute it");
    check(11, "has reached its process limit");
    check(12, "isn't enough memory");
    check(7, "argument list is too long");
    check(24, "too many files are open on the bot's machine");
    check(23, "too many files are open on the bot's machine");
    check(5, "the reason is unknown");
}

#[test]
fn long_error_output_is_cut_at_500_characters() {
    let text = not_started(&"ä".repeat(600), true);
    assert_eq!(text.matches('ä').count(), 500);
}
