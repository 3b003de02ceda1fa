//! Claims, open turns and restarts.

use std::collections::{HashMap, HashSet};

use proptest::prelude::*;

use super::*;
use crate::{
    channel::dedup::Dedup,
    chat::{Button, Control, Interaction, InteractionReply, OpId, PostFailure},
    registry::state::CutOff,
};

/// The last record that was to be saved.
fn saved(effects: &[Effect]) -> Option<Record> {
    effects.iter().rev().find_map(|effect| match effect {
        Effect::Save { record, .. } => Some((**record).clone()),
        _ => None,
    })
}

/// The last record that somebody waits for.
fn awaited(effects: &[Effect]) -> Option<Record> {
    effects.iter().rev().find_map(|effect| match effect {
        Effect::Save {
            wait: Wait::Nobody(_),
            ..
        } => None,
        Effect::Save { record, .. } => Some((**record).clone()),
        _ => None,
    })
}

fn offers(effects: &[Effect]) -> Vec<MessageId> {
    let notices = notices(effects).into_iter();
    notices.map(|(message, _)| message).collect()
}

fn from(message: u64, source: Source) -> QueueItem {
    let request = Request::Prompt {
        text: "hello".into(),
        context: Box::default(),
    };
    QueueItem {
        source,
        ..item(Origin::Message(MessageId(message)), Role::Member, request)
    }
}

fn retry(press: u64) -> Source {
    Source::Retry {
        press: OpId::Press(press),
    }
}

#[test]
fn a_turn_stays_open_until_its_answer_is_delivered() {
    let mut bench = Bench::new();
    bench.working();
    assert_eq!(bench.state.record().unwrap().state.open_turns.len(), 1);
    drop(bench.cli(text("answer")));
    let said = bench
        .state
        .handle(Event::Session(stop("end_turn")), bench.now);
    let effects = bench.state.handle(Event::Session(result()), bench.now);
    let open = saved(&effects).unwrap().state.open_turns;
    assert!(open[0].booked && open[0].message == MessageId(101));
    assert_eq!(bench.state.activity(), "idle");
    let key = keys(&said).remove(0);
    let effects = bench.deliver(key.clone());
    assert!(saved(&effects).unwrap().state.open_turns.is_empty());
    assert!(bench.deliver(key).is_empty());
}

#[test]
fn a_channel_is_not_idle_while_a_post_is_pending() {
    let mut bench = Bench::new();
    bench.working();
    drop(bench.cli(text("answer")));
    let said = bench
        .state
        .handle(Event::Session(stop("end_turn")), bench.now);
    drop(bench.cli(result()));
    drop(bench.after(2_000));
    drop(bench.exit(""));
    assert!(!bench.state.is_idle());
    drop(bench.deliver(keys(&said).remove(0)));
    assert!(bench.state.is_idle());
}

#[test]
fn a_failed_turn_can_be_retried_once() {
    let mut bench = Bench::new();
    bench.working();
    let end = bench.cli(failed("kaput"));
    assert_eq!(offers(&end), [MessageId(101)]);
    let record = bench.state.record().unwrap();
    assert!(record.state.open_turns.is_empty() && record.state.cut_off[0].told);
    assert_eq!(lines(&end).len(), 1, "it is booked");
    let effects = bench.event(Event::Requested(from(101, retry(900))));
    assert!(
        says(&effects)[0].starts_with("Claude failed"),
        "without its button"
    );
    drop(bench.event(Event::Saved(Ok(()))));
    drop(bench.cli(text("better")));
    drop(bench.cli(result()));
    let record = bench.state.record().unwrap();
    assert!(record.state.cut_off.is_empty() && record.state.posts.is_empty());
}

#[test]
fn undelivered_answers_stay_open_over_a_shutdown() {
    let mut bench = Bench::new();
    bench.working();
    drop(bench.cli(text("answer")));
    let said = bench
        .state
        .handle(Event::Session(stop("end_turn")), bench.now);
    drop(bench.cli(result()));
    drop(bench.ask("next"));
    drop(bench.event(Event::Saved(Ok(()))));
    let kill = Event::Shutdown(ShutdownStage::Kill);
    let cut = bench.state.handle(kill, bench.now);
    drop(bench.exit(""));
    let open = [keys(&said), keys(&cut)].concat();
    assert_eq!(open.len(), 2);
    for key in open {
        assert!(!bench.state.is_idle());
        let held_back = Event::Posted {
            key,
            messages: Vec::new(),
            state: PostState::Failed(PostFailure::ShuttingDown),
        };
        assert_eq!(bench.state.handle(held_back, bench.now), []);
    }
    assert!(bench.state.is_idle());
    let state = &bench.state.record().unwrap().state;
    assert_eq!(state.open_turns[0].message, MessageId(101));
    let cut = &state.cut_off[0];
    assert_eq!((cut.message, cut.told), (MessageId(102), false));
}

