use super::*;

#[test]
fn wrong_passwords_take_longer_and_longer() {
    let mut now = Instant::now();
    let mut guesses = Guesses::default();
    let mut pauses = Vec::new();
    for _ in 0..9 {
        guesses.note(false, now);
        let pause = guesses.pause(now).unwrap_or_default();
        pauses.push(pause.as_secs());
        now += pause;
        assert_eq!(guesses.pause(now), None);
    }
    assert_eq!(pauses, [0, 0, 1, 2, 4, 8, 16, 30, 30]);
    guesses.note(true, now);
    guesses.note(false, now);
    assert_eq!(guesses.pause(now), None);
}
