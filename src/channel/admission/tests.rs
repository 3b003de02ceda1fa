//! Who is let through.

use super::*;
use crate::{
    channel::{Origin, Source},
    chat::{Delivery, Place},
    command::Command,
    config::{ChannelLimit, Limit},
    ledger::example,
    money::Usd,
    snowflake::{MessageId, UserId},
};

const HERE: ChannelId = ChannelId(1);

fn admission(messages: u32, booked: &[TurnLine]) -> Admission {
    let user = Limit {
        messages_per_hour: Some(messages),
        usd_per_day: Some(Usd::from_dollars(1.0)),
        ..Limit::default()
    };
    let settings = LimitSettings {
        user,
        bots_in_a_row: 1,
        ..LimitSettings::default()
    };
    new(settings, Directory::default(), booked)
}

fn new(settings: LimitSettings, directory: Directory, booked: &[TurnLine]) -> Admission {
    Admission::new(
        settings,
        (directory, Reporter::new().0),
        booked,
        [],
        DateTime::UNIX_EPOCH,
    )
}

fn item(channel: ChannelId, role: Role, request: Request) -> QueueItem {
    QueueItem {
        origin: Origin::Message(MessageId(1)),
        place: Place::channel(channel),
        speaker: Speaker {
            id: UserId(2),
            name: "Ada".to_owned(),
            role,
        },
        request,
        source: Source::Chat(Delivery::Live),
        mode: None,
        thread: None,
    }
}

fn words() -> Request {
    Request::Prompt {
        text: "hello".to_owned(),
        context: Box::default(),
    }
}

/// How it comes out: as it was, as a hint, or not at all.
fn outcome(admission: &Admission, role: Role, request: &Request) -> &'static str {
    match admission.admit(item(HERE, role, request.clone()), DateTime::UNIX_EPOCH) {
        Some(item) if item.request == *request => "through",
        Some(QueueItem {
            request: Request::Hint(_),
            ..
        }) => "hint",
        Some(_) => "changed",
        None => "nothing",
    }
}

#[test]
fn limits_apply_only_to_turns_of_members() {
    let admission = admission(1, &[]);
    assert_eq!(outcome(&admission, Role::Member, &words()), "through");
    assert_eq!(outcome(&admission, Role::Member, &words()), "hint");
    assert_eq!(
        outcome(
            &admission,
            Role::Member,
            &Request::Command(Command::Compact)
        ),
        "hint"
    );
    assert_eq!(
        outcome(&admission, Role::Member, &Request::Command(Command::Stop)),
        "through"
    );
    assert_eq!(
        outcome(&admission, Role::Member, &Request::Hint("x".to_owned())),
        "through"
    );
    for role in [Role::Owner, Role::Admin] {
        assert_eq!(outcome(&admission, role, &words()), "through");
    }
}

#[test]
fn costs_booked_before_the_start_count() {
    let line = TurnLine {
        cost_usd: Usd::from_dollars(1.0),
        ..example()
    };
    let admission = admission(9, std::slice::from_ref(&line));
    assert_eq!(outcome(&admission, Role::Member, &words()), "hint");
    let speaker = item(HERE, Role::Member, words()).speaker;
    assert!(admission.may_spend(HERE, &speaker, line.time).is_err());
    let owner = Speaker {
        role: Role::Owner,
        ..speaker
    };
    assert_eq!(admission.may_spend(HERE, &owner, line.time), Ok(()));
}

#[test]
fn a_thread_counts_as_its_channel() {
    let (thread, member) = (ChannelId(7), UserId(3));
    let directory = Directory::default();
    directory.learn(&Place {
        parent: Some(HERE),
        ..Place::channel(thread)
    });
    let limit = ChannelLimit {
        messages_per_hour: Some(2),
        usd_per_day: Some(Usd::from_dollars(1.0)),
        ..ChannelLimit::default()
    };
    let settings = LimitSettings {
        channel: limit,
        bots_in_a_row: 1,
        ..LimitSettings::default()
    };
    let is_hint = |item: Option<QueueItem>| matches!(item.unwrap().request, Request::Hint(_));
    let now = DateTime::UNIX_EPOCH;

    let admission = new(settings.clone(), directory.clone(), &[]);
    assert!(!is_hint(
        admission.admit(item(HERE, Role::Member, words()), now)
    ));
    assert!(!is_hint(
        admission.admit(item(thread, Role::Member, words()), now)
    ));
    for channel in [HERE, thread] {
        assert!(is_hint(
            admission.admit(item(channel, Role::Member, words()), now)
        ));
    }
    assert!(
        admission
            .admit(item(HERE, Role::Bot, words()), now)
            .is_some()
    );
    assert!(
        admission
            .admit(item(thread, Role::Bot, words()), now)
            .is_none()
    );

    // What was spent there holds everywhere else too, also when it was before a start that knows no thread yet.
    let line = TurnLine {
        channel: thread,
        thread_of: Some(HERE),
        cost_usd: Usd::from_dollars(1.0),
        author: member,
        ..example()
    };
    let speaker = item(HERE, Role::Member, words()).speaker;
    for (directory, others) in [(directory, thread), (Directory::default(), HERE)] {
        let admission = new(settings.clone(), directory, std::slice::from_ref(&line));
        for channel in [HERE, others] {
            assert!(admission.may_spend(channel, &speaker, line.time).is_err());
        }
        assert_eq!(
            admission.may_spend(ChannelId(8), &speaker, line.time),
            Ok(())
        );
    }
}

#[test]
fn what_runs_counts_until_it_ends() {
    let admission = admission(9, &[]);
    let (speaker, now) = (
        item(HERE, Role::Member, words()).speaker,
        DateTime::UNIX_EPOCH,
    );
    let notice = admission.spent(HERE, &speaker, Usd::from_dollars(1.0), now);
    assert!(matches!(notice, Some(Notice::Reached(_))), "{notice:?}");
    for _ in 0..2 {
        assert!(admission.may_spend(HERE, &speaker, now).is_err());
    }
    assert_eq!(outcome(&admission, Role::Member, &words()), "hint");
    admission.spending_ended(HERE);
    assert_eq!(outcome(&admission, Role::Member, &words()), "through");
}

#[test]
fn bots_are_ignored_after_too_many_answers_in_a_row() {
    let admission = admission(9, &[]);
    assert_eq!(outcome(&admission, Role::Bot, &words()), "through");
    assert_eq!(
        outcome(&admission, Role::Bot, &Request::Command(Command::Help)),
        "nothing"
    );
    assert_eq!(
        outcome(&admission, Role::Member, &Request::Command(Command::Help)),
        "through"
    );
    assert_eq!(outcome(&admission, Role::Bot, &words()), "through");
}
