use super::*;
use crate::snowflake::MessageId;

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
    record.seen("a");
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
