use super::*;
use crate::claude::protocol::RateLimitWindow;

#[test]
fn a_plan_has_the_last_figure_of_each_limit() {
    let mut plan = PlanUsage::default();
    let own = |kind: &str, utilization| RateLimit {
        kind: Some(kind.to_owned()),
        utilization,
        resets_at: Some(7),
        ..RateLimit::default()
    };
    // An older CLI tells it with warnings alone.
    plan.heard(&own("five_hour", None));
    assert!(plan.is_login && plan.windows.is_empty());
    plan.heard(&own("five_hour", Some(0.5)));
    plan.heard(&RateLimit {
        windows: vec![RateLimitWindow {
            kind: "seven_day".to_owned(),
            utilization: Some(0.25),
            ..RateLimitWindow::default()
        }],
        ..own("five_hour", Some(0.75))
    });
    let windows: Vec<_> = plan
        .windows
        .iter()
        .map(|it| (it.kind.as_str(), it.used, it.resets_at))
        .collect();
    assert_eq!(
        windows,
        [("five_hour", 0.75, Some(7)), ("seven_day", 0.25, None)]
    );
}