#[test]
fn a_cut_off_turn_is_reported_once_and_retried_once() {
    let mut bench = Bench::new();
    bench.working();
    let record = bench.state.record().cloned();
    let mut bench = Bench::with(record);
    let effects = bench.state.handle(Event::Recover, bench.now);
    assert_eq!(offers(&effects), [MessageId(101)]);
    assert!(!saved(&effects).unwrap().state.cut_off[0].told);
    // It goes down before that is sent: it is told at the next start.
    let mut bench = Bench::with(saved(&effects));
    let effects = bench.event(Event::Recover);
    assert_eq!(offers(&effects), [MessageId(101)]);
    let record = bench.state.record().cloned().unwrap();
    assert!(record.state.cut_off[0].told && !record.is_unsettled());

    let effects = bench.event(Event::Requested(from(101, retry(900))));
    let record = saved(&effects).unwrap();
    assert!(
        record.state.cut_off.is_empty() && record.state.open_turns[0].message == MessageId(101)
    );
    let again = bench.event(Event::Requested(from(101, retry(901))));
    assert!(again.is_empty(), "it waits behind the first");
    drop(bench.event(Event::Saved(Ok(()))));
    drop(bench.event(Event::Started));
    drop(bench.answer("switchboard-initialize"));
    let effects = bench.cli(result());
    assert!(
        says(&effects)
            .iter()
            .any(|text| text.contains("being retried"))
    );
    assert_eq!(lines(&effects).len(), 1);
}

#[test]
fn a_retry_over_the_limit_can_be_retried_later() {
    let mut record = Record::new("a".into(), "sonnet".into(), DateTime::UNIX_EPOCH);
    record.open_turn(MessageId(7), UserId(2));
    let mut bench = Bench::with(Some(record));
    drop(bench.event(Event::Recover));
    let cut = |bench: &Bench| bench.state.record().unwrap().state.cut_off.clone();
    // A limit is reached when the button is pressed.
    let hint = QueueItem {
        request: Request::Hint("later".into()),
        ..from(7, retry(900))
    };
    assert_eq!(says(&bench.event(Event::Requested(hint))), ["later"]);
    assert_eq!(cut(&bench).len(), 1);
    // It is reached while the message waits.
    drop(bench.event(Event::Requested(from(7, retry(901)))));
    assert!(cut(&bench).is_empty());
    drop(bench.event(Event::Saved(Ok(()))));
    drop(bench.event(Event::Started));
    let answer = Event::Session(SessionEvent::ControlResponse(ControlResponse {
        request_id: "switchboard-initialize".into(),
        ..ControlResponse::default()
    }));
    let effects = bench.limited(answer, &Err("later".into()));
    assert_eq!(notices(&effects), [(MessageId(7), "later")]);
    let (key, _) = puts(&effects).next().unwrap();
    assert_eq!(*key, PostKey::cut_off(MessageId(7), 2), "another notice");
    assert_eq!(cut(&bench)[0].message, MessageId(7));
    assert!(lines(&effects).is_empty() && says(&effects).is_empty());
}

pub(super) fn press(bench: &Bench, custom_id: &str, message: u64, user: u64) -> Press {
    Press {
        interaction: Interaction {
            id: 900 + user,
            token: "t".into(),
            deadline: bench.now.wall,
        },
        speaker: Speaker {
            id: UserId(user),
            name: "Ada".into(),
            role: Role::Member,
        },
        message: MessageId(message),
        custom_id: custom_id.into(),
        values: Vec::new(),
        entered: None,
        may_approve: false,
    }
}

