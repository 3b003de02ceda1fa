use super::*;

#[test]
fn the_bar_shows_the_share_that_is_used() {
    let cases = [
        (0, "░░░░░░░░░░░░░░░░░░░░", "0 %"),
        (1, "█░░░░░░░░░░░░░░░░░░░", "0 %"),
        (100_000, "██████████░░░░░░░░░░", "50 %"),
        (200_000, "████████████████████", "100 %"),
        (300_000, "████████████████████", "150 %"),
    ];
    for (used, bar, percent) in cases {
        let text = context(used, Some(200_000));
        assert!(text.contains(bar) && text.contains(percent), "{text}");
    }
}

#[test]
fn only_a_nearly_full_context_names_the_way_to_make_room() {
    assert!(!context(149_999, Some(200_000)).contains("!compact"));
    assert!(context(150_000, Some(200_000)).contains("!compact"));
}

#[test]
fn a_window_that_is_not_known_divides_nothing() {
    for window in [None, Some(0)] {
        assert!(context(42_000, window).contains("42k tokens. How many"));
    }
}

#[test]
fn a_clock_that_is_behind_gives_no_time() {
    assert_eq!(pong(Some(-1)), "Pong.");
    assert_eq!(pong(None), "Pong.");
    assert!(pong(Some(80)).contains("80 ms"));
}
