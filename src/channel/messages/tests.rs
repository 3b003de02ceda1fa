//! What the texts are.

use super::*;
use crate::{claude::process::Exit, money::Usd};

fn record() -> Record {
    let mut record = Record::new(
        "5f0c3c9e-5b6e-4b43".into(),
        "sonnet".into(),
        "2026-11-21T09:30:00Z".parse().unwrap(),
    );
    record.message_count = 12;
    record.total_cost_usd = Usd::from_dollars(0.123_456);
    record.context_tokens = 45_678;
    record
}

#[test]
fn every_ending_says_what_to_do() {
    let detail = || "Boom".to_owned();
    let endings = [
        Ending::Silent,
        Ending::Interrupted,
        Ending::SessionMissing,
        Ending::LoginExpired,
        Ending::ModelUnknown,
        Ending::ConversationTooLong,
        Ending::UsageLimit {
            kind: None,
            resets_at: None,
            detail: "limit reached, resets 3pm".into(),
        },
        Ending::ApiDown { status: Some(529) },
        Ending::ApiDown { status: None },
        Ending::ApiRefused {
            status: Some(400),
            detail: detail(),
        },
        Ending::TooManySteps,
        Ending::BudgetSpent,
        Ending::Failed { detail: detail() },
    ];
    let texts: Vec<_> = endings.iter().map(|end| ending(end).unwrap()).collect();
    insta::assert_snapshot!(texts.join("\n\n"));
    assert_eq!(ending(&Ending::Answered), None);
}

#[test]
fn other_texts_match_their_snapshot() {
    let exit = Exit {
        code: Some(3),
        signal: None,
        stderr: "boom ``` \n".into(),
    };
    let silent = Exit {
        code: None,
        signal: Some(9),
        stderr: String::new(),
    };
    let status_of = |record: Option<Record>, process| {
        let status_shown = Status {
            record,
            model: "sonnet".into(),
            waiting: 2,
            process,
            live: (1, 8),
        };
        [Readers::Asker, Readers::Channel]
            .map(|readers| status(&status_shown, readers))
            .join("\n\n")
    };
    let texts = [
        timed_out(Duration::from_mins(5)),
        retrying(1, 10, Some(529)),
        crashed(&exit, Some("unseen"), true),
        crashed(&silent, Some("I was just about to"), false),
        not_started("No space left"),
        cleared(&record()),
        status_of(Some(record()), Some((4711, "idle"))),
        status_of(None, None),
        sessions(&[("<#7>".into(), record())]),
        stopped(None, 0),
        stopped(None, 1),
        stopped(None, 2),
        model("opus", &["haiku".into(), "opus".into()]),
    ];
    insta::assert_snapshot!(texts.join("\n\n"));
}

#[test]
fn a_short_id_is_cut_at_characters() {
    assert_eq!(short("5f0c3c9e-5b6e"), "5f0c3c9e");
    assert_eq!(short("äöü"), "äöü");
    assert_eq!(short("ääääääääää"), "ääääääää");
}
