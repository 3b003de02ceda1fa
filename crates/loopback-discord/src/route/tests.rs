use super::*;

#[track_caller]
fn check(route: &str, method: &str, path: &str, matches: bool) {
    assert_eq!(
        Route::new(route).matches(method, path),
        matches,
        "{route}: {method} {path}"
    );
}

#[test]
fn routes_match_by_segment() {
    check(
        "POST /channels/*/messages",
        "POST",
        "/channels/1/messages",
        true,
    );
    check(
        "POST /channels/*/messages",
        "GET",
        "/channels/1/messages",
        false,
    );
    check(
        "POST /channels/*/messages",
        "POST",
        "/channels/1/messages/2",
        false,
    );
    check(
        "/channels/1/messages",
        "PATCH",
        "/channels/1/messages",
        true,
    );
    check("* /channels/**", "GET", "/channels/1/messages/2", true);
    check("GET /**", "GET", "/users/@me", true);
    check("GET /channels/*", "GET", "/channels", false);
}
