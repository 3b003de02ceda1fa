//! The card of a turn: when it comes, changes and collapses, and what its buttons do.

use super::*;
use crate::{
    chat::{Body, Control as ChatControl, Interaction},
    claude::protocol::{Status, ToolResult, User},
};

pub(super) fn bench() -> Bench {
    let mut bench = Bench::new();
    Arc::make_mut(&mut bench.state.config).discord.verbose = Verbosity::Compact;
    bench
}

/// The cards that are put: what they show, and the ids of their buttons.
pub(super) fn cards(effects: &[Effect]) -> Vec<(String, Vec<String>)> {
    let cards = puts(effects).filter_map(|(_, post)| match &post.body {
        Body::Card(card) => Some((card.text.clone(), buttons(post))),
        Body::Text(_) | Body::Answer(_) => None,
    });
    cards.collect()
}

fn buttons(post: &Post) -> Vec<String> {
    let controls = post.controls.iter().flatten();
    let ids = controls.map(|control| match control {
        ChatControl::Button(button) => button.id.to_string(),
        ChatControl::Menu(menu) => menu.id.to_string(),
    });
    ids.collect()
}

pub(super) fn done(id: &str) -> SessionEvent {
    let block = Block::ToolResult(ToolResult {
        tool_use_id: id.into(),
        ..ToolResult::default()
    });
    SessionEvent::User(User {
        blocks: vec![block],
        ..User::default()
    })
}

fn block_start(kind: &str) -> SessionEvent {
    stream(ApiEvent::BlockStart {
        index: 0,
        block: Json::of(&serde_json::json!({ "type": kind })).unwrap(),
    })
}

fn status(status: &str) -> SessionEvent {
    SessionEvent::Status(Status {
        status: Some(status.into()),
        ..Status::default()
    })
}

impl Bench {
    fn later(&mut self, millis: u64) -> Vec<Effect> {
        self.now.mono += Duration::from_millis(millis);
        self.event(Event::Tick)
    }

    /// Somebody presses a button of the channel's newest post.
    pub(super) fn press(&mut self, name: &str, custom_id: &str) -> Vec<Effect> {
        let message = MessageId(self.next_post - 1);
        self.press_on(message, name, custom_id)
    }

    pub(super) fn press_on(
        &mut self,
        message: MessageId,
        name: &str,
        custom_id: &str,
    ) -> Vec<Effect> {
        self.event(Event::Pressed(Press {
            interaction: Interaction {
                id: 1,
                token: "t".into(),
                deadline: DateTime::UNIX_EPOCH,
            },
            speaker: Speaker {
                id: UserId(9),
                name: name.into(),
                role: Role::Member,
            },
            message,
            custom_id: custom_id.into(),
            values: Vec::new(),
            entered: None,
            may_approve: false,
        }))
    }
}

#[test]
fn a_tool_brings_a_card_that_is_edited_and_collapses() {
    let mut bench = bench();
    bench.working();
    assert!(cards(&bench.cli(init())).is_empty());
    let effects = bench.cli(tool("a"));
    assert!(effects.contains(&typing(false)), "the card shows it");
    let shown = cards(&effects);
    assert_eq!(shown.len(), 1);
    assert_eq!(shown[0].0, "**Running** · started <t:0:R>");
    let key = bench.state.record().unwrap().state.posts[0].key.clone();
    // The next versions are held back, and then come as one.
    assert!(cards(&bench.cli(done("a"))).is_empty());
    assert!(cards(&bench.cli(tool("b"))).is_empty());
    assert!(cards(&bench.later(1_100)).is_empty());
    let effects = bench.later(100);
    assert!(cards(&effects)[0].0.ends_with("- ✓ Ran"), "{effects:?}");
    assert_eq!(puts(&effects).next().unwrap().0.as_str(), key);
    drop(bench.cli(done("b")));
    drop(bench.cli(text("answer")));
    bench.now.mono += Duration::from_secs(41);
    let end = bench.cli(result());
    let (line, controls) = cards(&end).pop().unwrap();
    assert_eq!(line, "✓ 2 steps, 42 s, $0.50");
    assert_eq!(controls.len(), 1);
    let mut put = puts(&end).filter(|(_, post)| matches!(post.body, Body::Card(_)));
    assert!(put.all(|(_, post)| post.reply_to.is_none()));
    // The button shows the steps, and hides them.
    let effects = bench.press("Bob", &controls[0]);
    assert_eq!(replies(&effects), [&InteractionReply::Acknowledge]);
    assert_eq!(
        cards(&effects)[0].0,
        "✓ 2 steps, 42 s, $0.50\n- ✓ Ran\n- ✓ Ran"
    );
    let mut again = Bench::with(bench.state.record().cloned());
    again.next_post = bench.next_post;
    let effects = again.press("Ada", &controls[0]);
    assert_eq!(
        cards(&effects)[0].0,
        "✓ 2 steps, 42 s, $0.50",
        "after a restart too"
    );
}

