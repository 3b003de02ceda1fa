//! Who pays for what runs, and until when it counts.

use super::{
    background::{by_another, with_task},
    *,
};
use crate::{
    limits::{BudgetPeriod, Quantity, Reached, Scope},
    money::Usd,
};

pub(super) fn reached(scope: Scope) -> Reached {
    Reached {
        scope,
        quantity: Quantity::Cost {
            period: BudgetPeriod::Day,
            max: Usd::from_dollars(1.0),
        },
        until: DateTime::UNIX_EPOCH,
    }
}

/// A subagent's call of a million tokens.
fn subagent_call() -> SessionEvent {
    SessionEvent::Assistant(Box::new(Assistant {
        message_id: "s1".into(),
        model: "claude-sonnet-4-6".into(),
        parent_tool_use_id: Some("t1".into()),
        usage: Usage {
            input_tokens: 1_000_000,
            ..Usage::default()
        },
        ..Assistant::default()
    }))
}

/// Who has spent something, and whether that has ended.
fn spending(bench: &mut Bench, event: Event) -> (Vec<u64>, bool) {
    let effects = bench.state.handle(event, bench.now);
    let payers = effects.iter().filter_map(|effect| match effect {
        Effect::Spent { speaker, .. } => Some(speaker.id.0),
        _ => None,
    });
    (payers.collect(), effects.contains(&Effect::SpendingEnded))
}

fn cli(bench: &mut Bench, event: SessionEvent) -> (Vec<u64>, bool) {
    spending(bench, Event::Session(event))
}

#[test]
fn what_stopped_tasks_have_cost_ends_with_them() {
    let mut bench = with_task();
    assert_eq!(cli(&mut bench, subagent_call()), (vec![2], false));
    drop(bench.stop());
    assert_eq!(cli(&mut bench, task_ended("b1", false)), (vec![], true));

    let mut bench = with_task();
    drop(cli(&mut bench, subagent_call()));
    drop(bench.stop());
    bench.now.mono += Duration::from_secs(5);
    assert_eq!(spending(&mut bench, Event::Tick), (vec![], true));
}

#[test]
fn what_runs_ends_with_its_process() {
    let mut bench = with_task();
    drop(cli(&mut bench, subagent_call()));
    let exited = Event::Exited(Exit::default());
    assert_eq!(spending(&mut bench, exited), (vec![], true));
}

#[test]
fn a_report_without_cost_ends_what_ran() {
    let mut bench = with_task();
    drop(bench.cli(task_started("b2")));
    drop(bench.cli(task_ended("b1", true)));
    drop(bench.cli(init()));
    assert_eq!(cli(&mut bench, subagent_call()), (vec![2], false));
    let SessionEvent::Result(mut free) = report() else {
        unreachable!()
    };
    free.total_cost_usd = Some(0.5);
    let ended = cli(&mut bench, SessionEvent::Result(free));
    assert_eq!(ended, (vec![], true));
}

#[test]
fn a_report_that_is_cut_off_is_booked() {
    let reporting = || {
        let mut bench = with_task();
        drop(bench.cli(task_ended("b1", true)));
        drop(bench.cli(init()));
        drop(bench.cli(subagent_call()));
        bench
    };
    let booked = |effects: &[Effect]| {
        let lines = lines(effects);
        let lines = lines.iter().map(|line| {
            let cost = (line.cost_usd, line.estimated);
            (line.author.0, line.outcome.clone(), cost)
        });
        lines.collect::<Vec<_>>()
    };
    let cost = (Usd::from_dollars(3.0), true);
    let effects = reporting().exit("boom");
    assert_eq!(booked(&effects), [(2, "crashed".to_owned(), cost)]);
    let mut stuck = reporting();
    drop(stuck.stop());
    let effects = stuck.after(5);
    assert_eq!(booked(&effects), [(2, "interrupted".to_owned(), cost)]);
    assert!(effects.contains(&Effect::Stop));
    let effects = reporting().event(Event::Shutdown(ShutdownStage::Kill));
    assert_eq!(booked(&effects), [(2, "cut_by_shutdown".to_owned(), cost)]);
}

