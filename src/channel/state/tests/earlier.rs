//! Earlier sessions: what a press does too late, with an unknown session, and at a shutdown. Forks: which thread is created.

use super::{recovery::press, *};
use crate::chat::{Control as Shown, OpError};

const TEN_MINUTES: Duration = Duration::from_mins(10);

/// A channel whose session was cleared, and the button that undoes it: its message and its id.
fn cleared() -> (Bench, (u64, String)) {
    let mut bench = Bench::new();
    bench.waiting();
    let undo = control_of(&bench.command(Command::Clear));
    let undo = (bench.next_post - 1, undo);
    drop(bench.exit(""));
    (bench, undo)
}

fn control_of(effects: &[Effect]) -> String {
    let controls = puts(effects).flat_map(|(_, post)| post.controls.iter().flatten());
    let ids = controls.map(|control| match control {
        Shown::Button(button) => button.id.to_string(),
        Shown::Menu(menu) => menu.id.to_string(),
    });
    ids.last().unwrap()
}

fn press_as(
    bench: &mut Bench,
    (message, id): &(u64, String),
    role: Role,
    value: Option<&str>,
) -> Vec<Effect> {
    let mut press = press(bench, id, *message, 2);
    press.speaker.role = role;
    press.values = value.map(str::to_owned).into_iter().collect();
    bench.event(Event::Pressed(press))
}

fn read(effects: &[Effect]) -> &str {
    match replies(effects)[..] {
        [InteractionReply::Private(text)] => text,
        ref other => panic!("{other:?}"),
    }
}

fn session(bench: &Bench) -> &str {
    &bench.state.record().unwrap().session_id
}

#[test]
fn a_clear_is_undone_within_ten_minutes() {
    let (mut bench, undo) = cleared();
    assert_ne!(session(&bench), "id-1");
    let refused = press_as(&mut bench, &undo, Role::Member, None);
    assert!(read(&refused).contains("Only this bot's admins"));
    bench.now.wall += Duration::from_secs(599);
    let effects = press_as(&mut bench, &undo, Role::Admin, None);
    assert_eq!(replies(&effects), [&InteractionReply::Acknowledge]);
    assert_eq!(session(&bench), "id-1");
    let record = bench.state.record().unwrap();
    assert!(record.is_resumable() && record.earlier.is_empty() && record.message_count == 1);
    let is_bounded = record.state.began_after.is_some();
    assert!(is_bounded, "what was said after `!clear` is no part of it");
    assert!(record.state.posts.is_empty() && bench.state.is_idle());
}

#[test]
fn a_clear_is_not_undone_later() {
    let (mut bench, undo) = cleared();
    bench.now.wall += TEN_MINUTES;
    let late = press_as(&mut bench, &undo, Role::Admin, None);
    assert!(read(&late).contains("too long ago"));
    assert!(!bench.state.is_idle());
    let effects = bench.after(TEN_MINUTES.as_secs());
    let [(_, post)] = puts(&effects).collect::<Vec<_>>()[..] else {
        panic!("{effects:?}");
    };
    assert!(post.controls.is_empty() && post.is_final && text_of(post).starts_with("Cleared"));
    assert!(bench.state.is_idle());
}

#[test]
fn a_shutdown_does_not_wait_for_the_button() {
    let (mut bench, _) = cleared();
    drop(bench.event(Event::Shutdown(ShutdownStage::Drain)));
    assert!(bench.state.is_idle());
    let record = bench.state.record().unwrap();
    assert!(record.needs_recovery() && !record.is_unsettled());
}

#[test]
fn only_a_session_of_the_channel_can_be_chosen() {
    let (mut bench, _) = cleared();
    let menu = control_of(&bench.command(Command::Resume));
    let menu = (bench.next_post - 1, menu);
    for value in [None, Some("id-9"), Some("../../etc/passwd")] {
        let refused = press_as(&mut bench, &menu, Role::Admin, value);
        assert!(read(&refused).contains("not among"));
    }
    let effects = press_as(&mut bench, &menu, Role::Admin, Some("id-1"));
    assert_eq!(replies(&effects), [&InteractionReply::Acknowledge]);
    assert_eq!(session(&bench), "id-1");
    let again = press_as(&mut bench, &menu, Role::Admin, Some("id-1"));
    assert!(read(&again).contains("no longer works"));
}

