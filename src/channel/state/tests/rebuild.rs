//! Conversations that the CLI has lost.

use super::*;
use crate::{
    channel::rebuild::{Rebuild, Rebuilt},
    chat::OpError,
    external::{Excerpt, ExcerptMessage, Meanwhile, Quote},
};

const GONE: &str = "No conversation found with session ID: old";

/// A message of the channel.
fn message(id: u64) -> ExcerptMessage {
    ExcerptMessage {
        id: MessageId(id),
        author: None,
        sent_at: MessageId(id).sent_at(),
        text: format!("message {id}"),
        files: Vec::new(),
    }
}

fn history(ids: impl IntoIterator<Item = u64>) -> Event {
    Event::HistoryFetched(Ok(Excerpt {
        messages: ids.into_iter().map(message).collect(),
        left_out: 0,
    }))
}

/// Before which message the channel's messages are fetched.
fn fetches(effects: &[Effect]) -> Vec<Option<MessageId>> {
    let fetches = effects.iter().filter_map(|effect| match effect {
        Effect::Chat(ChatOp::FetchHistory {
            id: OpId::Rebuild,
            before,
            ..
        }) => Some(*before),
        _ => None,
    });
    fetches.collect()
}

#[track_caller]
fn order(effects: &[Effect]) -> &Rebuild {
    let mut orders = effects.iter().filter_map(|effect| match effect {
        Effect::Rebuild(order) => Some(order),
        _ => None,
    });
    orders.next().unwrap_or_else(|| panic!("{effects:?}"))
}

/// A message is asked of a session that the CLI has lost.
fn lost(record: Record) -> (Bench, Vec<Effect>) {
    let mut bench = Bench::with(Some(record));
    drop(bench.ask("hello"));
    drop(bench.event(Event::Saved(Ok(()))));
    drop(bench.event(Event::Started));
    let effects = bench.exit(GONE);
    (bench, effects)
}

fn transcript(session: &str) -> Event {
    Event::Rebuilt {
        session: session.into(),
        rebuilt: Rebuilt::Transcript {
            session: session.into(),
            fingerprint: "f".into(),
            messages: 3,
        },
    }
}

fn quoted(session: &str) -> Event {
    let quote = Quote {
        author: UserId(2),
        name: "Ada".into(),
        is_own: false,
        text: "one".into(),
    };
    Event::Rebuilt {
        session: session.into(),
        rebuilt: Rebuilt::Quoted {
            conversation: Meanwhile {
                messages: vec![quote],
                ..Meanwhile::default()
            },
            messages: 1,
        },
    }
}

#[test]
fn a_lost_conversation_is_resumed_from_the_channels_messages() {
    let mut record = seasoned();
    record.state.began_after = Some(MessageId(50));
    record.state.held = vec![MessageId(60)];
    let (mut bench, effects) = lost(record);
    assert_eq!(fetches(&effects), [Some(MessageId(102))]);
    assert!(starts(&effects).is_empty() && says(&effects).is_empty());
    let effects = bench.event(history([49, 50, 51, 60, 100, 101]));
    let order = order(&effects).clone();
    let ids: Vec<_> = order.history.messages.iter().map(|it| it.id.0).collect();
    assert_eq!(ids, [51, 100], "of the session, and asked already");
    assert!(!order.is_quoted);
    let effects = bench.event(transcript(&order.session));
    assert!(says(&effects)[0].contains("rebuilt the conversation from 3 messages"));
    assert_eq!(starts(&effects), [&Start::Resume(order.session.clone())]);
    let saved = effects
        .iter()
        .position(|it| matches!(it, Effect::Save { .. }));
    let started = effects
        .iter()
        .position(|it| matches!(it, Effect::Start { .. }));
    assert!(saved < started, "{effects:?}");
    assert!(bench.event(transcript(&order.session)).is_empty(), "once");
}

#[test]
fn a_transcript_that_the_cli_does_not_take_is_quoted_instead() {
    let (mut bench, _) = lost(seasoned());
    let first = order(&bench.event(history([1]))).session.clone();
    drop(bench.event(transcript(&first)));
    drop(bench.event(Event::Started));
    let effects = bench.exit(GONE);
    assert_eq!(fetches(&effects).len(), 1);
    let effects = bench.event(history([1]));
    let second = order(&effects).clone();
    assert!(second.is_quoted && second.session != first);
    let effects = bench.event(quoted(&second.session));
    assert_eq!(says(&effects), [""; 0], "it is told already");
    assert_eq!(starts(&effects), [&Start::Fresh(second.session)]);
    drop(bench.event(Event::Started));
    let effects = bench.answer("switchboard-initialize");
    let context = effects.iter().find_map(|effect| match effect {
        Effect::Ask { context, .. } => Some(context),
        _ => None,
    });
    let context = context.unwrap();
    assert!(context.is_rebuilt);
    assert_eq!(context.meanwhile.messages[0].text, "one");
    drop(bench.cli(init()));
    drop(bench.cli(result()));
    assert!(!bench.state.is_lost(), "the CLI has it now");
}

