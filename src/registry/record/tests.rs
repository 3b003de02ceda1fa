use super::*;
use crate::{
    registry::state::Grant,
    snowflake::{MessageId, UserId},
};

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_800_000_000, 0).unwrap()
}

fn booking(turn_id: &str) -> Booking {
    Booking {
        turn_id: turn_id.into(),
        usage: Usage {
            input_tokens: 1,
            output_tokens: 2,
            cache_read_tokens: 3,
            cache_creation_tokens: 4,
        },
        cost_usd: Usd::from_dollars(0.1),
        duration_ms: 10,
        context_tokens: Some(9),
        cli_total_cost_usd: 0.1 + 0.2,
        unit_cost_usd: Some(1e-6),
        is_error: false,
    }
}

#[test]
fn turns_add_up() {
    let mut record = Record::new("a".into(), "sonnet".into(), now());
    record.begin(MessageId(7), now());
    record.book(&booking("t1"));
    record.book(&booking("t2"));
    record.book(&Booking {
        is_error: true,
        context_tokens: None,
        unit_cost_usd: None,
        ..booking("t3")
    });
    assert_eq!(record.message_count, 3);
    assert_eq!(record.total_cache_creation_tokens, 12);
    assert_eq!(record.total_cost_usd.to_string(), "0.3");
    assert_eq!(record.total_turn_errors, 1);
    assert_eq!(record.context_tokens, 9);
    assert_eq!(record.state.last_turn_id.as_deref(), Some("t3"));
    assert_eq!(record.state.unit_cost_usd, Some(1e-6));
    assert_eq!(record.state.cli_total_cost_usd.to_string(), "0.3");
    assert_eq!(record.last_message_at, "2027-01-15T08:00:00.000Z");
}

#[test]
fn replacing_keeps_the_totals_and_clearing_does_not() {
    let mut record = Record::new("a".into(), "opus".into(), now());
    record.begin(MessageId(7), now());
    record.book(&booking("t1"));
    record.set_session_id("a");
    record.replace_session("b".into());
    assert!(!record.is_resumable() && record.message_count == 1);
    let cleared = record.cleared("c".into(), now());
    assert!(cleared.is_empty() && cleared.total_cost_usd == Usd::ZERO);
    assert_eq!(
        (cleared.model.as_str(), cleared.state.last_message_id),
        ("opus", Some(MessageId(7)))
    );
}

#[test]
fn only_known_names_are_updated() {
    let mut record = Record::new("a".into(), "opus".into(), now());
    let names = Names {
        channel: Some("general"),
        guild: None,
        author: Some("Ada"),
    };
    assert!(record.set_names(names) && !record.set_names(names));
    let author = Names {
        author: Some("Bob"),
        ..Names::default()
    };
    assert!(record.set_names(author) && !record.set_names(Names::default()));
    let cleared = record.cleared("b".into(), now());
    assert_eq!(cleared.channel_name.as_deref(), Some("general"));
    assert_eq!(cleared.guild_name, None);
    assert_eq!(cleared.last_author_name.as_deref(), Some("Bob"));
}

fn answered(at: &str, message: u64, is_first: bool) -> Checkpoint {
    Checkpoint {
        at: at.into(),
        message: Some(MessageId(message)),
        is_first,
    }
}

#[test]
fn rewinding_forks_before_the_first_turn_of_the_message() {
    let mut record = Record::new("a".into(), "sonnet".into(), now());
    record.set_session_id("a");
    for (number, at) in (1..).zip(["u1", "u2", "u3"]) {
        record
            .state
            .add_checkpoint(answered(at, number, at == "u1"));
    }
    record.state.add_checkpoint(answered("u4", 2, false));
    let fork = |record: &Record| record.state.fork.clone().map(|fork| (fork.from, fork.at));
    let left = record.rewind(MessageId(2), "b".into());
    assert_eq!(left.as_deref(), Some("a"));
    assert_eq!(fork(&record), Some(("a".into(), "u1".into())));
    assert_eq!(
        (record.session_id.as_str(), record.is_at_start()),
        ("b", false)
    );
    // The fork was never begun, so the first message is before it.
    assert_eq!(
        record.rewind(MessageId(1), "c".into()).as_deref(),
        Some("a")
    );
    assert_eq!((record.session_id.as_str(), fork(&record)), ("c", None));
    assert!(record.is_at_start() && record.state.checkpoints.is_empty());
}

#[test]
fn nothing_is_rewound_if_what_was_before_is_unknown() {
    let mut record = Record::new("a".into(), "sonnet".into(), now());
    record.set_session_id("a");
    record.state.add_checkpoint(answered("u1", 1, false));
    let before = record.clone();
    assert_eq!(record.rewind(MessageId(1), "b".into()), None);
    assert_eq!(record.rewind(MessageId(2), "b".into()), None);
    assert_eq!(record, before);
}

/// A record whose session has been used.
fn used(session: &str) -> Record {
    let mut record = Record::new(session.into(), "sonnet".into(), now());
    record.book(&booking(session));
    record.set_session_id(session);
    record
}

#[test]
fn what_is_left_can_be_resumed_with_its_totals() {
    let mut record = used("a");
    record.state.first_words = Some("hello".into());
    record.state.add_grant(Grant {
        rule: "Bash(ls)".into(),
        by: UserId(1),
        name: String::new(),
        at: String::new(),
        is_permanent: false,
    });
    let other = record.cleared("b".into(), now());
    assert_eq!(other.resumed("c"), None);
    let mut back = other.resumed("a").unwrap();
    assert!(back.state.grants.is_empty() && back.earlier.is_empty());
    assert_eq!(back.state.last_turn_id.as_deref(), Some("a"));
    back.state.grants.clone_from(&record.state.grants);
    assert_eq!(back, record);
    let text = serde_json::to_string(&other).unwrap();
    assert_eq!(Record::read(&text), Some(other));
}

#[test]
fn the_oldest_session_is_forgotten_first() {
    let mut record = used("0");
    for number in 1..=30 {
        record = record.cleared(number.to_string(), now());
        assert!(record.state.checkpoints.is_empty());
        record.book(&booking("t"));
        record.set_session_id(&number.to_string());
        for at in ["u1", "u2", "u3"] {
            record.state.add_checkpoint(answered(at, 1, false));
        }
    }
    let ids = |record: &Record| {
        let earlier = record.earlier.iter();
        earlier.map(|it| it.session_id.clone()).collect::<Vec<_>>()
    };
    let expected: Vec<_> = (5..30).map(|it| it.to_string()).collect();
    assert_eq!(ids(&record), expected);
    let mut earlier = record.earlier.iter();
    assert!(earlier.all(|it| it.state.checkpoints.len() == 2));
    // None is forgotten for one that comes back.
    let back = record.resumed("20").unwrap();
    assert_eq!((back.earlier.len(), ids(&back)[0].as_str()), (25, "5"));
}
