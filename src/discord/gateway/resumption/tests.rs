use ShardState::{Active, Identifying, Resuming};

use super::*;

const LOST: ShardState = ShardState::Disconnected {
    reconnect_attempts: 0,
};
const FAILED: ShardState = ShardState::Disconnected {
    reconnect_attempts: 1,
};

/// After how many seconds what comes, and the state after it.
type Step = (u64, Received, ShardState);

const OPENED: Step = (0, Received::Message(Some(HELLO)), Resuming);
const RESUMED: Step = (0, Received::Message(Some(0)), Active);
const CLOSED: Step = (0, Received::Close, LOST);
const ASKED: Step = (0, Received::Message(Some(RECONNECT)), LOST);

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// The same, so many seconds later.
fn after(seconds: u64, step: Step) -> Step {
    (seconds, step.1, step.2)
}

/// Takes what happens; returns the waits, in seconds.
fn waits(resumption: &mut Resumption, steps: &[Step]) -> Vec<u64> {
    let mut now = resumption.heard;
    let waits = steps.iter().map(|(after, received, state)| {
        now += seconds(*after);
        let wait = resumption.observe(*received, *state, now);
        now += wait;
        wait.as_secs()
    });
    waits.collect()
}

#[test]
fn what_is_lost_at_once_is_resumed_later_each_time() {
    let pulse = |state| (1, Received::Nothing, state);
    let courses = [
        vec![RESUMED, after(1, CLOSED), OPENED],
        vec![
            RESUMED,
            after(1, CLOSED),
            pulse(LOST),
            pulse(Identifying),
            OPENED,
        ],
        vec![RESUMED, after(1, ASKED), CLOSED, OPENED],
        // Discord does not answer the close.
        vec![RESUMED, after(1, ASKED), OPENED],
        // Without a close.
        vec![RESUMED, after(1, OPENED)],
        // Before anything is resumed, or greeted.
        vec![CLOSED, OPENED],
        vec![OPENED],
        vec![CLOSED],
        vec![ASKED, CLOSED],
    ];
    for course in courses {
        let mut resumption = Resumption::new(Instant::now());
        for expected in [1, 2, 4, 8, 16, 32, 60, 60] {
            let waits = waits(&mut resumption, &course);
            assert_eq!(waits.iter().sum::<u64>(), expected, "{course:?}: {waits:?}");
        }
    }
}

#[test]
fn a_session_that_lasted_is_resumed_at_once() {
    let mut resumption = Resumption::new(Instant::now());
    for course in [
        [RESUMED, after(3, CLOSED), OPENED],
        [RESUMED, after(3, ASKED), OPENED],
        [RESUMED, after(3, RESUMED), OPENED],
    ] {
        assert_eq!(waits(&mut resumption, &course), [0, 0, 0]);
        let short = [RESUMED, after(2, CLOSED), OPENED];
        assert_eq!(waits(&mut resumption, &short), [0, 1, 0]);
    }
}

#[test]
fn a_session_that_delivered_much_is_resumed_at_once() {
    let mut resumption = Resumption::new(Instant::now());
    let course = |events| [vec![RESUMED; events], vec![CLOSED, OPENED]].concat();
    for (events, wait) in [(99, 1), (100, 0), (100, 0), (99, 1)] {
        let waits = waits(&mut resumption, &course(events));
        assert_eq!(waits.iter().sum::<u64>(), wait, "{events}");
    }
}

#[test]
fn silence_before_the_session_is_active_ends_it() {
    let begin = Instant::now();
    for state in [LOST, Identifying, Resuming] {
        let mut resumption = Resumption::new(begin);
        let failure =
            |resumption: &Resumption, after| resumption.failure(state, begin + seconds(after));
        assert_eq!(failure(&resumption, 29), None);
        assert_eq!(failure(&resumption, 30), Some("no session in time"));
        resumption.observe(Received::Message(None), state, begin + seconds(20));
        assert_eq!(failure(&resumption, 49), None);
        assert_eq!(failure(&resumption, 50), Some("no session in time"));
        assert_eq!(resumption.failure(Active, begin + seconds(1_000)), None);
        // A quiet session has nothing to say.
        resumption.observe(Received::Nothing, Active, begin + seconds(1_000));
        assert_eq!(failure(&resumption, 1_029), None);
        assert_eq!(failure(&resumption, 1_030), Some("no session in time"));
        resumption.waited(begin + seconds(1_030));
        assert_eq!(failure(&resumption, 1_059), None);
    }
}

#[test]
fn an_outage_ends_the_session_after_two_minutes() {
    let begin = Instant::now();
    let mut resumption = Resumption::new(begin);
    resumption.observe(Received::Message(None), Active, begin + seconds(100));
    for (received, after) in [
        (Received::Failure, 100),
        (Received::Nothing, 160),
        (Received::Failure, 219),
    ] {
        let now = begin + seconds(after);
        resumption.observe(received, FAILED, now);
        assert_eq!(resumption.failure(FAILED, now), None, "{after}");
        // A connection that is accepted meanwhile has its own time.
        assert_eq!(
            resumption.failure(Identifying, now + seconds(29)),
            None,
            "{after}"
        );
    }
    let end = begin + seconds(220);
    assert_eq!(
        resumption.failure(FAILED, end),
        Some("Discord is out of reach")
    );
}
