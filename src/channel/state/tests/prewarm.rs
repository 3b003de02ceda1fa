//! Processes that are started ahead of a message.

use super::*;

fn typed(bench: &mut Bench) -> Vec<Start> {
    let effects = bench.event(Event::Typing);
    let starts = effects.into_iter().map(|effect| match effect {
        Effect::Prewarm { start, .. } => start,
        other => panic!("{other:?}"),
    });
    starts.collect()
}

/// From nothing to a process that waits for a message.
fn prewarmed() -> Bench {
    let mut bench = Bench::new();
    assert_eq!(typed(&mut bench), [Start::Fresh("id-1".into())]);
    drop(bench.event(Event::Started));
    let effects = bench.answer("switchboard-initialize");
    assert_eq!(effects, [Effect::Ready]);
    bench
}

#[test]
fn the_message_goes_to_the_process_that_typing_has_started() {
    let mut bench = prewarmed();
    assert!(!bench.state.record().unwrap().is_resumable());
    assert!(typed(&mut bench).is_empty(), "there is one");
    drop(bench.ask("hello"));
    let effects = bench.event(Event::Saved(Ok(())));
    assert_eq!((asks(&effects), starts(&effects).len()), (vec!["hello"], 0));
    drop(bench.cli(result()));
    assert!(bench.after(61).is_empty(), "it stays as others do");
}

#[test]
fn a_message_that_comes_during_the_start_waits_for_it() {
    let mut bench = Bench::new();
    assert_eq!(typed(&mut bench).len(), 1);
    drop(bench.ask("hello"));
    let effects = bench.event(Event::Saved(Ok(())));
    assert!(starts(&effects).is_empty());
    drop(bench.event(Event::Started));
    let effects = bench.answer("switchboard-initialize");
    assert_eq!(asks(&effects), ["hello"]);
}

#[test]
fn it_goes_a_minute_after_the_last_typing() {
    let mut bench = prewarmed();
    assert!(bench.after(40).is_empty());
    assert!(typed(&mut bench).is_empty());
    assert!(bench.after(40).is_empty());
    assert_eq!(bench.after(20), [Effect::Stop]);
    assert!(bench.exit("").is_empty());
    assert!(bench.state.is_idle());
    assert_eq!(typed(&mut bench), [Start::Fresh("id-1".into())]);
    // A message is needed to keep it for longer, and there was no room.
    assert!(bench.event(Event::NoRoom).is_empty());
    assert!(bench.state.is_idle());
}

#[test]
fn nobody_is_told_of_a_failure_and_the_message_starts_another() {
    let mut bench = Bench::new();
    assert_eq!(typed(&mut bench).len(), 1);
    drop(bench.event(Event::Started));
    assert!(bench.exit("broken").is_empty());
    assert!(typed(&mut bench).is_empty(), "it would fail again");
    drop(bench.ask("hello"));
    let effects = bench.event(Event::Saved(Ok(())));
    assert_eq!(starts(&effects).len(), 1);
    let mut bench = Bench::new();
    assert_eq!(typed(&mut bench).len(), 1);
    let failure = StartFailure::CliMissing("missing".into());
    assert!(bench.event(Event::StartFailed(failure)).is_empty());
}
