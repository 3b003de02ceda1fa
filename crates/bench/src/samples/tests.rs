use super::*;

#[test]
fn quantiles_are_values_that_were_measured() {
    let mut samples = Samples::default();
    assert!(samples.median().abs() < 1e-9);
    for time in (1..=100).rev() {
        samples.add(Duration::from_millis(time));
    }
    for (part, value) in [
        (0.0, 1.0),
        (0.5, 50.0),
        (0.95, 95.0),
        (0.99, 99.0),
        (1.0, 100.0),
    ] {
        assert!((samples.quantile(part) - value).abs() < 1e-9, "{part}");
    }
    assert!((samples.spread() - 50.0).abs() < 1e-9);
}
