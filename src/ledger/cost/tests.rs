//! Turns of known cost, as old and new CLIs count them.

use proptest::prelude::*;

use super::*;
use crate::claude::protocol::ModelUsage;

const C: f64 = 0.000_641_25;
const OLD: Option<&str> = Some("2.1.197");
const NEW: Option<&str> = Some("2.1.329");

fn usage() -> Usage {
    Usage {
        input_tokens: 100,
        output_tokens: 20,
        cache_read_tokens: 50,
        cache_creation_tokens: 7,
    }
}

/// The result of a turn that costs C, after which the CLI's total is `times` C.
fn result(times: f64) -> TurnResult {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "small and whole"
    )]
    let whole = times as u64;
    let all = (0..whole).fold(Usage::default(), |sum, _| sum.plus(&usage()));
    TurnResult {
        subtype: "success".into(),
        total_cost_usd: Some(times * C),
        usage: usage(),
        model_usage: vec![ModelUsage {
            model: "m".into(),
            usage: all,
            cost_usd: times * C,
            ..ModelUsage::default()
        }],
        ..TurnResult::default()
    }
}

#[track_caller]
fn check(meter: &mut Meter, result: &TurnResult, version: Option<&str>, expected: f64) {
    let cost = meter.result(result, &usage(), version, None);
    assert_eq!(cost.usd, Usd::from_dollars(expected));
}

#[test]
fn three_turns_of_a_live_process_cost_three_times_c() {
    let mut meter = Meter::fresh(None);
    for turn in [1.0, 2.0, 3.0] {
        check(&mut meter, &result(turn), NEW, C);
    }
    assert!((meter.total_usd() - 3.0 * C).abs() < 1e-12);
}

#[test]
fn restarts_add_no_cost_when_the_cli_reports_its_start() {
    // (reported start, total of the next result), as measured.
    for starts in [
        [(0.0, 1.0), (0.0, 1.0), (0.0, 1.0)],
        [(0.0, 1.0), (1.0, 2.0), (2.0, 3.0)],
        // Killed after the second one: the saved total is stale.
        [(0.0, 1.0), (1.0, 2.0), (1.0, 2.0)],
    ] {
        let mut saved = 0.0;
        for (start, total) in starts {
            let mut meter = Meter::resumed(saved, None);
            meter.set_start(start * C);
            check(&mut meter, &result(total), NEW, C);
            saved = meter.total_usd();
        }
    }
}

#[test]
fn without_an_answer_the_version_decides() {
    check(&mut Meter::resumed(C, None), &result(1.0), OLD, C);
    check(&mut Meter::resumed(C, None), &result(2.0), NEW, C);
    let stale = result(1.0);
    check(
        &mut Meter::resumed(5.0 * C, Some(C / weight(&usage()))),
        &stale,
        NEW,
        C,
    );
    let told = TurnResult {
        cost_since_last_usd: Some(C),
        ..result(2.0)
    };
    check(&mut Meter::resumed(2.0 * C, None), &told, NEW, C);
}

#[test]
fn an_interrupted_call_that_the_cli_does_not_count_is_estimated() {
    let mut meter = Meter::fresh(None);
    check(&mut meter, &result(1.0), OLD, C);
    let interrupted = TurnResult {
        is_error: true,
        total_cost_usd: Some(C),
        ..TurnResult::default()
    };
    let cost = meter.result(&interrupted, &usage(), OLD, None);
    assert!(cost.estimated && cost.usd == Usd::from_dollars(C));
    check(&mut meter, &result(2.0), OLD, C);
    let zeroed = TurnResult {
        is_error: true,
        total_cost_usd: Some(0.0),
        ..TurnResult::default()
    };
    let nothing = Cost {
        usd: Usd::ZERO,
        estimated: false,
    };
    assert_eq!(meter.result(&zeroed, &Usage::default(), OLD, None), nothing);
    check(&mut meter, &result(3.0), OLD, C);
}

