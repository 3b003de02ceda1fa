//! Answers: how they come, and what of them pings.

use super::*;
use crate::{chat::Body, claude::protocol::StreamEvent};

fn message_start() -> SessionEvent {
    stream(ApiEvent::MessageStart {
        id: json("m"),
        model: json("claude-sonnet-5"),
        usage: Usage::default(),
    })
}

fn tool() -> SessionEvent {
    SessionEvent::Assistant(Box::new(Assistant {
        message_id: "m".into(),
        model: "claude-sonnet-5".into(),
        blocks: vec![Block::ToolUse(ToolUse {
            id: "t".into(),
            name: "Bash".into(),
            ..ToolUse::default()
        })],
        ..Assistant::default()
    }))
}

fn appended(effects: &[Effect]) -> Vec<&str> {
    let texts = effects.iter().filter_map(|effect| match effect {
        Effect::Chat(ChatOp::Append { text, .. }) => Some(text.as_str()),
        _ => None,
    });
    texts.collect()
}

/// The texts and pings of all posts that are final.
fn finals(effects: &[Effect]) -> Vec<(&str, bool)> {
    let all = puts(effects).filter(|(_, post)| post.is_final);
    all.map(|(_, post)| (text_of(post), post.notify)).collect()
}

fn working_as(mode: StreamMode) -> Bench {
    let mut bench = Bench::new();
    Arc::make_mut(&mut bench.state.config).discord.stream = mode;
    bench.working();
    drop(bench.cli(init()));
    bench
}

#[test]
fn a_text_grows_and_is_put_once_more_when_it_is_whole() {
    let mut bench = working_as(StreamMode::Edit);
    assert_eq!(puts(&bench.cli(delta(" \u{200b}"))).count(), 0);
    let effects = bench.cli(delta("Some "));
    let (key, post) = puts(&effects).next().unwrap();
    assert_eq!(post.body, Body::Answer(" \u{200b}Some ".into()));
    assert_eq!(
        (post.reply_to, post.notify, post.is_final),
        (Some(MessageId(101)), false, false)
    );
    let key = key.clone();
    assert_eq!(appended(&bench.cli(delta("wor"))), ["wor"]);
    // It replaces what has come.
    assert_eq!(puts(&bench.cli(text("Some words."))).count(), 0);
    let effects = bench.cli(stop("end_turn"));
    let (last, post) = puts(&effects).next().unwrap();
    assert_eq!(
        (last, &post.body),
        (&key, &Body::Answer("Some words.".into()))
    );
    assert!(post.is_final && post.notify);
    assert_eq!(finals(&bench.cli(result())), []);
}

#[test]
fn a_call_that_is_repeated_begins_its_text_again() {
    let mut bench = working_as(StreamMode::Edit);
    drop(bench.cli(message_start()));
    drop(bench.cli(delta("Some words")));
    drop(bench.cli(message_start()));
    let effects = bench.cli(delta("Other"));
    assert_eq!(says(&effects), ["Other"]);
    drop(bench.cli(text("Other words.")));
    assert_eq!(finals(&bench.cli(result())), [("Other words.", true)]);
}

#[test]
fn subagents_and_synthetic_texts_are_not_posted() {
    let mut bench = working_as(StreamMode::Edit);
    let SessionEvent::Stream(event) = delta("inner") else {
        unreachable!()
    };
    let parent_tool_use_id = json("t");
    let effects = bench.cli(SessionEvent::Stream(StreamEvent {
        parent_tool_use_id,
        ..event
    }));
    assert_eq!(puts(&effects).count(), 0);
    let SessionEvent::Assistant(said) = text("No response requested.") else {
        unreachable!()
    };
    let model = "<synthetic>".to_owned();
    assert_eq!(
        says(&bench.cli(SessionEvent::Assistant(Box::new(Assistant {
            model,
            ..*said
        })))),
        [""; 0]
    );
}

