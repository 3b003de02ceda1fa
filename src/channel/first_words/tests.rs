use super::*;

fn words(text: &str) -> String {
    first_words(text).unwrap_or_default()
}

#[test]
fn mentions_and_line_breaks_go() {
    assert_eq!(
        words("<@1> <@&2>\nhello\n\n <@3>  there"),
        "hello (＠3) there"
    );
    assert_eq!(words("<@ 1> hi"), "(＠ 1) hi");
    assert_eq!(first_words(" <@1>\u{200b} \n"), None);
}

#[test]
fn a_long_text_ends_with_a_whole_word() {
    let text = "word ".repeat(40);
    assert_eq!(words(&text), format!("{}…", "word ".repeat(16).trim_end()));
    assert_eq!(words(&"字".repeat(200)), format!("{}…", "字".repeat(79)));
    let fits = "a".repeat(79);
    assert_eq!(words(&fits), fits);
}

#[test]
fn no_half_of_a_secret_is_shown() {
    let secret = format!("key {}", "s3cr3t".repeat(30));
    assert_eq!(words(&secret), "key…");
    assert_eq!(first_words(&"s3cr3t".repeat(30)), None);
}
