use super::*;

#[test]
fn a_fault_occurs_the_given_number_of_times() {
    let mut faults = Faults::default();
    let route = "POST /channels/*/messages";
    faults.add(Fault::dropped(route).channel(7.into()).after(1).times(2));
    let mut fails = |path: &str| faults.apply("POST", path).is_some();
    assert!(!fails("/channels/7/messages"), "skipped");
    assert!(!fails("/channels/8/messages"), "another channel");
    assert!(fails("/channels/7/messages"));
    assert!(fails("/channels/7/messages"));
    assert!(!fails("/channels/7/messages"), "used up");
}

#[test]
fn a_fault_occurs_at_every_nth_call() {
    let mut faults = Faults::default();
    faults.add(Fault::dropped("GET /users/@me").every(3));
    let failed: Vec<_> = (1..=9)
        .filter(|_| faults.apply("GET", "/users/@me").is_some())
        .collect();
    assert_eq!(failed, [3, 6, 9]);
}

#[test]
fn a_rate_limit_has_a_rounded_header_and_an_exact_body() {
    let fault = Fault::rate_limited("GET /users/@me", Duration::from_millis(1300));
    let Effect::Answer(answer) = fault.effect else {
        panic!("not an answer");
    };
    assert!(answer.body.contains("1.3"), "{}", answer.body);
    let header = |name: &str| {
        answer
            .headers
            .iter()
            .find(|found| found.0 == *name)
            .unwrap()
    };
    assert_eq!(header("retry-after").1, "2");
    assert_eq!(header("x-ratelimit-scope").1, "user");
}
