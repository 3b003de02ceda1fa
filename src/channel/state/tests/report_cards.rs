//! The card of a report on a background task.

use super::{
    cards::{bench, cards, done},
    *,
};

/// Claude has begun to report on a task that outlived its turn.
fn reporting() -> Bench {
    let mut bench = bench();
    bench.working();
    drop(bench.cli(task_started("b1")));
    drop(bench.cli(result()));
    drop(bench.cli(task_ended("b1", true)));
    assert!(cards(&bench.cli(init())).is_empty());
    bench
}

#[test]
fn a_report_with_tools_has_a_card_that_collapses() {
    let mut bench = reporting();
    let shown = cards(&bench.cli(tool("a")));
    assert_eq!(shown.len(), 1, "{shown:?}");
    assert!(shown[0].0.starts_with("**Running**"), "{shown:?}");
    drop(bench.cli(done("a")));
    bench.now.mono += Duration::from_secs(5);
    let shown = cards(&bench.cli(report()));
    assert_eq!(shown[0].0, "✓ 1 step, 5 s, $0.25");
}

#[test]
fn a_report_of_words_alone_has_no_card() {
    let mut bench = reporting();
    drop(bench.cli(text("the task is done")));
    assert!(cards(&bench.cli(report())).is_empty());
    assert!(bench.state.cards.live.is_none());
}

#[test]
fn a_message_waiting_for_a_report_has_its_own_card() {
    let mut bench = reporting();
    drop(bench.cli(tool("a")));
    drop(bench.ask("next"));
    drop(bench.event(Event::Saved(Ok(()))));
    drop(bench.cli(done("a")));
    let effects = bench.cli(report());
    assert_eq!(asks(&effects), ["next"]);
    assert!(effects.contains(&typing(true)), "{effects:?}");
    let ended = cards(&effects);
    assert_eq!(ended.len(), 1, "{ended:?}");
    assert!(ended[0].0.starts_with("✓ 1 step, "), "{ended:?}");
    drop(bench.cli(init()));
    let shown = cards(&bench.cli(tool("b")));
    assert_eq!(shown[0].0, "**Running** · started <t:0:R>");
    assert!(
        cards(&bench.cli(result()))[0].0.starts_with("✓ 1 step, "),
        "not that of the report"
    );
}

#[test]
fn the_card_of_a_message_that_waits_becomes_the_reports() {
    let mut bench = bench();
    bench.working();
    drop(bench.cli(task_started("b1")));
    drop(bench.cli(result()));
    drop(bench.cli(task_ended("b1", true)));
    drop(bench.ask("next"));
    drop(bench.event(Event::Saved(Ok(()))));
    // Before the report has begun.
    bench.state.cards.live.as_mut().unwrap().due = Some(bench.now.mono);
    let waiting = bench.event(Event::Tick);
    assert_eq!(cards(&waiting).len(), 1, "{waiting:?}");
    drop(bench.cli(init()));
    bench.now.mono += Duration::from_secs(2);
    let shown = bench.cli(tool("a"));
    assert_eq!(cards(&shown).len(), 1);
    let key = |effects: &[Effect]| puts(effects).next().unwrap().0.clone();
    assert_eq!(key(&shown), key(&waiting));
}

#[test]
fn the_card_of_a_report_closes_with_its_process() {
    let mut bench = reporting();
    drop(bench.cli(tool("a")));
    let shown = cards(&bench.exit("boom"));
    assert!(shown[0].0.starts_with("✗ Failed: 1 step"), "{shown:?}");
    assert!(bench.state.cards.live.is_none());
}

#[test]
fn stop_on_the_card_of_a_report_ends_it() {
    let mut bench = reporting();
    let shown = cards(&bench.cli(tool("a")));
    let stop = &shown[0].1[0];
    let effects = bench.press("Bob", stop);
    let interrupt = control("switchboard-interrupt", Control::Interrupt);
    assert!(effects.contains(&interrupt), "{effects:?}");
    assert_eq!(says(&effects), ["Stopped by Bob. The session is kept."]);
    let late = bench.press_on(MessageId(FIRST_POST), "Bob", stop);
    assert_eq!(says(&late), [""; 0], "the late one is told alone");
    assert!(
        matches!(replies(&late)[..], [InteractionReply::Private(_)]),
        "{late:?}"
    );
    let shown = cards(&bench.cli(report()));
    assert!(shown[0].0.starts_with("■ Stopped: 1 step"), "{shown:?}");
}
