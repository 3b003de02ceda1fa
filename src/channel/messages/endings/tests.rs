use super::*;

fn all() -> Vec<Ending> {
    let detail = || "Boom".to_owned();
    vec![
        Ending::Silent,
        Ending::Interrupted,
        Ending::SessionMissing,
        Ending::LoginExpired,
        Ending::ModelUnknown,
        Ending::LongContext,
        Ending::ConversationTooLong,
        Ending::UsageLimit {
            kind: None,
            resets_at: None,
            detail: "limit reached, resets 3pm".into(),
        },
        Ending::ApiDown { status: Some(429) },
        Ending::ApiDown { status: Some(529) },
        Ending::ApiDown { status: None },
        Ending::ApiRefused {
            status: Some(400),
            detail: "API Error: 400 bad request".into(),
        },
        Ending::TooManySteps,
        Ending::BudgetSpent,
        Ending::Failed { detail: detail() },
    ]
}

#[test]
fn every_ending_says_what_to_do() {
    let texts = |has_button| {
        let texts = all()
            .into_iter()
            .map(move |end| ending(&end, "opus", has_button).unwrap());
        texts.collect::<Vec<_>>().join("\n\n")
    };
    insta::assert_snapshot!(format!("{}\n\n---\n\n{}", texts(true), texts(false)));
    assert_eq!(ending(&Ending::Answered, "opus", true), None);
}

#[test]
fn only_above_a_button_a_text_names_it() {
    let limit = Duration::from_secs(4);
    let texts = |has_button| {
        let endings = all().into_iter();
        let mut texts: Vec<_> = endings
            .filter(|end| !matches!(end, Ending::ModelUnknown | Ending::LongContext))
            .filter(|end| !matches!(end, Ending::ApiRefused { .. }))
            .map(|end| ending(&end, "opus", has_button).unwrap())
            .collect();
        texts.push(timed_out(limit, has_button));
        texts.push(unresponsive(limit, has_button));
        texts.push(waited_too_long(limit, has_button));
        texts.push(cut_by_shutdown(has_button));
        texts
    };
    let names_it = |text: &String| text.to_lowercase().contains("press **retry**");
    for text in texts(true) {
        assert!(names_it(&text), "{text}");
    }
    for text in texts(false) {
        assert!(!names_it(&text), "{text}");
    }
}

#[test]
fn what_is_wrong_with_the_api_follows_from_the_status() {
    assert_eq!(api_trouble(None), "Claude's API didn't respond");
    assert_eq!(
        api_trouble(Some(529)),
        "Claude's API is overloaded (status 529)"
    );
    assert_eq!(api_trouble(Some(503)), "Claude's API failed (status 503)");
}

#[test]
fn a_status_is_told_once() {
    assert_eq!(reason("API Error: 400 bad"), "bad.");
    assert_eq!(reason("API Error: Connection error."), "Connection error.");
    assert_eq!(reason("API Error: 400"), "no reason was given.");
    assert_eq!(reason(" \n"), "no reason was given.");
    assert_eq!(reason("API Error: 4000 bad"), "4000 bad.");
}
