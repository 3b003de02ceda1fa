//! Messages that are edited or deleted, and channels that are deleted.

use super::*;
use crate::chat::{Lookup, OpError, PostFailure};

fn edit(bench: &mut Bench, message: u64, text: &str) -> Vec<Effect> {
    let speaker = item(
        Origin::Message(MessageId(message)),
        Role::Member,
        prompt(""),
    )
    .speaker;
    bench.event(Event::Edited(Edit {
        message: MessageId(message),
        speaker,
        request: prompt(text),
    }))
}

fn prompt(text: &str) -> Request {
    Request::Prompt {
        text: text.into(),
        context: Box::default(),
    }
}

fn delete(bench: &mut Bench, message: u64) -> Vec<Effect> {
    bench.event(Event::Deleted(vec![MessageId(message)]))
}

/// Ends the running turn; the next message is recorded and asked.
fn finish(bench: &mut Bench) -> Vec<Effect> {
    let mut effects = bench.cli(result());
    effects.extend(bench.event(Event::Saved(Ok(()))));
    effects
}

fn interrupts(effects: &[Effect]) -> bool {
    effects.contains(&control("switchboard-interrupt", Control::Interrupt))
}

#[test]
fn the_newest_text_of_a_waiting_message_runs_once() {
    let mut bench = Bench::new();
    bench.working();
    bench.ask("b");
    let second = bench.next_message;
    edit(&mut bench, second, "b, edited");
    edit(&mut bench, second, "b, edited again");
    let effects = finish(&mut bench);
    assert_eq!(asks(&effects), ["b, edited again"]);
    let effects = finish(&mut bench);
    assert_eq!(asks(&effects), [""; 0]);
}

#[test]
fn an_edit_of_a_message_that_ran_offers_one_button() {
    let mut bench = Bench::new();
    bench.working();
    let message = bench.next_message;
    finish(&mut bench);
    let effects = edit(&mut bench, message, "a, edited");
    assert_eq!(notices(&effects), [(MessageId(message), messages::EDITED)]);
    assert_eq!(edit(&mut bench, message, "again"), []);
    let stored = &bench.state.record().unwrap().state;
    assert_eq!(stored.posts.len(), 1);
    assert!(stored.cut_off[0].told && stored.cut_off[0].message == MessageId(message));
}

#[test]
fn a_deleted_message_that_waits_never_runs() {
    let mut bench = Bench::new();
    bench.working();
    bench.ask("b");
    let deleted = bench.next_message;
    bench.ask("c");
    let effects = delete(&mut bench, deleted);
    assert_eq!(says(&effects), [""; 0]);
    let claimed = |effects: &[Effect]| {
        let last = effects.iter().rev().find_map(|effect| match effect {
            Effect::Save { record, .. } => Some(record.has_claimed(MessageId(deleted))),
            _ => None,
        });
        last == Some(true)
    };
    assert!(claimed(&effects), "{effects:?}");
    assert_eq!(asks(&finish(&mut bench)), ["c"]);
}

#[test]
fn deleting_its_message_stops_a_turn_unless_configured() {
    let mut bench = Bench::new();
    bench.working();
    let message = bench.next_message;
    let effects = delete(&mut bench, message);
    assert!(interrupts(&effects), "{effects:?}");
    assert!(!interrupts(&delete(&mut bench, message)));
    let effects = finish(&mut bench);
    assert!(says(&effects).contains(&messages::DELETED), "{effects:?}");

    Arc::make_mut(&mut bench.state.config).discord.stop_deleted = false;
    bench.ask("b");
    let message = bench.next_message;
    assert!(!interrupts(&delete(&mut bench, message)));
}

#[test]
fn a_message_that_is_deleted_before_claude_gets_it_is_not_run() {
    let mut bench = Bench::new();
    bench.ask("a");
    let message = bench.next_message;
    delete(&mut bench, message);
    assert!(bench.state.turn.is_none());
    assert!(
        !bench
            .state
            .record()
            .unwrap()
            .has_open_turn(MessageId(message))
    );
}

#[test]
fn a_deleted_channel_drops_what_waits_and_ends_the_process() {
    let mut bench = Bench::new();
    bench.working();
    bench.ask("b");
    let effects = bench.event(Event::ChannelGone);
    assert!(interrupts(&effects) && bench.state.queue.is_empty());
    let effects = finish(&mut bench);
    assert!(effects.contains(&Effect::Stop), "{effects:?}");
    assert_eq!(says(&effects), [""; 0]);
    assert!(bench.state.turn.is_none());
}

#[test]
fn a_post_to_a_deleted_channel_has_the_same_effect() {
    let mut bench = Bench::new();
    bench.working();
    bench.ask("b");
    let effects = bench.state.handle(
        Event::Posted {
            key: PostKey::new("x"),
            messages: Vec::new(),
            state: PostState::Failed(PostFailure::ChannelGone),
        },
        bench.now,
    );
    assert!(interrupts(&effects) && bench.state.queue.is_empty());
}

#[test]
fn a_lookup_that_takes_too_long_is_left() {
    let mut bench = Bench::new();
    bench.working();
    finish(&mut bench);
    let mut context = Context::default();
    context.wanted.quote = Some((ChannelId(1), MessageId(3)));
    let request = Request::Prompt {
        text: "why?".into(),
        context: Box::new(context),
    };
    let mut effects = bench.request(request, Role::Member);
    effects.extend(bench.event(Event::Saved(Ok(()))));
    let fetches = |effect: &Effect| matches!(effect, Effect::Chat(ChatOp::FetchMessage { .. }));
    assert!(effects.iter().any(fetches) && asks(&effects).is_empty());
    let effects = bench.after(6);
    assert_eq!(asks(&effects), ["why?"]);
    // Too late.
    let id = OpId::Lookup(MessageId(bench.next_message), Lookup::Quote);
    let found = Err(OpError::NotFound);
    assert_eq!(bench.event(Event::LookedUp { id, found }), []);
}
