use super::*;

#[track_caller]
fn check(model: &str, usage: Usage, usd: f64) {
    let cost = cost(model, &usage).unwrap();
    assert!(
        (cost - usd).abs() < 1e-9,
        "{model} {usage:?}: {cost}, not {usd}"
    );
}

/// The expected values are `total_cost_usd` of the real CLI after one call with this usage.
#[test]
fn costs_match_the_clis() {
    const MILLION: Usage = Usage::of(1_000_000, 100_000).cached(1_000_000, 1_000_000);
    check("claude-sonnet-5", MILLION, 8.55);
    check("claude-haiku-4-5-20251001", MILLION, 2.85);
    check("claude-opus-4-8", MILLION, 14.25);
    check("claude-sonnet-5-5", MILLION, 5.6);
    check("claude-opus-5-5", MILLION, 11.2);
    check("claude-haiku-5-5", MILLION, 1.425);
    check("claude-fable-5-2", Usage::of(1_000_000, 0), 8.0);
}

#[test]
fn a_long_prompt_costs_more_for_some_models() {
    check("claude-haiku-5-5", Usage::of(100_000, 0), 0.01);
    check("claude-haiku-5-5", Usage::of(100_001, 0), 0.050_000_5);
    check(
        "claude-haiku-5-5",
        Usage::of(90_000, 0).cached(20_000, 0),
        0.046,
    );
    check("claude-haiku-5-5", Usage::of(1_000, 1_000_000), 0.5001);
    check("claude-haiku-4-5", Usage::of(250_000, 0), 0.25);
}

#[test]
fn an_unknown_model_is_listed_and_free() {
    let mut bill = Bill::default();
    bill.add("nonsense", &Usage::DEFAULT);
    bill.add("nonsense", &Usage::DEFAULT);
    bill.add("claude-sonnet-5", &Usage::of(1_000_000, 0));
    assert_eq!(bill.unpriced, ["nonsense"]);
    assert_eq!(bill.calls, [0.0, 0.0, 3.0]);
    assert!((bill.total() - 3.0).abs() < 1e-9);
}
