use super::*;

#[track_caller]
fn check(host: &str, origin: Option<&str>, own: bool) {
    let mut headers = HeaderMap::new();
    headers.insert(header::HOST, host.parse().unwrap());
    if let Some(origin) = origin {
        headers.insert(header::ORIGIN, origin.parse().unwrap());
    }
    assert_eq!(is_own(&headers), own, "{host} {origin:?}");
}

#[test]
fn only_requests_from_this_machine_are_accepted() {
    check("127.0.0.1:8080", None, true);
    check("localhost", Some("http://localhost"), true);
    check("127.0.0.1:8080", Some("http://127.0.0.1:8080"), true);
    check("evil.example:8080", None, false);
    check("127.0.0.1.evil.example", None, false);
    check("127.0.0.1:8080", Some("https://evil.example"), false);
    check("127.0.0.1:8080", Some("null"), false);
    check("127.0.0.1:8080", Some("http://127.0.0.1:9090"), false);
    assert!(!is_own(&HeaderMap::new()), "no host");
}