/// What a person who pressed reads; `None` where the press counts.
pub(super) fn reply(effects: &[Effect]) -> Option<&str> {
    let mut replies = effects.iter().filter_map(|effect| match effect {
        Effect::Chat(ChatOp::Reply { reply, .. }) => Some(reply),
        _ => None,
    });
    match replies.next().unwrap() {
        InteractionReply::Private(text) => Some(text),
        InteractionReply::Acknowledge => None,
        other => panic!("{other:?}"),
    }
}

/// A channel that was restarted in a turn of message 7, and the id of the button that offers to run it again.
pub(super) fn with_retry_button() -> (Bench, String, Vec<PostKey>) {
    let mut record = Record::new("a".into(), "sonnet".into(), DateTime::UNIX_EPOCH);
    record.open_turn(MessageId(7), UserId(2));
    let mut bench = Bench::with(Some(record));
    let effects = bench.state.handle(Event::Recover, bench.now);
    let (_, post) = puts(&effects).next().unwrap();
    let Control::Button(Button { id, .. }) = &post.controls[0][0] else {
        panic!("{post:?}")
    };
    (bench, id.to_string(), keys(&effects))
}

#[test]
fn a_press_must_match_message_revision_and_person() {
    let (mut bench, id, keys) = with_retry_button();
    drop(bench.deliver(keys[0].clone()));
    let expired = messages::CONTROL_EXPIRED;
    let other_revision = id.replace(":1", ":2");
    for (custom_id, message, user, expected) in [
        ("again:7", FIRST_POST, 2, expired),
        ("sb1:id-99:1", FIRST_POST, 2, expired),
        (&other_revision, FIRST_POST, 2, expired),
        (&id, FIRST_POST + 1, 2, expired),
        (&id, FIRST_POST, 3, messages::RETRY_NOT_YOURS),
    ] {
        let press = press(&bench, custom_id, message, user);
        let effects = bench.event(Event::Pressed(press));
        assert_eq!(reply(&effects), Some(expected), "{custom_id}");
    }
    let right = press(&bench, &id, FIRST_POST, 2);
    let effects = bench.event(Event::Pressed(right));
    assert_eq!(reply(&effects), None);
    let is_fetch = |effect: &Effect| {
        matches!(
            effect,
            Effect::Chat(ChatOp::FetchMessage {
                message: MessageId(7),
                ..
            })
        )
    };
    assert!(effects.iter().any(is_fetch));
}

#[test]
fn an_early_press_waits_for_its_post() {
    let (mut bench, id, keys) = with_retry_button();
    let early = press(&bench, &id, FIRST_POST, 2);
    assert!(bench.event(Event::Pressed(early)).is_empty());
    let effects = bench.deliver(keys[0].clone());
    assert_eq!(reply(&effects), None);

    let (mut bench, id, _) = with_retry_button();
    let early = press(&bench, &id, FIRST_POST, 2);
    drop(bench.event(Event::Pressed(early)));
    let effects = bench.after(2);
    assert_eq!(reply(&effects), Some(messages::PRESS_AGAIN));
}

#[test]
fn the_retry_button_is_removed_once_used_or_useless() {
    let buttonless = |effects: &[Effect]| {
        effects.iter().any(|effect| match effect {
            Effect::Chat(ChatOp::Put { post, known, .. }) => {
                post.controls.is_empty() && *known == [MessageId(FIRST_POST)]
            }
            _ => false,
        })
    };
    let (mut bench, _, keys) = with_retry_button();
    drop(bench.deliver(keys[0].clone()));
    let effects = bench.event(Event::Requested(from(7, retry(902))));
    assert!(buttonless(&effects), "{effects:?}");
    assert!(bench.state.record().unwrap().state.posts.is_empty());

    let (mut bench, id, keys) = with_retry_button();
    drop(bench.deliver(keys[0].clone()));
    let right = press(&bench, &id, FIRST_POST, 2);
    drop(bench.event(Event::Pressed(right)));
    assert!(!bench.state.is_idle());
    let gone = Event::RetryUnavailable {
        press: OpId::Press(902),
        why: Unavailable::Deleted,
    };
    let effects = bench.event(gone);
    assert!(buttonless(&effects), "{effects:?}");
    assert!(bench.state.is_idle());
}

