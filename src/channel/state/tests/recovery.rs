//! Claims, open turns and restarts.

use std::collections::{HashMap, HashSet};

use proptest::prelude::*;

use super::*;
use crate::{channel::claims::Claims, registry::state::CutOff};

/// The last record that was to be saved.
fn saved(effects: &[Effect]) -> Option<Record> {
    effects.iter().rev().find_map(|effect| match effect {
        Effect::Save { record, .. } => Some((**record).clone()),
        _ => None,
    })
}

fn offers(effects: &[Effect]) -> Vec<MessageId> {
    let offered = effects.iter().filter_map(|effect| match effect {
        Effect::Offer { message, .. } => Some(*message),
        _ => None,
    });
    offered.collect()
}

fn item(message: u64, via: Via) -> Item {
    Item {
        origin: Origin::Message(MessageId(message)),
        speaker: Speaker {
            id: UserId(2),
            name: "Ada".into(),
            role: Role::Member,
        },
        wish: Wish::Words {
            words: "hello".into(),
            context: Box::default(),
        },
        via,
    }
}

fn again(press: u64) -> Via {
    Via::Again {
        press,
        notice: MessageId(500),
    }
}

#[test]
fn a_turn_stays_open_until_its_answer_is_sent() {
    let mut bench = Bench::new();
    bench.working();
    assert_eq!(bench.state.record().unwrap().state.open_turns.len(), 1);
    let effects = bench.state.handle(Event::Cli(result()), bench.now);
    let open = saved(&effects).unwrap().state.open_turns;
    assert!(open[0].booked && open[0].message == MessageId(101));
    let mark = Mark::Answered(MessageId(101));
    assert!(effects.contains(&Effect::Mark(mark)));
    assert_eq!(bench.state.doing(), "idle");
    let effects = bench.state.handle(Event::Reached(mark), bench.now);
    assert!(saved(&effects).unwrap().state.open_turns.is_empty());
    assert!(
        bench
            .state
            .handle(Event::Reached(mark), bench.now)
            .is_empty()
    );
}

#[test]
fn a_channel_is_not_let_go_while_an_answer_is_on_its_way() {
    let mut bench = Bench::new();
    bench.working();
    drop(bench.state.handle(Event::Cli(result()), bench.now));
    drop(bench.after(2_000));
    drop(bench.exit(""));
    assert!(!bench.state.is_idle());
    let mark = Mark::Answered(MessageId(101));
    drop(bench.state.handle(Event::Reached(mark), bench.now));
    assert!(bench.state.is_idle());
}

#[test]
fn what_the_bots_end_keeps_back_stays_on_record() {
    let mut bench = Bench::new();
    bench.working();
    drop(bench.state.handle(Event::Cli(result()), bench.now));
    drop(bench.ask("next"));
    drop(bench.event(Event::Saved(Ok(()))));
    drop(bench.state.handle(Event::GoDownNow, bench.now));
    drop(bench.exit(""));
    for is_last in [false, true] {
        let kept_back = Event::Reached(Mark::KeptBack);
        assert_eq!(bench.state.handle(kept_back, bench.now), []);
        assert_eq!(bench.state.is_idle(), is_last);
    }
    let record = bench.state.record().unwrap();
    assert_eq!(record.state.open_turns[0].message, MessageId(101));
    let cut = &record.state.cut_off[0];
    assert_eq!((cut.message, cut.told), (MessageId(102), false));
}

#[test]
fn what_was_cut_off_is_told_once_and_runs_again_once() {
    let mut bench = Bench::new();
    bench.working();
    let record = bench.state.record().cloned();
    let mut bench = Bench::with(record);
    let effects = bench.state.handle(Event::Recover, bench.now);
    assert_eq!(offers(&effects), [MessageId(101)]);
    assert!(effects.contains(&Effect::Mark(Mark::Told(MessageId(101)))));
    assert!(!saved(&effects).unwrap().state.cut_off[0].told);
    // It goes down before that is sent: it is told at the next start.
    let mut bench = Bench::with(saved(&effects));
    let effects = bench.event(Event::Recover);
    assert_eq!(offers(&effects), [MessageId(101)]);
    let record = bench.state.record().cloned().unwrap();
    assert!(record.state.cut_off[0].told && !record.is_unsettled());

    let effects = bench.event(Event::Asked(item(101, again(900))));
    let record = saved(&effects).unwrap();
    assert!(
        record.state.cut_off.is_empty() && record.state.open_turns[0].message == MessageId(101)
    );
    let again = bench.event(Event::Asked(item(101, again(901))));
    assert!(again.is_empty(), "it waits behind the first");
    drop(bench.event(Event::Saved(Ok(()))));
    drop(bench.event(Event::Started));
    drop(bench.answer("switchboard-initialize"));
    let effects = bench.cli(result());
    assert!(
        says(&effects)
            .iter()
            .any(|text| text.contains("being run again"))
    );
    assert_eq!(lines(&effects).len(), 1);
}

