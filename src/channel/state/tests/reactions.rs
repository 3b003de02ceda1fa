//! The reaction on a person's message.

use super::*;
use crate::config::ReactionSettings;

fn bench() -> Bench {
    let mut bench = Bench::new();
    Arc::make_mut(&mut bench.state.config).discord.reactions = ReactionSettings {
        enabled: true,
        waiting: "w".into(),
        working: "r".into(),
        failed: "f".into(),
        done: String::new(),
    };
    bench
}

/// Reactions: the message, the emoji and whether it is added.
fn reactions(effects: &[Effect]) -> Vec<(u64, &str, bool)> {
    let found = effects.iter().filter_map(|effect| match effect {
        Effect::Chat(ChatOp::React {
            message, emoji, on, ..
        }) => Some((message.0, emoji.as_str(), *on)),
        _ => None,
    });
    found.collect()
}

fn later(bench: &mut Bench, millis: u64) -> Vec<Effect> {
    bench.now.mono += Duration::from_millis(millis);
    bench.event(Event::Tick)
}

#[test]
fn each_state_replaces_the_one_before() {
    let mut bench = bench();
    bench.working();
    assert_eq!(reactions(&later(&mut bench, 500)), [(101, "r", true)]);
    assert_eq!(reactions(&bench.ask("next")), [(102, "w", true)], "at once");
    assert_eq!(reactions(&bench.cli(result())), [(101, "r", false)]);
    drop(bench.event(Event::Saved(Ok(()))));
    assert_eq!(
        reactions(&later(&mut bench, 500)),
        [(102, "w", false), (102, "r", true)]
    );
    assert_eq!(
        reactions(&bench.cli(failed("kaput"))),
        [(102, "r", false), (102, "f", true)]
    );
    assert!(reactions(&later(&mut bench, 9_000)).is_empty());
    assert!(bench.state.reactions.deadline().is_none());
}

#[test]
fn a_short_turn_makes_few_calls() {
    let mut bench = bench();
    bench.working();
    let mut all = later(&mut bench, 300);
    drop(bench.ask("next"));
    all.extend(bench.cli(result()));
    assert!(reactions(&all).is_empty());
    drop(bench.event(Event::Saved(Ok(()))));
    let mut all = later(&mut bench, 300);
    all.extend(bench.cli(result()));
    all.extend(later(&mut bench, 9_000));
    assert_eq!(reactions(&all), [(102, "w", false)]);
}

#[test]
fn a_message_that_was_cut_off_counts_as_failed() {
    let mut bench = bench();
    bench.working();
    let record = bench.state.record().cloned();
    let mut after = Bench::with(record);
    Arc::make_mut(&mut after.state.config).discord.reactions =
        bench.state.config.discord.reactions.clone();
    let effects = after.event(Event::Recover);
    assert_eq!(reactions(&effects), [(101, "r", false), (101, "f", true)]);
}

#[test]
fn nothing_is_shown_where_reactions_are_off() {
    let mut bench = Bench::new();
    bench.working();
    let mut all = bench.ask("next");
    all.extend(later(&mut bench, 500));
    all.extend(bench.cli(failed("kaput")));
    assert!(reactions(&all).is_empty());
}

#[test]
fn a_message_that_is_kept_shows_that_it_waits() {
    let mut bench = bench();
    bench.working();
    assert_eq!(reactions(&later(&mut bench, 500)), [(101, "r", true)]);
    assert_eq!(
        reactions(&bench.cli(refused(429))),
        [(101, "r", false), (101, "w", true)]
    );
    assert_eq!(reactions(&bench.stop()), [(101, "w", false)]);
    assert!(bench.state.record().unwrap().state.cut_off.is_empty());
}

#[test]
fn an_answered_message_does_not_show_that_it_runs() {
    let mut bench = bench();
    bench.working();
    let mut all = later(&mut bench, 300);
    all.extend(bench.text("answer"));
    // The CLI takes its time to end the turn.
    all.extend(later(&mut bench, 2_000));
    all.extend(bench.cli(result()));
    all.extend(later(&mut bench, 2_000));
    assert_eq!(reactions(&all), []);
}

#[test]
fn a_message_that_waited_shows_nothing_once_it_is_answered() {
    let mut bench = bench();
    bench.working();
    drop(later(&mut bench, 500));
    drop(bench.ask("next"));
    drop(bench.cli(result()));
    drop(bench.event(Event::Saved(Ok(()))));
    drop(later(&mut bench, 300));
    assert!(says(&bench.cli(text("answer"))).is_empty());
    let effects = bench.cli(stop("end_turn"));
    assert_eq!(reactions(&effects), [(102, "w", false)]);
    let mut all = later(&mut bench, 2_000);
    all.extend(bench.cli(failed("kaput")));
    assert_eq!(reactions(&all), [(102, "f", true)], "it failed after all");
}