#[test]
fn without_the_channels_messages_a_new_session_begins() {
    for (error, why) in [
        (
            Some(OpError::Forbidden),
            "I may not read the earlier messages",
        ),
        (
            Some(OpError::Failed),
            "I couldn't load the earlier messages",
        ),
        (None, "I couldn't load the earlier messages"),
    ] {
        let (mut bench, _) = lost(seasoned());
        let effects = match error {
            Some(error) => bench.event(Event::HistoryFetched(Err(error))),
            None => bench.after(30),
        };
        assert!(says(&effects)[0].contains(why), "{effects:?}");
        assert!(matches!(starts(&effects)[..], [Start::Fresh(_)]));
        assert!(!bench.state.is_lost());
    }
    let (mut bench, _) = lost(seasoned());
    let session = order(&bench.event(history([]))).session.clone();
    let rebuilt = Rebuilt::Nothing;
    let effects = bench.event(Event::Rebuilt { session, rebuilt });
    assert!(says(&effects)[0].contains("I started a new one"));
    assert_eq!(starts(&effects).len(), 1);
}

#[test]
fn a_rebuild_cut_off_by_a_kill_happens_with_the_next_message() {
    let (bench, _) = lost(seasoned());
    let record = bench.state.record.clone();
    let mut bench = Bench::with(record);
    assert!(
        bench.event(Event::Typing).is_empty(),
        "no process is started ahead"
    );
    drop(bench.ask("again"));
    let effects = bench.event(Event::Saved(Ok(())));
    assert_eq!(fetches(&effects).len(), 1);
    assert!(starts(&effects).is_empty());
    let effects = bench.event(history([1]));
    let effects = bench.event(transcript(&order(&effects).session.clone()));
    assert_eq!(starts(&effects).len(), 1);
}

#[test]
fn an_earlier_session_with_the_same_beginning_is_taken() {
    let mut record = seasoned();
    let mut earlier = Record::new("earlier".into(), "haiku".into(), DateTime::UNIX_EPOCH);
    earlier.state.rebuilt_from = Some("f".into());
    (earlier.message_count, earlier.total_input_tokens) = (2, 30);
    let (turns, tokens) = (record.message_count, record.total_input_tokens);
    record.earlier.push(earlier);
    let (mut bench, _) = lost(record);
    // The time of the record is that of its creation.
    let effects = bench.event(history([1 << 62]));
    let order = order(&effects).clone();
    assert_eq!(order.earlier["f"], "earlier");
    let effects = bench.event(Event::Rebuilt {
        session: order.session,
        rebuilt: Rebuilt::Transcript {
            session: "earlier".into(),
            fingerprint: "f".into(),
            messages: 1,
        },
    });
    assert_eq!(starts(&effects), [&Start::Resume("earlier".into())]);
    let record = bench.state.record.unwrap();
    assert!(record.earlier.is_empty());
    assert_eq!(record.message_count, turns + 2, "nothing counted is lost");
    assert_eq!(record.total_input_tokens, tokens + 30);
}

#[test]
fn a_stopped_message_is_not_run_once_the_conversation_is_rebuilt() {
    let (mut bench, _) = lost(seasoned());
    let session = order(&bench.event(history([1]))).session.clone();
    drop(bench.stop());
    let effects = bench.event(transcript(&session));
    assert!(starts(&effects).is_empty() && says(&effects).is_empty());
    assert!(bench.state.is_idle());
}

#[test]
fn a_cleared_session_begins_after_the_command() {
    let mut bench = Bench::with(Some(seasoned()));
    drop(bench.command(Command::Clear));
    let record = bench.state.record.unwrap();
    assert_eq!(record.began_after(), Some(MessageId(101)));
}

#[test]
fn a_turn_of_a_lost_session_waits_until_it_is_recorded() {
    let mut bench = Bench::with(Some(seasoned()));
    drop(bench.ask("hello"));
    assert!(bench.state.replace_session(bench.now));
    assert!(!bench.state.turn.as_ref().unwrap().is_looked_up());
    let effects = bench.event(Event::Saved(Ok(())));
    assert_eq!(fetches(&effects).len(), 1);
}

#[test]
fn what_a_message_came_with_stays_though_its_session_exists() {
    let mut bench = Bench::new();
    drop(bench.ask("hello"));
    drop(bench.event(Event::Saved(Ok(()))));
    let context = &mut bench.state.turn.as_mut().unwrap().context;
    context.meanwhile.older = 1;
    drop(bench.event(Event::Started));
    let effects = bench.exit("Error: Session ID id-1 is already in use.");
    assert_eq!(starts(&effects), [&Start::Resume("id-1".into())]);
    assert_eq!(bench.state.turn.unwrap().context.meanwhile.older, 1);
}