#[test]
fn what_may_not_be_run_again_now_may_be_later() {
    let mut record = Record::new("a".into(), "sonnet".into(), DateTime::UNIX_EPOCH);
    record.open_turn(MessageId(7), UserId(2));
    let mut bench = Bench::with(Some(record));
    drop(bench.event(Event::Recover));
    let cut = |bench: &Bench| bench.state.record().unwrap().state.cut_off.clone();
    // A limit is reached when the button is pressed.
    let hint = Item {
        wish: Wish::Hint("later".into()),
        ..item(7, again(900))
    };
    assert_eq!(says(&bench.event(Event::Asked(hint))), ["later"]);
    assert_eq!(cut(&bench).len(), 1);
    // It is reached while the message waits.
    drop(bench.event(Event::Asked(item(7, again(901)))));
    assert!(cut(&bench).is_empty());
    drop(bench.event(Event::Saved(Ok(()))));
    drop(bench.event(Event::Started));
    drop(bench.answer("switchboard-initialize"));
    let effects = bench.event(Event::Refused("later".into()));
    assert!(
        effects.iter().any(|effect| matches!(
            effect,
            Effect::Offer { message: MessageId(7), cuts: 2, text } if text == "later"
        )),
        "{effects:?}"
    );
    assert_eq!(cut(&bench)[0].message, MessageId(7));
    assert!(lines(&effects).is_empty() && says(&effects).is_empty());
}

#[test]
fn an_answer_that_may_be_incomplete_is_told_so() {
    let mut record = Record::new("a".into(), "sonnet".into(), DateTime::UNIX_EPOCH);
    record.open_turn(MessageId(7), UserId(2));
    record.booked_turn(MessageId(7));
    let effects = Bench::with(Some(record)).event(Event::Recover);
    let told = effects.iter().find_map(|effect| match effect {
        Effect::Offer { text, .. } => Some(text.as_str()),
        _ => None,
    });
    assert!(told.unwrap().contains("incomplete"));
}

#[test]
fn going_down_leaves_what_waits_to_the_next_start() {
    let mut bench = Bench::new();
    bench.working();
    drop(bench.ask("queued"));
    drop(bench.event(Event::GoingDown));
    drop(bench.ask("late"));
    let record = bench.state.record().unwrap();
    assert!(!record.has_claimed(MessageId(102)) && !record.has_claimed(MessageId(103)));
    drop(bench.event(Event::GoDownNow));
    let record = bench.state.record().unwrap();
    let cut = CutOff {
        message: MessageId(101),
        author: UserId(2),
        booked: false,
        cuts: 1,
        told: true,
    };
    assert_eq!(record.state.cut_off, [cut]);
}

#[test]
fn what_overtakes_the_queue_is_claimed_and_what_waits_is_not() {
    let mut bench = Bench::new();
    bench.working();
    for _ in 0..QUEUE_LIMIT {
        drop(bench.ask("waits"));
    }
    let refused = bench.next_message + 1;
    let effects = bench.ask("too many");
    assert!(saved(&effects).unwrap().has_claimed(MessageId(refused)));
    assert!(!saved(&effects).unwrap().has_claimed(MessageId(refused - 1)));
    // What was missed is not refused: nobody could see how many wait.
    assert!(
        bench
            .event(Event::Asked(item(900, Via::CatchUp)))
            .is_empty()
    );
    assert_eq!(bench.state.waiting(), QUEUE_LIMIT + 1);
}

#[test]
fn a_message_whose_process_died_before_it_began_is_run_by_another() {
    let mut bench = Bench::new();
    bench.waiting();
    let effects = bench.ask("just as it dies");
    drop(effects);
    drop(bench.event(Event::Saved(Ok(()))));
    let effects = bench.exit("");
    assert!(says(&effects).is_empty(), "{effects:?}");
    let effects = bench.after(2);
    assert!(
        effects
            .iter()
            .any(|effect| matches!(effect, Effect::Start { .. }))
    );
}

