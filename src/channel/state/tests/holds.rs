//! Messages that wait until Claude can be asked again.

use std::sync::Arc;

use chrono::TimeDelta;

use super::*;
use crate::{
    claude::protocol::RateLimit,
    config::AfterReset,
    registry::{Record, state::CutOff},
};

/// When the limit of these tests resets.
const RESET: i64 = 3_600;

impl Bench {
    fn limits(after_reset: AfterReset) -> Self {
        let mut bench = Self::new();
        let config = Arc::get_mut(&mut bench.state.config).unwrap();
        config.limits.after_reset = after_reset;
        bench
    }

    /// The CLI's answer when a limit of this kind is reached.
    fn limited_by(&mut self, kind: &str) -> Vec<Effect> {
        drop(self.cli(SessionEvent::RateLimit(Box::new(RateLimit {
            status: "rejected".into(),
            kind: Some(kind.into()),
            resets_at: u64::try_from(RESET).ok(),
            ..RateLimit::default()
        }))));
        self.cli(refused(429))
    }

    /// The limit resets, and what was delayed on purpose runs as well.
    fn reset(&mut self) -> Vec<Effect> {
        self.now.wall += TimeDelta::seconds(RESET + 20);
        self.after(u64::try_from(RESET).unwrap() + 20)
    }

    fn held(&self) -> &[MessageId] {
        &self.state.record().unwrap().state.held
    }

    /// Goes on until a message that is run again is sent.
    fn run_again(&mut self) -> Vec<Effect> {
        drop(self.event(Event::Saved(Ok(()))));
        self.answer("switchboard-withdraw")
    }
}

/// What all channels are told.
fn told(effects: &[Effect]) -> Option<i64> {
    effects.iter().find_map(|effect| match effect {
        Effect::UsageLimitReached(until) => Some(*until),
        _ => None,
    })
}

#[test]
fn what_waits_for_a_reset_is_kept_and_run_after_it() {
    let mut bench = Bench::limits(AfterReset::Run);
    bench.waiting();
    drop(bench.ask("first"));
    drop(bench.event(Event::Saved(Ok(()))));
    drop(bench.ask("second"));
    let effects = bench.limited_by("five_hour");
    let [notice] = says(&effects)[..] else {
        panic!("{effects:?}")
    };
    assert!(
        notice.contains("Your message and the one that waits are kept"),
        "{notice}"
    );
    assert_eq!(told(&effects), Some(RESET));
    assert_eq!(bench.held(), [MessageId(102), MessageId(103)]);
    // Later ones join them, and each is told.
    let effects = bench.ask("third");
    assert!(says(&effects)[0].contains("Your message waits until <t:3600:t>"));
    assert!(bench.after(60).is_empty());
    drop(bench.reset());
    assert_eq!(asks(&bench.run_again()), ["first"]);
    drop(bench.cli(result()));
    assert_eq!(asks(&bench.event(Event::Saved(Ok(())))), ["second"]);
    drop(bench.cli(result()));
    assert_eq!(asks(&bench.event(Event::Saved(Ok(())))), ["third"]);
    assert_eq!(bench.held(), []);
}

#[test]
fn after_a_reset_a_button_may_ask_first() {
    let mut bench = Bench::limits(AfterReset::Ask);
    bench.working();
    drop(bench.limited_by("five_hour"));
    let effects = bench.reset();
    assert_eq!(notices(&effects), [(MessageId(101), messages::LIMIT_RESET)]);
    assert_eq!(bench.held(), []);
    assert!(asks(&effects).is_empty());
}

#[test]
fn what_came_before_a_reset_may_be_dropped() {
    let mut bench = Bench::limits(AfterReset::Drop);
    bench.working();
    drop(bench.ask("second"));
    let effects = bench.limited_by("five_hour");
    assert!(notices(&effects)[0].1.contains("were not answered"));
    let effects = bench.ask("third");
    assert!(says(&effects)[0].contains("This message was not run."));
    assert_eq!(bench.held(), []);
    let effects = bench.reset();
    assert!(asks(&effects).is_empty() && notices(&effects).is_empty());
}

