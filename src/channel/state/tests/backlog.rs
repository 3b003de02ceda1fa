//! Discord takes nothing for a while.

use super::*;

/// An event while no post is delivered.
fn undelivered(bench: &mut Bench, event: Event) -> Vec<Effect> {
    bench.state.handle(event, bench.now)
}

fn requested(bench: &mut Bench, request: Request) -> Vec<Effect> {
    bench.next_message += 1;
    let origin = Origin::Message(MessageId(bench.next_message));
    let event = Event::Requested(item(origin, Role::Member, request));
    undelivered(bench, event)
}

fn asked(bench: &mut Bench) -> Vec<Effect> {
    let context = Box::default();
    let text = "hello".into();
    requested(bench, Request::Prompt { text, context })
}

/// A channel with a process that waits and thirty posts that are not delivered.
fn backed_up() -> (Bench, Vec<PostKey>) {
    let mut bench = Bench::new();
    bench.waiting();
    let mut pending = Vec::new();
    for _ in 0..30 {
        pending.extend(keys(&requested(
            &mut bench,
            Request::Command(Command::Help),
        )));
    }
    assert_eq!(pending.len(), 30);
    (bench, pending)
}

/// Messages whose turns begin.
fn begun(effects: &[Effect]) -> usize {
    let begins = |effect: &&Effect| match effect {
        Effect::Save { wait, .. } => *wait == Wait::Confirmed,
        _ => false,
    };
    effects.iter().filter(begins).count()
}

#[test]
fn no_turn_begins_until_posts_are_delivered() {
    let (mut bench, mut pending) = backed_up();
    let waits = asked(&mut bench);
    assert_eq!((begun(&waits), keys(&waits).len()), (0, 0), "{waits:?}");
    let help = requested(&mut bench, Request::Command(Command::Help));
    assert_eq!(keys(&help).len(), 0, "it would be one more");
    let key = pending.pop().unwrap();
    assert_eq!(begun(&bench.deliver(key)), 1);
}

#[test]
fn who_was_refused_meanwhile_is_told_once() {
    let (mut bench, pending) = backed_up();
    for _ in 0..QUEUE + 3 {
        assert_eq!(keys(&asked(&mut bench)).len(), 0);
    }
    let mut told = Vec::new();
    for key in pending {
        let effects = bench.deliver(key);
        told.extend(says(&effects).into_iter().map(str::to_owned));
    }
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("3 messages were not accepted"), "{told:?}");
    assert_eq!(bench.state.waiting(), QUEUE - 1, "one is run");
}