/// What a channel's messages come to, over any course of deliveries, answers and crashes.
#[derive(Debug, Clone)]
enum Step {
    /// The message is delivered: live, again, late, or by the asking after a start.
    Deliver(u64),
    Advance,
    Answer,
    /// kill -9, and a start that asks for what was missed.
    Restart,
    /// The same, but the answer takes so long that what is said meanwhile does not wait for it.
    Slow,
    /// The answer is there.
    Found,
    Press(u64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (1u64..12).prop_map(Step::Deliver),
        6 => Just(Step::Advance),
        3 => Just(Step::Answer),
        1 => Just(Step::Restart),
        1 => Just(Step::Slow),
        1 => Just(Step::Found),
        1 => (1u64..12).prop_map(Step::Press),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    /// Each message is run once, and again only if somebody pressed its button; what was delivered is run, waits,
    /// or is told of.
    #[test]
    fn no_message_is_lost_and_none_is_run_twice(steps in prop::collection::vec(step(), 0..80)) {
        let mut bench = Bench::new();
        let mut claims = Claims::new(std::iter::empty(), HashSet::new());
        let mut disk: Option<Record> = None;
        let (mut runs, mut presses) = (HashMap::<u64, usize>::new(), HashMap::<u64, usize>::new());
        let mut delivered = HashSet::new();
        let mut told = HashSet::new();
        let mut press = 1_000;
        let mut begun = None;
        let mut floor = 0;
        let mut asks_after = None;
        let steps = steps.into_iter().chain([Step::Restart]);
        for step in steps.chain((0..200).map(|n| if n % 2 == 0 { Step::Advance } else { Step::Answer })) {
            let mut items = Vec::new();
            let mut effects = Vec::new();
            match step {
                // A new session begins with what is sent from then on.
                Step::Deliver(id) if id <= floor && !delivered.contains(&id) => {}
                Step::Deliver(id) => {
                    delivered.insert(id);
                    let via = asks_after.map_or(Via::Gateway, |after| Via::Ahead { after });
                    items.push(item(id, via));
                }
                Step::Press(id) => {
                    press += 1;
                    items.push(item(id, again(press)));
                }
                Step::Advance => {
                    effects.extend(bench.event(Event::Saved(Ok(()))));
                    effects.extend(bench.event(Event::Started));
                    effects.extend(bench.answer("switchboard-initialize"));
                    effects.extend(bench.answer("switchboard-get-usage"));
                }
                Step::Answer => effects.extend(bench.cli(result())),
                Step::Restart | Step::Slow => {
                    bench = Bench::with(disk.clone());
                    claims = Claims::new(disk.clone().map(|record| (ChannelId(1), record)).into_iter(), HashSet::new());
                    begun = None;
                    floor = delivered.iter().copied().max().unwrap_or_default();
                    effects.extend(bench.event(Event::Recover));
                    let known = disk.as_ref().and_then(Record::claimed_up_to);
                    asks_after = Some(known.unwrap_or(MessageId(0)));
                }
                Step::Found => {}
            }
            if matches!(step, Step::Restart | Step::Found) && asks_after.take().is_some() {
                let mut missed: Vec<u64> = delivered.iter().copied().collect();
                missed.sort_unstable();
                items.extend(missed.into_iter().map(|id| item(id, Via::CatchUp)));
            }
            for item in items {
                if let (Via::Again { .. }, Origin::Message(message)) = (item.via, &item.origin) {
                    *presses.entry(message.0).or_default() += 1;
                }
                if claims.take(ChannelId(1), &item) {
                    effects.extend(bench.event(Event::Asked(item)));
                }
            }
            disk = saved(&effects).or(disk).map(|_| bench.state.record().cloned().unwrap());
            told.extend(offers(&effects).into_iter().map(|message| message.0));
            let running = bench.state.running.as_ref().map(|running| {
                (running.id.clone(), running.origin.message().unwrap().0)
            });
            if running != begun {
                if let Some((_, message)) = &running {
                    *runs.entry(*message).or_default() += 1;
                }
                begun = running;
            }
        }
        for id in delivered {
            let run = runs.get(&id).copied().unwrap_or_default();
            let pressed = presses.get(&id).copied().unwrap_or_default();
            prop_assert!(run >= 1, "{id} is lost");
            prop_assert!(run <= 1 + pressed, "{id} was run {run} times, with {pressed} presses");
        }
        prop_assert!(!bench.state.record().is_some_and(Record::is_unsettled) || bench.state.record().is_none());
        prop_assert!(told.iter().all(|id| runs.contains_key(id)));
    }
}