#[test]
fn a_cut_off_turn_is_estimated_if_there_is_a_price() {
    let unit = C / weight(&usage());
    let cost = Meter::fresh(Some(unit)).cut_off(("", &usage()), std::iter::empty());
    assert!(cost.estimated && cost.usd == Usd::from_dollars(C));
    assert_eq!(
        Meter::fresh(None).cut_off(("", &usage()), std::iter::empty()),
        Cost {
            usd: Usd::ZERO,
            estimated: true
        }
    );
    assert_eq!(
        Meter::fresh(None).cut_off(("", &Usage::default()), std::iter::empty()),
        Cost {
            usd: Usd::ZERO,
            estimated: false
        }
    );
}

#[test]
fn subagents_of_a_cut_off_turn_are_estimated() {
    let meter = Meter::fresh(Some(2e-6));
    let million = Usage {
        input_tokens: 1_000_000,
        ..Usage::default()
    };
    let subagents = [("m", &million), ("claude-haiku-4-5", &million)];
    let cost = meter.cut_off(("m", &Usage::default()), subagents.into_iter());
    assert_eq!((cost.usd, cost.estimated), (Usd::from_dollars(3.0), true));
}

#[test]
fn an_interrupted_call_after_a_finished_one_is_added_if_missing() {
    for (counted, estimated) in [(C, true), (2.0 * C, false)] {
        let mut meter = Meter::fresh(Some(C / weight(&usage())));
        let cut = TurnResult {
            is_error: true,
            total_cost_usd: Some(counted),
            usage: usage(),
            ..TurnResult::default()
        };
        let both = usage().plus(&usage());
        let cost = meter.result(&cut, &both, OLD, None);
        assert_eq!(cost.usd, Usd::from_dollars(2.0 * C));
        assert_eq!(cost.estimated, estimated);
    }
}

#[test]
fn the_price_is_that_of_the_model_that_answered() {
    let entry = |model: &str, tokens, cost_usd| ModelUsage {
        model: model.into(),
        usage: Usage {
            input_tokens: tokens,
            ..Usage::default()
        },
        cost_usd,
        ..ModelUsage::default()
    };
    let both = TurnResult {
        total_cost_usd: Some(3.0),
        model_usage: vec![entry("cheap-1", 1_000, 1.0), entry("dear-1[1m]", 100, 2.0)],
        ..TurnResult::default()
    };
    let mut meter = Meter::fresh(None);
    let one = Usage {
        input_tokens: 1,
        ..Usage::default()
    };
    let _ = meter.result(&both, &one, None, Some("dear-1"));
    assert_eq!(
        meter.cut_off(("", &one), std::iter::empty()).usd,
        Usd::from_dollars(0.02)
    );
    meter.forget_price();
    assert_eq!(
        meter.cut_off(("", &one), std::iter::empty()),
        Cost {
            usd: Usd::ZERO,
            estimated: true
        }
    );
}

#[test]
fn versions_are_compared_by_number() {
    for (version, expected) in [
        ("2.1.197", false),
        ("2.1.276", false),
        ("2.1.277", true),
        ("2.1.329", true),
        ("2.2.0", true),
        ("3", true),
        ("1.9.999", false),
    ] {
        assert_eq!(continues(version), expected, "{version}");
    }
}

proptest! {
    #[test]
    fn booked_costs_add_up_to_the_total_of_the_cli(costs in prop::collection::vec(0.0..1.0f64, 1..30)) {
        let mut meter = Meter::fresh(None);
        let mut total = 0.0;
        let mut booked = Usd::ZERO;
        for cost in &costs {
            total += cost;
            let result = TurnResult { total_cost_usd: Some(total), ..TurnResult::default() };
            booked += meter.result(&result, &Usage::default(), None, None).usd;
        }
        // Each of up to 29 turns is rounded by at most half a billionth.
        prop_assert!((booked.dollars() - total).abs() < 1.5e-8);
    }
}
