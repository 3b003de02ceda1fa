use super::*;
use crate::{claude::protocol, ledger::example};

/// The samples of all metrics, each with its labels.
fn samples(metrics: &Metrics) -> Vec<String> {
    let text = metrics.text(&Present::default());
    let samples = text.lines().filter(|line| !line.starts_with('#'));
    samples.map(str::to_owned).collect()
}

fn line(model: &str) -> TurnLine {
    TurnLine {
        model_used: Some(model.into()),
        outcome: "answered".into(),
        ..example()
    }
}

#[test]
fn a_turn_is_counted_with_its_tokens_and_cost() {
    let metrics = Metrics::new();
    metrics.booked(&line("claude-sonnet-5"));
    let samples = samples(&metrics);
    let has = |sample: &str| samples.iter().any(|it| it == sample);
    assert!(has(
        r#"switchboard_turns_total{model="claude-sonnet-5",outcome="answered"} 1"#
    ));
    let output = example().output_tokens;
    assert!(has(&format!(
        r#"switchboard_tokens_total{{model="claude-sonnet-5",kind="output"}} {output}"#
    )));
    assert!(
        has("switchboard_turn_duration_seconds_count 1"),
        "{samples:#?}"
    );
    assert!(has(r#"switchboard_log_lines_total{level="error"} 0"#));
}

#[test]
fn labels_from_outside_are_plain_and_few() {
    let metrics = Metrics::new();
    metrics.booked(&line("a \"b\"\n"));
    for number in 0..2 * MOST_MODELS {
        metrics.booked(&line(&format!("model-{number}")));
    }
    let retry =
        br#"{"type":"system","subtype":"api_retry","attempt":1,"error":"what somebody wrote"}"#;
    let protocol::Line::Event(retry) = protocol::parse(&retry.to_vec().into()) else {
        panic!("it is an event")
    };
    metrics.heard(&retry);
    let samples = samples(&metrics);
    let turns = samples
        .iter()
        .filter(|it| it.starts_with("switchboard_turns_total"));
    assert_eq!(turns.count(), MOST_MODELS);
    assert!(samples.contains(&r#"switchboard_api_retries_total{kind="other"} 1"#.to_owned()));
}
