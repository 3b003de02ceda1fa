use super::*;

#[test]
fn a_reload_says_what_has_changed_and_what_has_not() {
    let (none, some) = (Vec::new(), vec!["a".to_owned(), "b".to_owned()]);
    assert_eq!(
        summary(&none, &none),
        "nothing is reloaded: nothing has changed"
    );
    assert_eq!(summary(&some, &none), "reloaded: a, b");
    assert_eq!(
        summary(&some, &some[..1]),
        "reloaded: a, b; restart the bot for: a"
    );
    assert_eq!(
        summary(&none, &some),
        "nothing is reloaded; restart the bot for: a, b"
    );
}
