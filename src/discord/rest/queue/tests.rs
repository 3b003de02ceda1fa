use proptest::prelude::*;

use super::*;

const ALL: [Class; 5] = [
    Class::Notice,
    Class::Answer,
    Class::Growth,
    Class::Card,
    Class::Reaction,
];

/// Serves all that may go with this much room left, and gives their places.
fn drain(queue: &mut Queue, mut room: usize, now: Instant) -> Vec<QueuePosition> {
    let mut served = Vec::new();
    while let Some(next) = queue.next(now)
        && room >= next.needs
    {
        queue.serve(next.place, now);
        served.push(next.place);
        room -= 1;
    }
    served
}

#[test]
fn classes_are_served_in_order_and_calls_of_one_in_theirs() {
    let (mut queue, now) = (Queue::default(), Instant::now());
    let mut entered: Vec<_> = [4, 2, 1, 0, 3, 1, 4, 0]
        .map(|class: usize| (ALL[class], queue.enter(ALL[class], now)))
        .into();
    entered.sort_by_key(|(class, _)| *class);
    let expected: Vec<_> = entered.into_iter().map(|(_, place)| place).collect();
    assert_eq!(drain(&mut queue, 50, now), expected);
    assert_eq!(queue.next(now), None);
}

#[test]
fn the_last_places_are_kept_for_answers() {
    let (mut queue, now) = (Queue::default(), Instant::now());
    let reaction = queue.enter(Class::Reaction, now);
    assert_eq!(drain(&mut queue, 15, now), []);
    let answer = queue.enter(Class::Answer, now);
    assert_eq!(drain(&mut queue, 15, now), [answer]);
    assert_eq!(drain(&mut queue, 16, now), [reaction]);
    // Once it is overdue, it takes any.
    let late = queue.enter(Class::Reaction, now);
    let due = now + Class::Reaction.bound();
    assert_eq!(queue.due(late, now), Some(due));
    assert_eq!(drain(&mut queue, 1, due), [late]);
}

#[test]
fn a_call_that_gives_up_is_passed_over() {
    let (mut queue, now) = (Queue::default(), Instant::now());
    let [first, second] = [(); 2].map(|()| queue.enter(Class::Answer, now));
    assert!(queue.leave(first) && !queue.leave(first));
    assert_eq!(drain(&mut queue, 50, now), [second]);
}

proptest! {
    /// Whatever else comes, a call that is overdue is served after at most three others per call that was due before it.
    #[test]
    fn nobody_starves(
        waiting in prop::collection::vec(0_usize..5, 1..20),
        more in prop::collection::vec(0_usize..5, 100..200),
    ) {
        let (mut queue, start) = (Queue::default(), Instant::now());
        let mut left: Vec<_> = waiting.iter().map(|class| queue.enter(ALL[*class], start)).collect();
        let now = start + Class::Reaction.bound();
        let mut others = 0;
        for class in more {
            queue.enter(ALL[class], now);
            let next = queue.next(now).unwrap();
            others = if left.contains(&next.place) { 0 } else { others + 1 };
            prop_assert!(others <= 3 || left.is_empty());
            queue.serve(next.place, now);
            left.retain(|place| *place != next.place);
        }
        prop_assert!(left.is_empty(), "{left:?}");
    }

    /// Calls of one class keep their order, whatever comes and goes in between.
    #[test]
    fn a_class_keeps_its_order(steps in prop::collection::vec((0_usize..5, 0_u64..3_000, 0_usize..20), 1..80)) {
        let (mut queue, mut now) = (Queue::default(), Instant::now());
        let mut entered: Vec<Vec<QueuePosition>> = vec![Vec::new(); ALL.len()];
        let mut served: Vec<Vec<QueuePosition>> = entered.clone();
        let mut note = |places: Vec<QueuePosition>, entered: &[Vec<QueuePosition>]| {
            for place in places {
                let class = entered.iter().position(|all| all.contains(&place)).unwrap();
                served[class].push(place);
            }
        };
        for (class, pause, room) in steps {
            entered[class].push(queue.enter(ALL[class], now));
            now += Duration::from_millis(pause);
            note(drain(&mut queue, room, now), &entered);
        }
        note(drain(&mut queue, usize::MAX, now), &entered);
        prop_assert_eq!(served, entered);
    }
}