#[test]
fn finished_texts_come_whole_in_block_mode() {
    let mut bench = working_as(StreamMode::Block);
    assert_eq!(puts(&bench.cli(delta("I'll lo"))).count(), 0);
    drop(bench.cli(text("I'll look.")));
    assert_eq!(finals(&bench.cli(tool())), [("I'll look.", false)]);
    drop(bench.cli(text("Found it.")));
    assert_eq!(finals(&bench.cli(stop("end_turn"))), [("Found it.", false)]);
    assert_eq!(finals(&bench.cli(result())), []);
}

#[test]
fn only_the_last_text_comes_in_final_mode() {
    let mut bench = working_as(StreamMode::Final);
    for event in [
        delta("I'll"),
        text("I'll look."),
        stop("tool_use"),
        tool(),
        delta("Fou"),
    ] {
        assert_eq!(puts(&bench.cli(event)).count(), 0);
    }
    drop(bench.cli(text("Found it.")));
    assert_eq!(finals(&bench.cli(stop("end_turn"))), [("Found it.", true)]);
    assert_eq!(finals(&bench.cli(result())), []);
}

#[test]
fn a_long_turn_ends_with_a_ping() {
    let mut bench = working_as(StreamMode::Edit);
    drop(bench.cli(delta("Some words.")));
    bench.now.mono += Duration::from_secs(42);
    drop(bench.cli(text("Some words.")));
    assert_eq!(
        finals(&bench.cli(stop("end_turn"))),
        [("Some words.", false)]
    );
    let effects = bench.cli(result());
    assert_eq!(finals(&effects), [("Done in 42 s.", true)]);
    assert_eq!(
        puts(&effects).next().unwrap().1.reply_to,
        Some(MessageId(101))
    );
}

#[test]
fn an_answer_of_several_posts_pings_by_nothing() {
    let mut bench = working_as(StreamMode::Edit);
    let mut rings = Vec::new();
    for event in [
        text("One."),
        tool(),
        text("Two."),
        stop("end_turn"),
        result(),
    ] {
        let effects = bench.cli(event);
        rings.extend(
            finals(&effects)
                .into_iter()
                .map(|(text, rings)| (text.to_owned(), rings)),
        );
    }
    assert_eq!(
        rings,
        [("One.".to_owned(), false), ("Two.".to_owned(), false)]
    );
}

#[test]
fn a_later_post_replies_again_below_what_people_wrote() {
    let replies = |effects: &[Effect]| -> Vec<_> {
        let all = puts(effects).map(|(_, post)| (post.reply_to, post.notify));
        all.collect()
    };
    let asked = Some(MessageId(101));
    let mut bench = working_as(StreamMode::Edit);
    drop(bench.cli(text("One.")));
    assert_eq!(replies(&bench.cli(tool())), [(asked, false)]);
    drop(bench.event(Event::Written));
    assert_eq!(replies(&bench.cli(delta("Two"))), [(asked, false)]);
    drop(bench.event(Event::Written));
    drop(bench.cli(text("Two.")));
    // The post that grows stays what it is.
    assert_eq!(replies(&bench.cli(tool())), [(asked, false)]);
    drop(bench.cli(text("Three.")));
    assert_eq!(replies(&bench.cli(tool())), [(asked, false)]);
    drop(bench.cli(text("Four.")));
    assert_eq!(replies(&bench.cli(stop("end_turn"))), [(None, false)]);
}

#[test]
fn what_pinged_once_does_not_ping_again() {
    let mut bench = working_as(StreamMode::Edit);
    drop(bench.cli(text("Some words.")));
    assert_eq!(
        finals(&bench.cli(stop("end_turn"))),
        [("Some words.", true)]
    );
    let effects = bench.exit("");
    assert_eq!(notices(&effects).len(), 1);
    assert!(puts(&effects).all(|(_, post)| !post.notify));
}