#[test]
fn silence_shows_a_card_and_a_limit_alone_none() {
    let mut bench = bench();
    bench.working();
    assert!(cards(&bench.later(2_900)).is_empty());
    let shown = cards(&bench.later(100));
    assert!(shown[0].0.starts_with("Waiting for Claude"), "{shown:?}");
    let mut bench = self::bench();
    bench.working();
    let limit = protocol::RateLimit {
        status: "rejected".into(),
        resets_at: Some(60),
        ..protocol::RateLimit::default()
    };
    assert!(cards(&bench.cli(SessionEvent::RateLimit(Box::new(limit)))).is_empty());
}

#[test]
fn a_quiet_time_is_counted_from_its_beginning() {
    let mut bench = bench();
    bench.working();
    drop(bench.cli(status("requesting")));
    drop(bench.later(1_000));
    drop(bench.cli(block_start("text")));
    assert!(cards(&bench.later(60_000)).is_empty(), "Claude writes");
    drop(bench.cli(block_start("thinking")));
    assert!(cards(&bench.later(2_999)).is_empty());
    assert!(cards(&bench.later(1))[0].0.starts_with("Thinking"));
}

#[test]
fn a_short_turn_without_tools_shows_no_card() {
    let mut bench = bench();
    bench.working();
    let mut all = bench.cli(init());
    all.extend(bench.cli(status("requesting")));
    all.extend(bench.later(2_900));
    all.extend(bench.cli(text("answer")));
    all.extend(bench.later(10_000));
    all.extend(bench.cli(result()));
    assert!(cards(&all).is_empty());
    assert!(bench.state.record().unwrap().state.posts.is_empty());
}

#[test]
fn a_long_wait_shows_a_card_that_goes_again() {
    let mut bench = bench();
    bench.working();
    drop(bench.cli(status("requesting")));
    assert!(cards(&bench.later(2_999)).is_empty());
    assert!(
        cards(&bench.later(1))[0]
            .0
            .starts_with("Waiting for Claude · started")
    );
    drop(bench.cli(text("answer")));
    let end = bench.cli(result());
    let is_removed = |effect: &Effect| matches!(effect, Effect::Chat(ChatOp::Remove { known, .. }) if known.len() == 1);
    assert!(end.iter().any(is_removed), "{end:?}");
    assert!(bench.state.record().unwrap().state.posts.is_empty());
    assert!(bench.state.deliveries.is_empty());
}

#[test]
fn the_stop_button_names_who_pressed_and_works_once() {
    let mut bench = bench();
    bench.working();
    drop(bench.cli(init()));
    let (_, controls) = cards(&bench.cli(tool("a"))).pop().unwrap();
    let message = MessageId(bench.next_post - 1);
    let effects = bench.press("Bob `x`", &controls[0]);
    assert_eq!(replies(&effects), [&InteractionReply::Acknowledge]);
    assert!(effects.contains(&control("switchboard-interrupt", Control::Interrupt)));
    let again = bench.press_on(message, "Ada", &controls[0]);
    assert!(matches!(
        replies(&again)[..],
        [InteractionReply::Private(_)]
    ));
    let end = bench.cli(failed("[ede_diagnostic]"));
    assert_eq!(says(&end), ["Stopped by Bob \\`x\\`. The session is kept."]);
    assert!(
        cards(&end)[0].0.starts_with("■ Stopped: 1 step, 0.0 s"),
        "{end:?}"
    );
    let late = bench.press_on(message, "Ada", &controls[0]);
    assert!(matches!(replies(&late)[..], [InteractionReply::Private(_)]));
    assert_eq!(late.len(), 1);
}