#[test]
fn a_limit_met_in_another_channel_costs_no_turn_here() {
    let mut bench = Bench::new();
    bench.waiting();
    assert!(bench.event(Event::UsageLimitReached(RESET)).is_empty());
    let effects = bench.ask("hello");
    assert!(says(&effects)[0].contains("Your message waits until <t:3600:t>"));
    assert!(bench.event(Event::Saved(Ok(()))).is_empty());
    let record = &bench.state.record().unwrap().state;
    assert_eq!(record.limited_until, Some(RESET), "for the next start");
    drop(bench.reset());
    assert_eq!(asks(&bench.event(Event::Saved(Ok(())))), ["hello"]);
}

#[test]
fn a_turn_about_to_be_asked_waits_for_the_reset_as_well() {
    let mut bench = Bench::new();
    drop(bench.ask("first"));
    drop(bench.event(Event::Saved(Ok(()))));
    drop(bench.event(Event::Started));
    drop(bench.ask("second"));
    let effects = bench.event(Event::UsageLimitReached(RESET));
    assert_eq!(says(&effects).len(), 1, "{effects:?}");
    let effects = bench.answer("switchboard-initialize");
    assert!(
        says(&effects)[0].contains("Your message waits"),
        "{effects:?}"
    );
    assert!(asks(&effects).is_empty());
    assert_eq!(bench.held(), [MessageId(101), MessageId(102)]);
    assert!(lines(&effects).is_empty(), "it has cost nothing");
    drop(bench.reset());
    assert_eq!(asks(&bench.event(Event::Saved(Ok(())))), ["first"]);
}

#[test]
fn those_who_wait_where_a_limit_is_met_elsewhere_read_one_notice() {
    for (after_reset, fate) in [
        (
            AfterReset::Run,
            "Your message and the 4 that wait are kept and will run",
        ),
        (
            AfterReset::Drop,
            "Your message and the 4 that wait were not answered",
        ),
    ] {
        let mut bench = Bench::limits(after_reset);
        bench.working();
        for text in ["a", "b", "c", "d", "e"] {
            drop(bench.ask(text));
        }
        let effects = bench.event(Event::UsageLimitReached(RESET));
        let [notice] = says(&effects)[..] else {
            panic!("{effects:?}")
        };
        assert!(notice.contains(fate), "{notice}");
        let kept = if after_reset == AfterReset::Run { 5 } else { 0 };
        assert_eq!(bench.held().len(), kept);
    }
}

#[test]
fn a_limit_of_one_model_stops_only_its_channel() {
    let mut bench = Bench::new();
    bench.working();
    let effects = bench.limited_by("seven_day_opus");
    assert_eq!(told(&effects), None);
    assert_eq!(bench.held(), [MessageId(101)]);
}

#[test]
fn a_busy_api_is_asked_three_times_more() {
    let mut bench = Bench::new();
    bench.working();
    for (pause, said) in [(1, 1), (4, 0), (10, 0)] {
        let effects = bench.cli(refused(429));
        assert_eq!(says(&effects).len(), said, "{effects:?}");
        assert!(notices(&effects).is_empty());
        assert!(bench.after(pause - 1).is_empty());
        drop(bench.after(1));
        assert_eq!(asks(&bench.run_again()), ["hello"]);
    }
    let effects = bench.cli(refused(429));
    assert!(notices(&effects)[0].1.contains("trying again didn't help"));
}