#[test]
fn blank_texts_are_never_sent_and_the_person_is_told() {
    for mode in [StreamMode::Edit, StreamMode::Block, StreamMode::Final] {
        let mut bench = working_as(mode);
        for event in [
            delta("\u{200b}"),
            text("\u{200b}"),
            text("\n \n"),
            stop("end_turn"),
        ] {
            assert_eq!(puts(&bench.cli(event)).count(), 0);
        }
        let SessionEvent::Result(mut end) = result() else {
            unreachable!()
        };
        end.result = Some("\u{200b}".into());
        assert_eq!(
            notices(&bench.cli(SessionEvent::Result(end))),
            [(
                MessageId(101),
                "Claude returned no answer. Press **Retry**, or try rephrasing."
            )]
        );
    }
}

#[test]
fn what_has_come_of_a_text_stays_when_the_process_dies() {
    let mut bench = working_as(StreamMode::Edit);
    drop(bench.cli(delta("Some wo")));
    let effects = bench.exit("");
    assert_eq!(finals(&effects), [("Some wo", false)]);
    assert_eq!(notices(&effects).len(), 1);
    assert!(puts(&effects).any(|(_, post)| post.notify));
}

#[test]
fn a_growing_answer_is_on_record_until_it_is_delivered() {
    let mut bench = working_as(StreamMode::Edit);
    let effects = bench.cli(delta("Some wo"));
    let key = puts(&effects).next().unwrap().0.clone();
    let messages = vec![MessageId(7)];
    drop(bench.event(Event::Posted {
        key,
        messages,
        state: PostState::Growing,
    }));
    let stored = bench.state.record().unwrap().state.posts.clone();
    assert_eq!(
        (stored[0].answers, &stored[0].messages),
        (Some(MessageId(101)), &vec![MessageId(7)])
    );
    drop(bench.cli(text("Some words.")));
    drop(bench.cli(result()));
    assert!(bench.state.record().unwrap().state.posts.is_empty());
}

#[test]
fn running_a_message_again_removes_what_was_left_of_its_answer() {
    let mut bench = working_as(StreamMode::Edit);
    let effects = bench.cli(delta("Some wo"));
    let key = puts(&effects).next().unwrap().0.clone();
    drop(bench.event(Event::Posted {
        key: key.clone(),
        messages: vec![MessageId(7)],
        state: PostState::Growing,
    }));
    // The bot is killed.
    let record = bench.state.record().cloned();
    let mut bench = Bench::with(record);
    let effects = bench.event(Event::Recover);
    assert_eq!(notices(&effects).len(), 1);
    let origin = Origin::Message(MessageId(101));
    let request = Request::Prompt {
        text: "hello".into(),
        context: Box::default(),
    };
    let retry = QueueItem {
        source: Source::Retry {
            press: OpId::Press(1),
        },
        ..item(origin, Role::Member, request)
    };
    let effects = bench.event(Event::Requested(retry));
    let removed = Effect::Chat(ChatOp::Remove {
        channel: ChannelId(1),
        key,
        known: vec![MessageId(7)],
    });
    assert!(effects.contains(&removed), "{effects:?}");
}

#[test]
fn admins_choose_how_answers_come() {
    let mut bench = Bench::new();
    let mode = Some(StreamMode::Final);
    let effects = bench.request(Request::Command(Command::Stream(mode)), Role::Member);
    assert!(
        says(&effects)[0].starts_with("Only this bot's admins"),
        "{effects:?}"
    );
    assert_eq!(bench.state.stream_mode(), StreamMode::Edit);
    let effects = bench.command(Command::Stream(mode));
    assert!(says(&effects)[0].contains("`final`"), "{effects:?}");
    assert_eq!(bench.state.stream_mode(), StreamMode::Final);
    assert_eq!(bench.state.record().unwrap().state.stream, mode);
    let effects = bench.command(Command::Stream(None));
    assert!(says(&effects)[0].contains("`final`"), "{effects:?}");
}
