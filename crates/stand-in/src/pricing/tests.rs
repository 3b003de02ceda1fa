use super::*;
use proptest::prelude::*;

/// The call in every recorded run.
const RECORDED: Usage = Usage {
    input: 100,
    cache_creation: 7,
    cache_read: 50,
    output: 20,
};

#[track_caller]
fn check_cost(model: &str, expected_nanos: u64) {
    assert_eq!(cost_nanos(model, &RECORDED), expected_nanos, "{model}");
}

#[test]
fn prices_match_the_recorded_runs() {
    check_cost("claude-sonnet-5", 641_250);
    check_cost("sonnet", 641_250);
    check_cost("claude-haiku-4-5-20251001", 213_750);
    check_cost("nonsense", 1_068_750);
    check_cost("opus", 1_068_750);
}

#[test]
fn four_characters_are_a_token() {
    assert_eq!(tokens(""), 0);
    assert_eq!(tokens("a"), 1);
    assert_eq!(tokens("abcd"), 1);
    assert_eq!(tokens("äöüßx"), 2);
    let blocks =
        json!([{"type": "text", "text": "abc"}, {"type": "text", "text": "de"}, {"type": "image"}]);
    assert_eq!(content_tokens(&blocks), 2 + TOKENS_PER_ATTACHMENT);
    assert_eq!(content_tokens(&json!("abcde")), 2);
}

#[test]
fn aliases_and_families_are_known() {
    for name in [
        "sonnet",
        "haiku",
        "opus",
        "default",
        "claude-sonnet-5",
        "claude-opus-4-8[1m]",
    ] {
        assert!(is_known(name), "{name}");
    }
    for name in ["nonsense", "gpt", "claude-", ""] {
        assert!(!is_known(name), "{name}");
    }
}

proptest! {
    #[test]
    fn a_call_reads_and_writes_the_context_of_the_previous_one(
        prompt in ".{0,80}",
        calls in proptest::collection::vec((0_u64..5_000, 0_u64..5_000), 1..20),
    ) {
        let mut context = Context::new(&prompt);
        let mut held = tokens(&prompt);
        for (input, output) in calls {
            let (usage, after) = context.call(input, output);
            prop_assert_eq!(usage.cache_read + usage.cache_creation, held);
            prop_assert_eq!(usage.context(), after.held());
            held = usage.context();
            context = after;
        }
    }

    #[test]
    fn the_total_is_the_sum_of_all_calls(calls in proptest::collection::vec(
        (prop_oneof![Just("claude-sonnet-5"), Just("claude-haiku-4-5-20251001"), Just("x")], 0_u64..9_999, 0_u64..9_999), 0..20,
    )) {
        let mut usage_by_model = UsageByModel::default();
        let mut sum = 0;
        for (model, input, output) in calls {
            let usage = Usage { input, cache_creation: output, cache_read: input, output };
            usage_by_model.add(model, &usage);
            sum += cost_nanos(model, &usage);
        }
        prop_assert_eq!(usage_by_model.total_nanos(), sum);
    }
}
