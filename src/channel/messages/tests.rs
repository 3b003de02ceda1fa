//! What the texts are.

use std::time::Duration;

use chrono::DateTime;

use super::{figures::tokens, *};
use crate::{
    claude::{
        process::Exit,
        protocol::{Effort, PermissionMode},
    },
    config::{QueueMode, StreamMode},
    limits::{Budget, BudgetPeriod, Scope},
    money::Usd,
    registry::Record,
};

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
        let status_shown = StatusReport {
            mode: PermissionMode::Default,
            record,
            model: "sonnet".into(),
            budgets: vec![Budget {
                scope: Scope::Channel,
                period: BudgetPeriod::Day,
                max: Usd::from_dollars(5.0),
                spent: Usd::from_dollars(1.25),
                until: DateTime::UNIX_EPOCH,
            }],
            waiting: 2,
            persona: "default".into(),
            queue_mode: QueueMode::Queue,
            process,
            live: (1, 8),
        };
        [Readers::Asker, Readers::Channel]
            .map(|readers| status(&status_shown, readers))
            .join("\n\n")
    };
    let texts = [
        timed_out(Duration::from_mins(5), true),
        retrying(1, 10, Some(529)),
        crashed(&exit, Some("unseen"), true),
        crashed(&silent, Some("I was just about to"), false),
        not_started("No space left", true),
        not_started("No space left", false),
        earlier::cleared(&record()),
        status_of(Some(record()), Some((4711, "idle"))),
        status_of(None, None),
        sessions(&[("<#7>".into(), record())]),
        stopped(None, 0),
        stopped(None, 1),
        stopped(None, 2),
        model("opus", &["haiku".into(), "opus".into()]),
        effort(None),
        effort(Some(Effort::Low)),
        effort_set(None),
        effort_set(Some(Effort::Max)),
        stream_mode(StreamMode::Edit),
        stream_mode_set(StreamMode::Block),
        stream_mode_set(StreamMode::Final),
    ];
    insta::assert_snapshot!(texts.join("\n\n"));
}

#[test]
fn tokens_have_three_digits_at_most() {
    let shown = [0, 742, 3_742, 9_999, 87_654, 999_999, 1_234_567].map(tokens);
    let expected = ["0", "742", "3.7k", "9.9k", "87k", "999k", "1.2M"];
    assert_eq!(shown, expected.map(|number| format!("{number} tokens")));
}

#[test]
fn a_short_id_is_cut_at_characters() {
    assert_eq!(short("5f0c3c9e-5b6e"), "5f0c3c9e");
    assert_eq!(short("äöü"), "äöü");
    assert_eq!(short("ääääääääää"), "ääääääää");
}