#[test]
fn an_answer_cut_off_while_posting_is_reported() {
    let mut record = Record::new("a".into(), "sonnet".into(), DateTime::UNIX_EPOCH);
    record.open_turn(MessageId(7), UserId(2));
    record.booked_turn(MessageId(7));
    let effects = Bench::with(Some(record)).event(Event::Recover);
    assert!(notices(&effects)[0].1.contains("incomplete"));
}

#[test]
fn a_shutdown_leaves_the_queue_to_the_next_start() {
    let mut bench = Bench::new();
    bench.working();
    drop(bench.ask("queued"));
    drop(bench.event(Event::Shutdown(ShutdownStage::Drain)));
    drop(bench.ask("late"));
    let record = bench.state.record().unwrap();
    assert!(!record.has_claimed(MessageId(102)) && !record.has_claimed(MessageId(103)));
    drop(bench.event(Event::Shutdown(ShutdownStage::Kill)));
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
fn only_messages_that_overtake_the_queue_are_claimed_ahead() {
    let mut bench = Bench::new();
    bench.working();
    for _ in 0..QUEUE {
        drop(bench.ask("waits"));
    }
    let refused = bench.next_message + 1;
    let effects = bench.ask("too many");
    assert!(saved(&effects).unwrap().has_claimed(MessageId(refused)));
    assert!(!saved(&effects).unwrap().has_claimed(MessageId(refused - 1)));
    // What was missed is not refused: nobody could see how many wait.
    assert!(
        bench
            .event(Event::Requested(from(
                900,
                Source::Chat(Delivery::Backfill)
            )))
            .is_empty()
    );
    assert_eq!(bench.state.waiting(), QUEUE + 1);
}

#[test]
fn a_message_moves_if_its_process_dies_too_early() {
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
    /// or is told of. That holds too if a crash loses all that nobody waits for.
    #[test]
    fn no_message_is_lost_and_none_is_run_twice(
        steps in prop::collection::vec(step(), 0..80),
        loses_delayed in any::<bool>(),
    ) {
        let mut bench = Bench::new();
        let mut dedup = Dedup::new(std::iter::empty(), HashSet::new());
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
                    let source = asks_after.map_or(Source::Chat(Delivery::Live), |after| Source::Chat(Delivery::LiveAhead { after }));
                    items.push(from(id, source));
                }
                Step::Press(id) => {
                    press += 1;
                    items.push(from(id, retry(press)));
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
                    dedup = Dedup::new(disk.clone().map(|record| (ChannelId(1), record)).into_iter(), HashSet::new());
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
                items.extend(missed.into_iter().map(|id| from(id, Source::Chat(Delivery::Backfill))));
            }
            for item in items {
                if let (Source::Retry { .. }, Origin::Message(message)) = (item.source, item.origin) {
                    *presses.entry(message.0).or_default() += 1;
                }
                if dedup.admit(&item) {
                    effects.extend(bench.event(Event::Requested(item)));
                }
            }
            if loses_delayed {
                disk = awaited(&effects).or(disk);
            } else if disk.is_some() || saved(&effects).is_some() {
                disk = bench.state.record().cloned();
            }
            told.extend(offers(&effects).into_iter().map(|message| message.0));
            let running = bench.state.turn.as_ref().map(|turn| {
                (turn.id.clone(), turn.origin.message().unwrap().0)
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

#[test]
fn an_own_message_is_saved_with_the_next_save_or_at_rest() {
    let own = |bench: &mut Bench, id| bench.event(Event::OwnMessage(MessageId(id)));
    let noted = |effects: &[Effect]| saved(effects).map(|record| record.state.own_message_id);
    let mut bench = Bench::new();
    assert!(own(&mut bench, 50).is_empty(), "there is no record");
    bench.working();
    assert!(own(&mut bench, 150).is_empty());
    drop(bench.ask("second"));
    assert!(own(&mut bench, 160).is_empty());
    let effects = bench.cli(result());
    assert_eq!(noted(&effects), Some(Some(MessageId(150))), "one waited");
    drop(bench.event(Event::Saved(Ok(()))));
    drop(bench.cli(result()));
    assert!(own(&mut bench, 170).is_empty());
    drop(bench.after(100_000));
    let effects = bench.exit("");
    assert_eq!(noted(&effects), Some(Some(MessageId(170))));
    let effects = own(&mut bench, 180);
    assert_eq!(noted(&effects), Some(Some(MessageId(180))));
    assert!(own(&mut bench, 175).is_empty());
}
