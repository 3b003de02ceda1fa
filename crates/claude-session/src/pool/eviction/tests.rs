use proptest::prelude::*;

use super::*;

/// Minutes before now at which a process was used, how long its start takes, and the minutes it has been idle.
type Process<'a> = (&'a [u64], f64, u64);

fn minutes(count: u64) -> Duration {
    Duration::from_mins(count)
}

/// A time before which there is enough of it.
fn now() -> Instant {
    Instant::now() + minutes(10_000)
}

fn candidate((uses, start, idle): Process, now: Instant) -> Candidate {
    let start = Duration::from_secs_f64(start);
    let usage = uses.iter().fold(None, |usage, ago| {
        Some(Usage::again(usage, start, now - minutes(*ago)))
    });
    Candidate {
        usage,
        idle_since: now - minutes(idle),
    }
}

#[track_caller]
fn check(what: &str, processes: &[Process], expected: usize) {
    let now = now();
    let all = processes.iter().map(|it| candidate(*it, now)).enumerate();
    assert_eq!(least_needed(all, now), Some(expected), "{what}");
}

#[test]
fn who_makes_room() {
    check("the older use", &[(&[5], 1.0, 5), (&[9], 1.0, 9)], 1);
    check(
        "a rare one, though its use is more recent",
        &[(&[30, 25, 20, 15, 10], 1.0, 10), (&[4], 1.0, 4)],
        1,
    );
    check(
        "a busy one of yesterday before one of now",
        &[(&[1_500, 1_490, 1_480, 1_470], 1.0, 1_470), (&[1], 1.0, 1)],
        0,
    );
    check(
        "what starts faster, if both are used alike",
        &[(&[5], 2.0, 5), (&[4], 0.4, 4)],
        1,
    );
    check(
        "one that was started ahead of a message before all others",
        &[(&[600], 0.1, 600), (&[], 9.0, 0)],
        1,
    );
    check(
        "of equals, the longest idle",
        &[(&[], 1.0, 1), (&[], 1.0, 2)],
        1,
    );
}

#[test]
fn nobody_makes_room_where_nobody_is_idle() {
    let nobody = std::iter::empty::<((), Candidate)>();
    assert_eq!(least_needed(nobody, now()), None);
}

proptest! {
    /// Another use, a slower start or a more recent use never makes a process the one to go.
    #[test]
    fn who_stays_still_stays_when_it_is_needed_more(
        mut uses in prop::collection::vec(1u64..500, 1..6),
        others in prop::collection::vec((1u64..500, 1u32..50), 1..6),
        (start, slower, sooner) in (1u32..50, 0u32..50, 0u64..50),
    ) {
        let now = now();
        uses.sort_unstable_by(|one, other| other.cmp(one));
        let others: Vec<_> = others
            .iter()
            .map(|(ago, start)| candidate((&[*ago], f64::from(*start), *ago), now))
            .collect();
        let goes = |own: Candidate| {
            let all = others.iter().copied().chain([own]).enumerate();
            least_needed(all, now) == Some(others.len())
        };
        let last = uses.last().copied().unwrap_or(1);
        let before = candidate((&uses, f64::from(start), last), now);
        let mut more: Vec<_> = uses.iter().map(|ago| ago.saturating_sub(sooner)).collect();
        more.push(0);
        let after = candidate((&more, f64::from(start + slower), 0), now);
        prop_assert!(goes(before) || !goes(after));
    }

    #[test]
    fn a_weight_is_positive_and_at_most_the_number_of_uses(
        mut uses in prop::collection::vec(0u64..9_000, 1..20),
    ) {
        let now = now();
        uses.sort_unstable_by(|one, other| other.cmp(one));
        let usage = candidate((&uses, 1.0, 0), now).usage.unwrap();
        let weight = usage.weight(now);
        prop_assert!(weight > 0.0 && weight <= f64::from(u32::try_from(uses.len()).unwrap()));
    }
}