#[test]
fn a_restart_closes_the_card_of_the_turn_it_cut_off() {
    let mut bench = bench();
    bench.working();
    let (_, controls) = cards(&bench.cli(tool("a"))).pop().unwrap();
    let message = MessageId(bench.next_post - 1);
    let mut bench = Bench::with(bench.state.record().cloned());
    let effects = bench.event(Event::Recover);
    let known = effects.iter().find_map(|effect| match effect {
        Effect::Chat(ChatOp::Put { post, known, .. }) if matches!(post.body, Body::Card(_)) => {
            Some(known)
        }
        _ => None,
    });
    assert_eq!(known, Some(&vec![message]));
    assert_eq!(
        cards(&effects),
        [("✗ Cut off by a restart".to_owned(), vec![])]
    );
    assert_eq!(notices(&effects).len(), 1, "with a retry");
    let late = bench.press_on(message, "Ada", &controls[0]);
    assert!(matches!(replies(&late)[..], [InteractionReply::Private(_)]));
    assert!(cards(&bench.event(Event::Recover)).is_empty());
}

#[test]
fn background_tasks_stay_on_the_card_until_they_end() {
    let mut bench = bench();
    bench.working();
    drop(bench.cli(tool("a")));
    drop(bench.cli(done("a")));
    drop(bench.cli(task_started("t")));
    let effects = bench.later(1_200);
    assert!(
        cards(&effects)[0]
            .0
            .contains("▸ In the background: sleep \\`t\\` · started <t:"),
        "{effects:?}"
    );
    let end = bench.cli(result());
    let (line, controls) = cards(&end).pop().unwrap();
    assert!(
        line.starts_with("✓ 1 step") && line.contains("In the background"),
        "{line}"
    );
    assert_eq!(controls.len(), 2, "steps and stop");
    let effects = bench.cli(task_ended("t", true));
    let (line, controls) = cards(&effects).pop().unwrap();
    assert!(
        !line.contains("background") && controls.len() == 1,
        "{line}"
    );
}

/// With a card and without one.
#[test]
fn retries_and_compactions_are_told_in_one_place() {
    for (mut bench, has_card) in [(bench(), true), (Bench::new(), false)] {
        bench.working();
        let retry = protocol::ApiRetry {
            attempt: 1,
            max_retries: 10,
            status: Some(529),
            ..protocol::ApiRetry::default()
        };
        let retrying = "-# Claude's API is overloaded (status 529). Retrying: attempt 1 of 10.";
        for (event, text) in [
            (SessionEvent::ApiRetry(retry), retrying),
            (status("compacting"), messages::COMPACTING),
        ] {
            let mut effects = bench.cli(event);
            effects.extend(bench.later(1_200));
            assert_eq!(cards(&effects).len(), usize::from(has_card), "{effects:?}");
            let said = says(&effects);
            let said: Vec<_> = said.iter().filter(|it| it.starts_with(text)).collect();
            assert_eq!(said.len(), usize::from(!has_card), "{effects:?}");
        }
    }
}

#[test]
fn with_the_card_off_there_is_none() {
    let mut bench = Bench::new();
    bench.working();
    let mut all = bench.cli(tool("a"));
    all.extend(bench.cli(status("compacting")));
    all.extend(bench.later(60_000));
    assert!(cards(&all).is_empty());
}

#[test]
fn the_setting_of_a_channel_is_kept() {
    let mut bench = bench();
    let said = bench.command(Command::Verbose(None));
    assert!(says(&said)[0].contains("(`compact`)"));
    let said = bench.command(Command::Verbose(Some(Verbosity::Off)));
    assert!(says(&said)[0].contains("(`off`)"));
    let refused = bench.request(
        Request::Command(Command::Verbose(Some(Verbosity::Full))),
        Role::Member,
    );
    assert!(says(&refused)[0].starts_with("Only this bot's admins"));
    let bench = Bench::with(bench.state.record().cloned());
    assert_eq!(bench.state.verbosity(), Verbosity::Off);
}

#[test]
fn old_cards_lose_their_button_when_there_are_many() {
    let mut bench = bench();
    bench.working();
    let mut without_button = 0;
    for round in 0..22 {
        drop(bench.cli(tool(&format!("t{round}"))));
        let end = cards(&bench.cli(result()));
        without_button += end.iter().filter(|(_, buttons)| buttons.is_empty()).count();
        drop(bench.ask("next"));
        drop(bench.event(Event::Saved(Ok(()))));
    }
    assert_eq!(bench.state.record().unwrap().state.posts.len(), 20);
    assert_eq!(without_button, 2);
}
