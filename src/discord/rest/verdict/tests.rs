use proptest::prelude::*;
use reqwest::header::{HeaderName, HeaderValue};

use super::*;

fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
    let header = |(name, value): &(&'static str, &str)| {
        (
            HeaderName::from_static(name),
            HeaderValue::from_str(value).unwrap(),
        )
    };
    pairs.iter().map(header).collect()
}

const JSON: (&str, &str) = ("content-type", "application/json");

#[track_caller]
fn check(pairs: &[(&'static str, &str)], body: &str, wait: f64, scope: LimitScope) {
    assert_eq!(
        verdict(429, &headers(pairs), body.as_bytes()),
        Verdict::Limited {
            wait: Duration::from_secs_f64(wait),
            scope
        },
        "{pairs:?} {body}"
    );
}

#[test]
fn a_limit_is_read_exactly() {
    let route = r#"{"message":"You are being rate limited.","retry_after":0.357,"global":false}"#;
    check(
        &[JSON, ("retry-after", "1")],
        route,
        0.357,
        LimitScope::Route,
    );
    check(
        &[JSON, ("retry-after", "1.25")],
        "{}",
        1.25,
        LimitScope::Route,
    );
    let shared = [JSON, ("x-ratelimit-scope", "shared")];
    check(&shared, route, 0.357, LimitScope::Shared);
    let global = r#"{"retry_after":64.5,"global":true}"#;
    check(&[JSON], global, 64.5, LimitScope::Global);
    check(
        &[("x-ratelimit-global", "true")],
        route,
        0.357,
        LimitScope::Global,
    );
    check(
        &[("x-ratelimit-scope", "global")],
        route,
        0.357,
        LimitScope::Global,
    );
    check(&[JSON], r#"{"retry_after":-1}"#, 5.0, LimitScope::Route);
    check(&[JSON], r#"{"retry_after":1e30}"#, 5.0, LimitScope::Route);
    check(
        &[JSON],
        r#"{"retry_after":1e9}"#,
        86_400.0,
        LimitScope::Route,
    );
}

#[test]
fn the_proxys_page_cools_down_for_a_minute_at_least() {
    let page = "<!doctype html><title>Error 1015</title>";
    let html = ("content-type", "text/html; charset=UTF-8");
    check(&[html], page, 60.0, LimitScope::Banned);
    check(
        &[html, ("retry-after", "1")],
        page,
        60.0,
        LimitScope::Banned,
    );
    check(
        &[html, ("retry-after", "900")],
        page,
        900.0,
        LimitScope::Banned,
    );
    check(&[], "", 60.0, LimitScope::Banned);
    // Carried by Discord itself.
    let via = ("via", "1.1 google");
    check(
        &[html, via, ("retry-after", "2")],
        page,
        2.0,
        LimitScope::Route,
    );
}

#[test]
fn what_is_held_against_the_bot() {
    #[track_caller]
    fn check(status: u16, body: &str, pairs: &[(&'static str, &str)], counts: bool) {
        let verdict = verdict(status, &headers(pairs), body.as_bytes());
        assert_eq!(is_invalid(status, &verdict), counts, "{status} {verdict:?}");
    }
    check(401, "{}", &[], true);
    check(403, r#"{"code":50001}"#, &[], true);
    check(429, "{}", &[], true);
    check(429, "<html>", &[], true);
    check(429, "{}", &[("x-ratelimit-scope", "shared")], false);
    for status in [200, 204, 400, 404, 500, 502] {
        check(status, "", &[], false);
    }
}

#[test]
fn a_refusal_keeps_discords_words() {
    let body = br#"{"code":50013,"message":"Missing Permissions"}"#;
    let refused = Verdict::Refused {
        code: 50_013,
        message: "Missing Permissions".to_owned(),
    };
    assert_eq!(verdict(403, &HeaderMap::new(), body), refused);
}

proptest! {
    #[test]
    fn no_answer_is_too_strange(status: u16, after: String, body: Vec<u8>) {
        let mut headers = HeaderMap::new();
        if let Ok(after) = HeaderValue::from_str(&after) {
            headers.insert(RETRY_AFTER, after);
        }
        if let Verdict::Limited { wait, .. } = verdict(status, &headers, &body) {
            prop_assert!(wait <= LONGEST);
        }
    }
}