#[test]
fn an_idle_process_goes_with_its_session() {
    let (mut bench, undo) = cleared();
    drop(bench.ask("other"));
    drop(bench.event(Event::Saved(Ok(()))));
    drop(bench.event(Event::Started));
    drop(bench.answer("switchboard-initialize"));
    let refused = press_as(&mut bench, &undo, Role::Admin, None);
    assert!(read(&refused).contains("Claude is working"));
    drop(bench.cli(result()));
    let effects = press_as(&mut bench, &undo, Role::Admin, None);
    assert!(effects.contains(&Effect::Stop), "{effects:?}");
    drop(bench.exit(""));
    drop(bench.ask("on"));
    let effects = bench.event(Event::Saved(Ok(())));
    assert_eq!(starts(&effects), [&Start::Resume("id-1".into())]);
}

fn place(channel: u64, parent: Option<u64>) -> Place {
    Place {
        guild: Some(crate::snowflake::GuildId(5)),
        parent: parent.map(ChannelId),
        ..Place::channel(ChannelId(channel))
    }
}

/// A channel that has answered, where somebody asks for a fork: what is to be created.
fn forking(parent: Option<u64>, at: Option<u64>) -> (Bench, Vec<Effect>) {
    let mut bench = Bench::new();
    bench.waiting();
    let line = lines_of(&mut bench);
    let command = Command::Fork(at.map(MessageId));
    let asked = QueueItem {
        place: place(1, parent),
        ..item(
            Origin::Message(MessageId(500)),
            Role::Member,
            Request::Command(command),
        )
    };
    let effects = bench.event(Event::Requested(asked));
    let [branch] = effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::FindTurn { branch, .. } => Some(*branch),
            _ => None,
        })
        .collect::<Vec<_>>()[..]
    else {
        return (bench, effects);
    };
    let line = TurnLine {
        session: "id-1".into(),
        assistant_uuid: Some("u1".into()),
        reply_ids: vec![MessageId(77)],
        ..line
    };
    let found = Ok(Some(Box::new(line)));
    let effects = bench.event(Event::TurnFound { branch, found });
    (bench, effects)
}

/// Any line of the ledger.
fn lines_of(bench: &mut Bench) -> TurnLine {
    drop(bench.ask("again"));
    drop(bench.event(Event::Saved(Ok(()))));
    let end = bench.cli(result());
    lines(&end)[0].clone()
}

fn created(effects: &[Effect]) -> Vec<(u64, Option<u64>)> {
    let created = effects.iter().filter_map(|effect| match effect {
        Effect::Chat(ChatOp::CreateThread {
            channel, message, ..
        }) => Some((channel.0, message.map(|message| message.0))),
        _ => None,
    });
    created.collect()
}

const THREAD: OpId = OpId::Fork(ChannelId(1), 500);

#[test]
fn a_thread_starts_from_the_answer_or_beside_it() {
    let (mut bench, effects) = forking(None, Some(77));
    assert_eq!(created(&effects), [(1, Some(77))]);
    assert!(!bench.state.is_idle());
    let again = Event::ThreadCreated {
        id: THREAD,
        thread: Err(OpError::Invalid),
    };
    assert_eq!(created(&bench.event(again)), [(1, None)]);
    let thread = Event::ThreadCreated {
        id: THREAD,
        thread: Ok(place(9, Some(1))),
    };
    let effects = bench.event(thread);
    assert!(says(&effects)[0].contains("<#9>"));
    let joins = ChatOp::AddToThread {
        thread: ChannelId(9),
        user: UserId(2),
    };
    assert!(
        effects
            .iter()
            .any(|effect| matches!(effect, Effect::Chat(op) if *op == joins))
    );
    let [record] = effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Fork {
                thread: ChannelId(9),
                record,
            } => Some(record),
            _ => None,
        })
        .collect::<Vec<_>>()[..]
    else {
        panic!("{effects:?}");
    };
    assert_eq!(record.state.works_in, Some(ChannelId(1)));
    let fork = record.state.fork.as_ref().unwrap();
    assert_eq!((fork.from.as_str(), fork.at.as_str()), ("id-1", "u1"));
    assert!(!record.is_empty() && record.state.posts.is_empty() && record.message_count == 0);
    // Inside a thread, the new one is created in the channel.
    assert_eq!(created(&forking(Some(3), Some(77)).1), [(3, None)]);
}