#[test]
fn a_message_that_waited_is_fetched_after_a_restart() {
    let mut record = Record::new("a".into(), "sonnet".into(), DateTime::UNIX_EPOCH);
    record.state.limited_until = Some(RESET);
    record.state.held = vec![MessageId(7)];
    record.state.cut_off = vec![CutOff {
        message: MessageId(7),
        author: UserId(2),
        booked: false,
        cuts: 1,
        told: true,
    }];
    let mut bench = Bench::with(Some(record));
    let effects = bench.event(Event::Recover);
    let fetched = effects.iter().find_map(|effect| match effect {
        Effect::Chat(ChatOp::FetchMessage { id, message, .. }) => Some((*id, *message)),
        _ => None,
    });
    let (press, message) = fetched.unwrap();
    assert_eq!(message, MessageId(7));
    let request = Request::Prompt {
        text: "kept".into(),
        context: Box::default(),
    };
    let item = QueueItem {
        source: Source::Retry { press },
        ..item(Origin::Message(message), Role::Member, request)
    };
    // It has been told that it waits.
    assert!(says(&bench.event(Event::Requested(item))).is_empty());
    let effects = bench.reset();
    assert_eq!(
        starts(&bench.event(Event::Saved(Ok(())))).len(),
        1,
        "{effects:?}"
    );
}

#[test]
fn messages_that_waited_run_in_their_order_after_a_restart() {
    let mut record = Record::new("a".into(), "sonnet".into(), DateTime::UNIX_EPOCH);
    for message in [7, 8, 9] {
        record.hold(MessageId(message), UserId(2));
    }
    let mut bench = Bench::with(Some(record));
    let effects = bench.event(Event::Recover);
    let fetches = effects.iter().filter_map(|effect| match effect {
        Effect::Chat(ChatOp::FetchMessage { id, message, .. }) => Some((*id, *message)),
        _ => None,
    });
    let [seven, eight, nine] = fetches.collect::<Vec<_>>()[..] else {
        panic!("{effects:?}")
    };
    let arrives = |(press, message): (OpId, MessageId)| {
        let request = Request::Prompt {
            text: message.to_string(),
            context: Box::default(),
        };
        Event::Requested(QueueItem {
            source: Source::Retry { press },
            ..item(Origin::Message(message), Role::Member, request)
        })
    };
    drop(bench.event(arrives(nine)));
    drop(bench.event(arrives(seven)));
    assert!(starts(&bench.event(Event::Saved(Ok(())))).is_empty());
    let gone = Event::RetryUnavailable {
        press: eight.0,
        why: Unavailable::Deleted,
    };
    drop(bench.event(gone));
    assert_eq!(starts(&bench.event(Event::Saved(Ok(())))).len(), 1);
    drop(bench.event(Event::Started));
    assert_eq!(asks(&bench.answer("switchboard-initialize")), ["7"]);
    drop(bench.cli(result()));
    assert_eq!(asks(&bench.event(Event::Saved(Ok(())))), ["9"]);
}

/// A channel in which a turn runs while a message that waited is fetched, and how that arrives.
fn restoring(request: Request) -> (Bench, Event) {
    let mut bench = Bench::new();
    bench.working();
    let record = bench.state.record.as_mut().unwrap();
    record.hold(MessageId(7), UserId(2));
    let press = OpId::Held(MessageId(7));
    let item = QueueItem {
        source: Source::Retry { press },
        ..item(Origin::Message(MessageId(7)), Role::Member, request)
    };
    (bench, Event::Requested(item))
}

#[test]
fn a_message_that_waited_has_a_place_in_a_full_queue() {
    let (mut bench, arrives) = restoring(Request::Prompt {
        text: "kept".into(),
        context: Box::default(),
    });
    for _ in 0..QUEUE {
        drop(bench.ask("next"));
    }
    assert!(says(&bench.event(arrives)).is_empty());
    drop(bench.cli(result()));
    // The oldest comes first.
    assert_eq!(asks(&bench.event(Event::Saved(Ok(())))), ["kept"]);
    assert_eq!(bench.held(), []);
}

#[test]
fn a_message_that_waited_and_asks_for_nothing_is_let_go() {
    let (mut bench, arrives) = restoring(Request::Hint("no".into()));
    drop(bench.event(arrives));
    assert_eq!(bench.held(), [MessageId(7)], "its turn has not come");
    let effects = bench.cli(result());
    assert!(says(&effects).contains(&"no"), "{effects:?}");
    assert_eq!(bench.held(), []);
    assert!(!bench.state.record().unwrap().is_unsettled());
}
