//! Discord's answers, one after the other: each is understood, no limit stops a call for ever, and time goes on.

#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use switchboard::discord::fuzzing::Answered;

/// The longest wait that is believed.
const DAY: Duration = Duration::from_hours(24);

/// One answer: a line with the status and the milliseconds until it came, headers, an empty line, the body.
fn parts(answer: &str) -> (u16, u16, &str, &str) {
    let (line, rest) = answer.split_once('\n').unwrap_or((answer, ""));
    let (status, after) = line.split_once(' ').unwrap_or((line, "0"));
    let (headers, body) = rest.split_once("\n\n").unwrap_or((rest, ""));
    (status.parse().unwrap_or(200), after.parse().unwrap_or(0), headers, body)
}

fuzz_target!(|input: &str| {
    let mut answered = Answered::default();
    for answer in input.split("\n===\n").take(80) {
        let (status, after_ms, headers, body) = parts(answer);
        let went = answered.answer(after_ms, status, headers, body.as_bytes());
        let (waited, outcome) = went.expect("a limit stops a call for ever");
        // One limit after the other: the route's, the global one, and that of everybody.
        assert!(waited <= 3 * DAY, "{waited:?}");
        assert_eq!(outcome.wait.is_some(), status == 429);
        assert!(outcome.wait.is_none_or(|wait| wait <= DAY), "{:?}", outcome.wait);
        assert!(outcome.words <= 200);
        assert!(!outcome.is_invalid || matches!(status, 401 | 403 | 429));
        assert!(outcome.times[1] >= outcome.times[0], "time goes back");
    }
});
