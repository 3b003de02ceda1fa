use super::*;

fn session(words: Option<&str>) -> Record {
    let now = "2026-11-21T09:30:00Z".parse().unwrap();
    let mut session = Record::new("5f0c3c9e".into(), "sonnet".into(), now);
    session.message_count = 12;
    session.state.first_words = words.map(str::to_owned);
    session
}

#[test]
fn a_menu_says_when_how_many_turns_and_the_first_words() {
    let shown = option(&session(Some("fix the *build*")));
    assert_eq!(shown.value, "5f0c3c9e");
    assert_eq!(shown.label, "fix the *build*");
    assert_eq!(shown.description, "2026-11-21 09:30 UTC · 12 turns");
    let mut unknown = session(None);
    unknown.last_message_at = "yesterday".into();
    let shown = option(&unknown);
    assert_eq!(
        (shown.label.as_str(), shown.description.as_str()),
        ("(no words)", "time unknown · 12 turns")
    );
}

#[test]
fn what_is_resumed_is_named() {
    let said = resumed("*Ada*", &session(Some("fix the *build*")));
    assert!(
        said.contains("the session that began with “fix the \\*build\\*” (12 turns)"),
        "{said}"
    );
    assert!(undone("Ada", &session(None)).contains("continues the session (12 turns)"));
}
