//! What running turns cost, and the channel's budget.

use super::*;
use crate::{
    command::BudgetChange,
    config::ChannelLimit,
    limits::{BudgetPeriod, Quantity, Reached, Scope},
    money::Usd,
    registry::state::DayBudget,
};

fn usd(dollars: f64) -> Usd {
    Usd::from_dollars(dollars)
}

fn usage(input: u64) -> Usage {
    Usage {
        input_tokens: input,
        ..Usage::default()
    }
}

fn stream(event: ApiEvent) -> SessionEvent {
    SessionEvent::Stream(StreamEvent {
        event,
        ..StreamEvent::default()
    })
}

fn call(input: u64) -> SessionEvent {
    stream(ApiEvent::MessageStart {
        id: Json::default(),
        model: Json::default(),
        usage: usage(input),
    })
}

fn call_over(output_tokens: u64, why: &str) -> SessionEvent {
    stream(ApiEvent::MessageDelta {
        output_tokens,
        stop_reason: Json::of(&why).unwrap(),
    })
}

/// What the running turn has cost so far, if that is reported.
fn spent(bench: &mut Bench, event: SessionEvent) -> Option<Usd> {
    let effects = bench.state.handle(Event::Session(event), bench.now);
    let mut spent = effects.iter().filter_map(|effect| match effect {
        Effect::Spent { usd, .. } => Some(*usd),
        _ => None,
    });
    spent.next()
}

fn reached() -> Reached {
    Reached {
        scope: Scope::Channel,
        quantity: Quantity::Cost {
            period: BudgetPeriod::Day,
            max: usd(1.0),
        },
        until: DateTime::UNIX_EPOCH,
    }
}

#[test]
fn each_call_of_a_turn_is_priced_as_it_streams() {
    let mut bench = Bench::new();
    bench.working();
    drop(bench.cli(SessionEvent::Init(Box::new(Init {
        session_id: Some("id-1".into()),
        model: Some("claude-sonnet-4-6".into()),
        ..Init::default()
    }))));
    // 3 dollars a million are assumed until there is a result.
    assert_eq!(spent(&mut bench, call(1_000_000)), Some(usd(3.0)));
    assert_eq!(
        spent(&mut bench, call_over(100_000, "tool_use")),
        Some(usd(4.5))
    );
    assert_eq!(spent(&mut bench, call(100_000)), Some(usd(4.8)));
    let subagent = Assistant {
        message_id: "s1".into(),
        model: "claude-haiku-4-5".into(),
        parent_tool_use_id: Some("t1".into()),
        usage: usage(200_000),
        ..Assistant::default()
    };
    let line = SessionEvent::Assistant(Box::new(subagent));
    assert_eq!(spent(&mut bench, line.clone()), Some(usd(5.0)));
    // Another line of the same call.
    assert_eq!(spent(&mut bench, line), Some(usd(5.0)));
    // The turn ends here.
    assert_eq!(spent(&mut bench, call_over(1, "end_turn")), None);
}

#[test]
fn a_turn_is_stopped_where_a_budget_ends() {
    let mut bench = Bench::new();
    bench.working();
    drop(bench.cli(call(1_000)));
    let effects = bench.event(Event::BudgetReached(reached()));
    assert_eq!(
        effects,
        [control("switchboard-interrupt", Control::Interrupt)]
    );
    // Once is enough.
    assert_eq!(bench.event(Event::BudgetReached(reached())), []);
    assert_eq!(spent(&mut bench, call(1_000)), None);
    let effects = bench.cli(result());
    let said = says(&effects).join("\n");
    assert!(
        said.starts_with(
            "Stopped: this channel has used up the daily budget ($1.00). This turn cost "
        ),
        "{said}"
    );
    assert_eq!(lines(&effects)[0].outcome, "over_budget");
    // It is no failure that could be retried.
    assert_eq!(notices(&effects), []);
    drop(bench.ask("go on"));
}

#[test]
fn nothing_running_cannot_be_over_budget() {
    let mut bench = Bench::new();
    bench.waiting();
    assert_eq!(bench.event(Event::BudgetReached(reached())), []);
}

fn with_limits(channel: ChannelLimit) -> Bench {
    let mut bench = Bench::new();
    let mut config = Config::clone(&bench.state.config);
    config.limits.channel = channel;
    bench.state.config = config.into();
    bench
}

fn set(bench: &mut Bench, change: BudgetChange, role: Role) -> Vec<Effect> {
    bench.request(Request::Command(Command::Budget(Some(change))), role)
}

fn sets(effects: &[Effect]) -> Vec<Option<&DayBudget>> {
    let sets = effects.iter().filter_map(|effect| match effect {
        Effect::SetBudget(budget) => Some(budget.as_ref()),
        _ => None,
    });
    sets.collect()
}

#[test]
fn admins_set_the_channels_budget_within_what_is_configured() {
    let of_day = ChannelLimit {
        usd_per_day: Some(usd(10.0)),
        ..ChannelLimit::default()
    };
    let with_max = ChannelLimit {
        usd_max: Some(usd(20.0)),
        ..of_day
    };
    for (limits, role, dollars, is_set) in [
        (ChannelLimit::default(), Role::Member, 1.0, false),
        (ChannelLimit::default(), Role::Admin, 1e6, true),
        (of_day, Role::Admin, 0.0, true),
        (of_day, Role::Admin, 10.0, true),
        (of_day, Role::Admin, 10.01, false),
        (of_day, Role::Owner, 1e6, true),
        (with_max, Role::Admin, 20.0, true),
        (with_max, Role::Admin, 20.01, false),
        (with_max, Role::Owner, 20.01, false),
    ] {
        let mut bench = with_limits(limits);
        let effects = set(&mut bench, BudgetChange::Set(usd(dollars)), role);
        let expected = DayBudget {
            usd: usd(dollars),
            until: DateTime::from_timestamp(86_400, 0).unwrap(),
            by: UserId(2),
            name: "Ada".into(),
        };
        let expected = is_set.then_some(expected);
        assert_eq!(
            sets(&effects),
            Vec::from_iter(expected.as_ref().map(Some)),
            "{role:?} {dollars}"
        );
        let recorded = bench
            .state
            .record()
            .and_then(|record| record.state.budget.clone());
        assert_eq!(recorded, expected, "{role:?} {dollars}");
        assert_eq!(says(&effects).len(), 1);
    }
}

#[test]
fn a_budget_outlives_a_clear_and_can_be_reset() {
    let mut bench = Bench::with(Some(seasoned()));
    drop(set(&mut bench, BudgetChange::Set(usd(1.0)), Role::Admin));
    drop(bench.command(Command::Clear));
    assert!(bench.state.record().unwrap().state.budget.is_some());
    let effects = set(&mut bench, BudgetChange::Reset, Role::Admin);
    assert_eq!(sets(&effects), [None]);
    assert_eq!(bench.state.record().unwrap().state.budget, None);
}

#[test]
fn a_thread_has_no_budget_of_its_own() {
    let mut bench = Bench::new();
    let request = Request::Command(Command::Budget(Some(BudgetChange::Set(usd(1.0)))));
    let mut in_thread = item(Origin::Message(MessageId(101)), Role::Owner, request);
    in_thread.place.parent = Some(ChannelId(9));
    let effects = bench.event(Event::Requested(in_thread));
    assert_eq!(sets(&effects), Vec::<Option<&DayBudget>>::new());
    assert_eq!(
        says(&effects),
        ["This thread shares the budget of <#9>. Set it there."]
    );
}