#[test]
fn subagents_of_a_turn_that_crashes_are_booked() {
    let mut bench = Bench::new();
    bench.working();
    drop(bench.cli(init()));
    drop(bench.cli(subagent_call()));
    let effects = bench.exit("boom");
    let line = lines(&effects)[0];
    assert_eq!(line.cost_usd, Usd::from_dollars(3.0));
    assert!(line.estimated);
}

#[test]
fn only_a_check_between_turns_ends_what_was_spent() {
    let mut bench = with_task();
    drop(cli(&mut bench, subagent_call()));
    drop(bench.ask("next"));
    let effects = bench.state.handle(Event::Saved(Ok(())), bench.now);
    let place = |wanted: &dyn Fn(&Effect) -> bool| effects.iter().position(wanted);
    let ended = place(&|effect| *effect == Effect::SpendingEnded).unwrap();
    assert!(ended < place(&|effect| matches!(effect, Effect::CheckLimit(_))).unwrap());

    let mut bench = Bench::new();
    Arc::make_mut(&mut bench.state.config).discord.queue.mode = QueueMode::Steer;
    bench.working();
    drop(bench.cli(init()));
    assert_eq!(cli(&mut bench, subagent_call()), (vec![2], false));
    drop(bench.text("so far"));
    drop(bench.ask("left"));
    let effects = bench.state.handle(Event::Saved(Ok(())), bench.now);
    let checks = |effect: &Effect| matches!(effect, Effect::CheckLimit(_));
    assert!(effects.iter().any(checks), "{effects:?}");
    assert!(!effects.contains(&Effect::SpendingEnded));
}

#[test]
fn between_reports_whoever_started_the_task_pays() {
    let mut bench = with_task();
    drop(bench.cli(task_ended("b1", true)));
    drop(bench.cli(init()));
    drop(bench.cli(report()));
    drop(by_another(&mut bench));
    drop(bench.event(Event::Saved(Ok(()))));
    drop(bench.cli(task_started("b2")));
    drop(bench.cli(result()));
    assert_eq!(cli(&mut bench, subagent_call()), (vec![3], false));
    let effects = bench.event(Event::BudgetReached(reached(Scope::User)));
    assert_eq!(
        says(&effects),
        [
            "I ended Claude's work in the background because the daily budget is used up. \
             Stopped in the background: `sleep 'b2'`."
        ]
    );
}

#[test]
fn a_channels_budget_ends_everybodys_tasks() {
    for (scope, stopped) in [(Scope::User, 1), (Scope::Channel, 2)] {
        let mut bench = with_task();
        drop(by_another(&mut bench));
        drop(bench.event(Event::Saved(Ok(()))));
        drop(bench.cli(task_started("b2")));
        drop(bench.cli(result()));
        let effects = bench.event(Event::BudgetReached(reached(scope)));
        let stops = effects.iter().filter(|effect| {
            let Effect::Send(SessionRequest::Control { control, .. }) = effect else {
                return false;
            };
            matches!(control, Control::StopTask { .. })
        });
        assert_eq!(stops.count(), stopped, "{scope:?}");
    }
}

#[test]
fn whoever_wrote_pays_for_a_first_attempt() {
    let mut bench = with_task();
    drop(bench.cli(task_ended("b1", false)));
    drop(by_another(&mut bench));
    drop(bench.event(Event::Saved(Ok(()))));
    drop(bench.cli(init()));
    let SessionEvent::Result(mut too_long) = failed("Prompt is too long") else {
        unreachable!()
    };
    too_long.total_cost_usd = Some(0.75);
    let effects = bench.cli(SessionEvent::Result(too_long));
    assert_eq!(says(&effects), [messages::COMPACTING_FIRST]);
    assert_eq!(lines(&effects)[0].author, UserId(3));
}
