use super::*;

#[test]
fn the_end_is_one_line() {
    let progress = |count, failed, refused| {
        let mut progress = Progress::default();
        (progress.count, progress.failed, progress.refused) = (count, failed, refused);
        progress
    };
    let usd = |dollars: f64| Some(Usd::from_dollars(dollars));
    let seconds = Duration::from_secs;
    for (progress, took, cost, end, line) in [
        (
            progress(7, 0, 0),
            seconds(42),
            usd(0.031),
            CardEnd::Done,
            "✓ 7 steps, 42 s, $0.03",
        ),
        (
            progress(1, 1, 0),
            seconds(65),
            None,
            CardEnd::Failed,
            "✗ Failed: 1 step (1 failed), 1 min 5 s",
        ),
        (
            progress(3, 1, 1),
            Duration::from_millis(420),
            usd(0.0012),
            CardEnd::Stopped,
            "■ Stopped: 3 steps (1 failed, 1 refused), 0.4 s, $0.0012",
        ),
        (
            progress(0, 0, 0),
            seconds(1),
            usd(0.0),
            CardEnd::Done,
            "✓ 0 to-dos, 1 s, $0.00",
        ),
        (
            progress(1, 0, 1),
            seconds(2),
            None,
            CardEnd::Done,
            "⊘ 1 step (1 refused), 2 s",
        ),
    ] {
        assert_eq!(summary(&progress, took, cost, end), line);
    }
}

#[test]
fn a_name_is_harmless() {
    assert_eq!(
        pressed_by("Stopped.", "**@everyone** `x`\n"),
        "Stopped.\n-# \\*\\*＠everyone\\*\\* \\`x\\` pressed Stop."
    );
}

#[test]
fn each_setting_says_what_the_card_shows() {
    let texts = Verbosity::NAMED.map(|(name, value)| (name, verbose(value)));
    for (name, text) in texts {
        assert!(text.contains(&format!("(`{name}`)")), "{text}");
    }
}
