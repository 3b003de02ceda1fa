use super::*;

#[test]
fn a_time_in_words_is_the_next_such_time() {
    #[track_caller]
    fn check(detail: &str, expected: Option<&str>) {
        let now: DateTime<Utc> = "2026-11-29T11:54:00Z".parse().unwrap();
        let found = reset_in_words(detail, now);
        let expected = expected.map(|time| time.parse::<DateTime<Utc>>().unwrap().timestamp());
        assert_eq!(found, expected, "{detail}");
    }
    check(
        "You've hit your session limit · resets 12:54pm (UTC)",
        Some("2026-11-29T12:54:00Z"),
    );
    check(
        "session limit, resets 4pm (UTC)",
        Some("2026-11-29T16:00:00Z"),
    );
    check("resets 11am (UTC)", Some("2026-11-30T11:00:00Z"));
    check("resets 12am (UTC)", Some("2026-11-30T00:00:00Z"));
    for nonsense in [
        "",
        "resets soon",
        "resets 13pm (UTC)",
        "resets 4pm",
        "resets 4:99pm (UTC)",
        "resets é (UTC)",
    ] {
        check(nonsense, None);
    }
}
