use std::time::Duration;

use super::*;
use crate::claude::protocol::Choice;

fn asked(options: &[(&str, &str)]) -> Question {
    let options = options.iter().map(|(label, description)| Choice {
        label: (*label).into(),
        description: (*description).into(),
    });
    Question {
        question: "Which *colour*?".into(),
        header: "Colour".into(),
        options: options.collect(),
        is_multi_select: false,
    }
}

#[test]
fn a_card_shows_the_question_and_its_options() {
    let text = question(&asked(&[("Red", "like a rose"), ("Blue", "")]), 2, 3);
    assert_eq!(
        text,
        "**Claude asks (2 of 3): Colour**\nWhich \\*colour\\*?\n- **Red** · like a rose\n- **Blue**"
    );
    assert!(question(&asked(&[]), 1, 1).starts_with("**Claude asks: Colour**\n"));
}

#[test]
fn a_card_of_huge_texts_fits_into_a_message() {
    let huge = "*".repeat(100_000);
    let mut question_of_all = asked(&[(huge.as_str(), huge.as_str()); 30]);
    question_of_all.question.clone_from(&huge);
    question_of_all.header.clone_from(&huge);
    let card = question(&question_of_all, 1, 2);
    let line = line(&Verdict::Answered {
        by: huge.clone(),
        answer: huge.clone(),
    });
    let whole = format!("{card}\n{line}{}", question_open(i64::MAX));
    assert!(whole.encode_utf16().count() <= 4_096, "{}", whole.len());
    assert_eq!(short_label(&huge, 80).chars().count(), 80);
    assert_eq!(short_label("Red", 80), "Red");
}

#[test]
fn claude_reads_why_there_is_no_answer() {
    let none = BTreeMap::new();
    let limit = Verdict::TimedOut(Duration::from_mins(15));
    assert!(for_model(&limit, &none).starts_with("Nobody answered within 15 minutes. Go on"));
    let given = BTreeMap::from([("Which?".to_owned(), "Red".to_owned())]);
    let text = for_model(&Verdict::Restarting, &given);
    assert!(
        text.ends_with("Earlier questions were answered: \"Which?\"=\"Red\"."),
        "{text}"
    );
}