#[test]
fn a_private_thread_is_not_forked() {
    let mut bench = Bench::new();
    bench.waiting();
    let mut asked = item(
        Origin::Message(MessageId(500)),
        Role::Owner,
        Request::Command(Command::Fork(None)),
    );
    asked.place = Place {
        is_private: true,
        ..place(1, Some(3))
    };
    let effects = bench.event(Event::Requested(asked));
    assert_eq!(created(&effects), []);
    assert!(says(&effects)[0].contains("private thread"));
}

#[test]
fn a_thread_that_is_refused_is_told() {
    for why in [OpError::Forbidden, OpError::NotFound, OpError::Failed] {
        let (mut bench, _) = forking(None, Some(77));
        let refused = Event::ThreadCreated {
            id: THREAD,
            thread: Err(why),
        };
        let effects = bench.event(refused);
        assert_eq!(says(&effects).len(), 1, "{effects:?}");
        let late = Event::ThreadCreated {
            id: THREAD,
            thread: Ok(place(9, Some(1))),
        };
        assert!(bench.event(late).is_empty());
    }
}

#[test]
fn a_thread_with_a_conversation_stays_as_it_is() {
    let seed = || {
        let fork = crate::registry::state::Fork {
            from: "a".into(),
            at: "u".into(),
        };
        Box::new(seasoned().thread(
            "new".into(),
            fork,
            ChannelId(7),
            false,
            DateTime::UNIX_EPOCH,
        ))
    };
    let mut bench = Bench::new();
    bench.waiting();
    assert!(says(&bench.event(Event::Forked(seed())))[0].contains("already"));
    assert_eq!(session(&bench), "id-1");
    // One that has only been cleared keeps what it knows of its messages.
    drop(bench.command(Command::Clear));
    drop(bench.exit(""));
    let last = bench.state.record().unwrap().state.last_message_id;
    drop(bench.event(Event::Forked(seed())));
    let record = bench.state.record().unwrap();
    assert_eq!(
        (record.session_id.as_str(), record.state.last_message_id),
        ("new", last)
    );
    assert_eq!(record.state.works_in, Some(ChannelId(7)));
    drop(bench.ask("on"));
    let effects = bench.event(Event::Saved(Ok(())));
    assert!(matches!(starts(&effects)[..], [Start::Fork { from, .. }] if from == "a"));
}

#[test]
fn no_conversation_is_rewound_while_claude_works() {
    let mut bench = Bench::new();
    bench.waiting();
    let line = lines_of(&mut bench);
    let line = TurnLine {
        assistant_uuid: Some("u1".into()),
        ..line
    };
    let branch = Branch::Rewind(Origin::Message(MessageId(500)));
    drop(bench.ask("runs"));
    let found = Ok(Some(Box::new(line.clone())));
    let effects = bench.event(Event::TurnFound { branch, found });
    assert!(says(&effects)[0].contains("Claude is working"));
    for found in [
        Ok(None),
        Ok(Some(Box::new(TurnLine {
            assistant_uuid: None,
            ..line
        }))),
    ] {
        let effects = bench.event(Event::TurnFound { branch, found });
        assert!(says(&effects)[0].starts_with("I can't go on from that message"));
    }
    assert_eq!(session(&bench), "id-1");
}
