//! Claude's questions and plans.

use super::*;
use crate::{
    channel::messages::questions as texts, claude::protocol::PermissionMode, snowflake::UserId,
};

/// So many questions with two options.
pub(super) fn asking(count: usize) -> Value {
    let question = |number| {
        json!({
            "question": format!("Which {number}?"), "header": "It", "multiSelect": false,
            "options": [{ "label": "Red", "description": "" }, { "label": "Blue", "description": "" }],
        })
    };
    json!({ "questions": (1..=count).map(question).collect::<Vec<_>>() })
}

impl Bench {
    fn asks(&mut self, count: usize) -> Vec<Effect> {
        self.may_use("q", "AskUserQuestion", &asking(count), None)
    }

    /// The asker presses a button.
    fn answers(&mut self, label: &str) -> Vec<Effect> {
        let button = self.button(label);
        self.press_as(&button, (UserId(2), Role::Member))
    }

    fn press_as(
        &mut self,
        (_, message, custom_id): &Shown,
        (id, role): (UserId, Role),
    ) -> Vec<Effect> {
        let mut press = recovery::press(self, custom_id, message.0, id.0);
        press.speaker.role = role;
        self.event(Event::Pressed(press))
    }

    /// The asker writes this after everything that was posted.
    fn writes(&mut self, words: &str) -> Vec<Effect> {
        self.next_message = self.next_post + 1_000;
        self.ask(words)
    }
}

/// The answers sent, as JSON.
fn answers(effects: &[Effect]) -> Option<String> {
    effects.iter().find_map(|effect| match effect {
        Effect::Send(SessionRequest::Respond {
            response: Response::Decision(Decision::Allow { updated_input, .. }),
            ..
        }) => Some(updated_input.get("answers").as_str().to_owned()),
        _ => None,
    })
}

fn private(effects: &[Effect]) -> &str {
    match replies(effects)[..] {
        [InteractionReply::Private(text)] => text,
        ref other => panic!("{other:?}"),
    }
}

#[test]
fn questions_are_answered_together_and_each_has_a_card() {
    let mut bench = working();
    let effects = bench.asks(2);
    assert!(cards(&effects)[0].0.contains("(1 of 2)"), "{effects:?}");
    assert_eq!(bench.labels(), ["Red", "Blue", "Other…"]);
    let effects = bench.answers("Red");
    assert_eq!(answers(&effects), None);
    let [(first, 0), (second, 3)] = &cards(&effects)[..] else {
        panic!("{effects:?}")
    };
    assert!(first.ends_with("\n✓ Ada answered: Red"), "{first}");
    assert!(second.contains("(2 of 2)"), "{second}");
    let effects = bench.answers("Blue");
    let expected = r#"{"Which 1?":"Red","Which 2?":"Blue"}"#;
    assert_eq!(answers(&effects).as_deref(), Some(expected));
    assert!(bench.state.approvals.is_empty());
    assert_eq!(bench.requests_on_record(), 0, "the cards are delivered");
}

#[test]
fn the_asker_and_admins_answer_and_nobody_else() {
    let mut bench = working();
    drop(bench.asks(1));
    let red = bench.button("Red");
    // An approver who is no admin decides about calls, not about questions.
    let effects = bench.press_it(&red, true, None);
    assert_eq!(private(&effects), texts::NOT_THE_ASKER);
    let effects = bench.press_as(&red, (UserId(9), Role::Admin));
    assert!(answers(&effects).is_some());
}

#[test]
fn a_message_answers_only_if_it_follows_the_question() {
    let mut bench = working();
    drop(bench.asks(1));
    // It was written before the card was there.
    assert_eq!(answers(&bench.ask("early")), None);
    let effects = bench.writes(" green ");
    assert_eq!(
        answers(&effects).as_deref(),
        Some(r#"{"Which 1?":"green"}"#)
    );
    assert!(asks(&effects).is_empty());
    // The early one is still to run.
    drop(bench.cli(result()));
    assert_eq!(asks(&bench.event(Event::Saved(Ok(())))), ["early"]);
}

#[test]
fn an_answer_that_overtakes_the_confirmation_of_its_card_counts() {
    let mut bench = working();
    let input = asking(1);
    let request = PermissionRequest {
        tool_name: "AskUserQuestion".into(),
        input: Json::of(&input).unwrap(),
        tool_use_id: "t".into(),
        ..PermissionRequest::default()
    };
    let event = Event::Session(SessionEvent::ControlRequest(ControlRequest {
        request_id: "q".into(),
        query: Query::Permission(Box::new(request)),
    }));
    let effects = bench.state.handle(event, bench.now);
    drop(bench.command(Command::QueueMode(QueueMode::Interrupt)));
    assert_eq!(answers(&bench.writes("green")), None);
    assert_eq!(bench.state.waiting(), 1);
    let (key, _) = puts(&effects).next().unwrap();
    let effects = bench.deliver(key.clone());
    assert_eq!(
        answers(&effects).as_deref(),
        Some(r#"{"Which 1?":"green"}"#)
    );
    assert_eq!(bench.state.waiting(), 0);
}

#[test]
fn a_message_of_somebody_else_waits_for_its_turn() {
    let mut bench = working();
    drop(bench.asks(1));
    bench.next_message = bench.next_post + 1_000;
    let message = Origin::Message(MessageId(bench.next_message));
    let request = Request::Prompt {
        text: "mine".into(),
        context: Box::default(),
    };
    let mut item = item(message, Role::Owner, request);
    item.speaker.id = UserId(9);
    assert_eq!(answers(&bench.event(Event::Requested(item))), None);
    assert_eq!(bench.state.waiting(), 1);
}

impl Bench {
    /// Somebody writes this, with the prefix of a mode or without one.
    fn hears(&mut self, (id, role): (UserId, Role), mode: Option<QueueMode>) -> Vec<Effect> {
        self.next_message = self.next_message.max(self.next_post) + 1_000;
        let message = Origin::Message(MessageId(self.next_message));
        let request = Request::Prompt {
            text: "green".into(),
            context: Box::default(),
        };
        let mut item = QueueItem {
            mode,
            ..item(message, role, request)
        };
        item.speaker.id = id;
        self.event(Event::Requested(item))
    }
}

const INTERRUPT: Option<QueueMode> = Some(QueueMode::Interrupt);
const ASKER: (UserId, Role) = (UserId(2), Role::Member);

#[test]
fn a_stranger_takes_over_nothing_that_asks() {
    for (tool, input) in [
        ("AskUserQuestion", asking(1)),
        ("Bash", json!({ "command": "ls" })),
    ] {
        let mut bench = working();
        drop(bench.may_use("q", tool, &input, None));
        for mode in [QueueMode::Steer, QueueMode::Interrupt] {
            drop(bench.command(Command::QueueMode(mode)));
            for prefix in [None, Some(mode)] {
                drop(bench.hears((UserId(9), Role::Member), prefix));
                assert!(bench.event(Event::Saved(Ok(()))).is_empty());
                assert!(!bench.state.approvals.is_empty() && bench.state.steering.is_none());
            }
        }
        assert_eq!(bench.state.waiting(), 4);
    }
}

#[test]
fn who_may_answer_interrupts_an_open_question() {
    for speaker in [ASKER, (UserId(9), Role::Admin)] {
        let mut bench = working();
        drop(bench.asks(1));
        let effects = bench.hears(speaker, INTERRUPT);
        assert_eq!(answers(&effects), None);
        assert!(effects.contains(&control("switchboard-interrupt", Control::Interrupt)));
        assert!(bench.state.approvals.is_empty());
    }
}

#[test]
fn what_the_asker_writes_is_the_answer_in_any_mode() {
    for (channel, prefix) in [
        (QueueMode::Queue, Some(QueueMode::Steer)),
        (QueueMode::Steer, None),
        (QueueMode::Interrupt, None),
    ] {
        let mut bench = working();
        drop(bench.command(Command::QueueMode(channel)));
        drop(bench.asks(1));
        let effects = bench.hears(ASKER, prefix);
        assert!(answers(&effects).is_some(), "{channel:?}: {effects:?}");
        assert!(
            bench
                .state
                .turn
                .as_ref()
                .is_some_and(|it| !it.is_cancelled())
        );
    }
}

#[test]
fn a_message_that_steers_goes_on_once_a_question_is_answered() {
    let mut bench = working();
    drop(bench.hears((UserId(9), Role::Member), Some(QueueMode::Steer)));
    drop(bench.asks(1));
    assert!(asks(&bench.event(Event::Saved(Ok(())))).is_empty());
    let effects = bench.answers("Red");
    assert!(answers(&effects).is_some());
    assert_eq!(asks(&effects), ["green"]);
}

#[test]
fn a_question_closes_with_words_of_its_own() {
    let check = |close: fn(&mut Bench) -> Vec<Effect>, line: &str| {
        let mut bench = working();
        drop(bench.asks(1));
        let effects = close(&mut bench);
        check_closed(&effects, line);
        assert!(bench.state.approvals.is_empty());
    };
    check(
        |bench| bench.after(900),
        "✗ Nobody answered within 15 minutes.",
    );
    check(
        Bench::stop,
        "✗ Closed: Claude was stopped before anybody answered.",
    );
    check(
        |bench| bench.exit(""),
        "✗ Closed: Claude's process ended before anybody answered.",
    );
    check(
        |bench| bench.event(Event::Shutdown(ShutdownStage::Drain)),
        "✗ Closed by a restart before anybody answered.",
    );
}

#[test]
fn many_options_and_several_answers_come_as_a_menu() {
    for (count, is_multiple, most) in [(5, false, 1), (3, true, 3), (30, true, 25)] {
        let mut bench = working();
        let option =
            |number| json!({ "label": format!("o{number}"), "description": "x".repeat(200) });
        let options: Vec<_> = (0..count).map(option).collect();
        let question = json!({ "question": "Which?", "header": "", "multiSelect": is_multiple, "options": options });
        let effects = bench.may_use(
            "q",
            "AskUserQuestion",
            &json!({ "questions": [question] }),
            None,
        );
        let (_, post) = puts(&effects).next().unwrap();
        let [[ChatControl::Menu(menu)], [ChatControl::Button(other)]] =
            [&post.controls[0][..], &post.controls[1][..]]
        else {
            panic!("{:?}", post.controls)
        };
        assert_eq!((menu.options.len(), menu.max), (count.min(25), most));
        assert_eq!(other.label, "Other…");
        let message = bench.state.record().unwrap().state.posts[0].messages[0];
        let mut press = recovery::press(&bench, &menu.id.to_string(), message.0, 2);
        press.values = vec!["99".into()];
        let effects = bench.event(Event::Pressed(press.clone()));
        assert_eq!(private(&effects), messages::CONTROL_EXPIRED);
        press.values = vec!["0".into(), "2".into()];
        let effects = bench.event(Event::Pressed(press));
        assert_eq!(answers(&effects).as_deref(), Some(r#"{"Which?":"o0, o2"}"#));
    }
}

#[test]
fn a_form_takes_options_and_words() {
    let form = |count: usize, is_multiple| {
        let mut bench = working();
        let options: Vec<_> = (0..count)
            .map(|number| json!({ "label": format!("o{number}"), "description": "" }))
            .collect();
        let question = json!({ "question": "Which?", "header": "", "multiSelect": is_multiple, "options": options });
        let input = json!({ "questions": [question] });
        drop(bench.may_use("q", "AskUserQuestion", &input, None));
        let (_, message, id) = bench.button("Other…");
        let press = recovery::press(&bench, &id, message.0, 2);
        let effects = bench.event(Event::Pressed(press.clone()));
        let [InteractionReply::OpenForm(form)] = &replies(&effects)[..] else {
            panic!("{effects:?}")
        };
        (bench, press, form.clone())
    };
    // Discord shows two to ten radio buttons.
    for (count, fields) in [(1, 1), (2, 2), (10, 2), (11, 1)] {
        assert_eq!(form(count, false).2.fields.len(), fields, "{count}");
    }
    for (values, written, answer) in [
        (&["0", "2"][..], "", Some("o0, o2")),
        (&["2"], "more", Some("o2, more")),
        (&[], "mine", Some("mine")),
        (&["99", "x", "-1"], "", None),
        (&[], "\u{200b}", None),
    ] {
        let (mut bench, mut press, _) = form(3, true);
        press.values = values.iter().map(|value| (*value).to_owned()).collect();
        press.entered = Some(written.to_owned());
        let effects = bench.event(Event::Pressed(press));
        match answer {
            Some(answer) => {
                let wanted = json!({ "Which?": answer }).to_string();
                assert_eq!(answers(&effects), Some(wanted));
            }
            None => assert_eq!(private(&effects), texts::EMPTY),
        }
    }
}

#[test]
fn what_is_no_question_is_refused() {
    for input in [
        json!({}),
        json!({ "questions": [] }),
        json!({ "questions": [{ "question": " " }] }),
    ] {
        let mut bench = working();
        let effects = bench.may_use("q", "AskUserQuestion", &input, None);
        assert_eq!(decisions(&effects), [("q", Err(texts::NOT_SHOWN.into()))]);
    }
}

#[test]
fn all_means_the_calls_and_no_question() {
    let mut bench = working();
    drop(bench.may("r1", "one"));
    drop(bench.may("r2", "two"));
    drop(bench.asks(1));
    let effects = bench.decide("Deny all 2");
    let denied: Vec<_> = decisions(&effects).into_iter().map(|(id, _)| id).collect();
    assert_eq!(denied, ["r1", "r2"]);
    assert_eq!(bench.labels(), ["Red", "Blue", "Other…"]);
}

fn planning(plan: &str) -> Bench {
    let mut bench = working();
    drop(bench.may_use("p", "ExitPlanMode", &json!({ "plan": plan }), None));
    bench
}

#[test]
fn a_plan_is_shown_above_its_card_and_approved_by_an_approver() {
    for (label, mode, name) in [
        ("Approve", PermissionMode::Default, "default"),
        (
            "Approve and accept edits",
            PermissionMode::AcceptEdits,
            "acceptEdits",
        ),
    ] {
        let mut bench = working();
        let effects = bench.may_use("p", "ExitPlanMode", &json!({ "plan": "# Do it" }), None);
        let posts: Vec<_> = puts(&effects).map(|(_, post)| text_of(post)).collect();
        assert_eq!(posts, ["# Do it", ""]);
        let button = bench.button(label);
        let effects = bench.press_it(&button, false, None);
        assert_eq!(private(&effects), super::texts::NOT_AN_APPROVER);
        let effects = bench.decide(label);
        let [("p", Ok(updates))] = &decisions(&effects)[..] else {
            panic!("{effects:?}")
        };
        assert!(updates[0].get("type").is("setMode") && updates[0].get("mode").is(name));
        assert_eq!(bench.state.record().unwrap().state.mode, Some(mode));
    }
}

#[test]
fn a_plan_is_changed_by_the_asker_or_an_approver() {
    for (person, may_approve, counts) in [(2, false, true), (9, true, true), (9, false, false)] {
        let mut bench = planning("# Do it");
        let (_, message, id) = bench.button("Change");
        let mut press = recovery::press(&bench, &id, message.0, person);
        press.may_approve = may_approve;
        press.entered = Some("in two steps".into());
        let effects = bench.event(Event::Pressed(press));
        if counts {
            let [("p", Err(why))] = &decisions(&effects)[..] else {
                panic!("{effects:?}")
            };
            assert!(why.ends_with("What should change: in two steps"), "{why}");
        } else {
            assert_eq!(private(&effects), texts::NOT_THE_ASKER);
        }
    }
}

#[test]
fn a_plan_that_is_not_shown_cannot_be_approved() {
    assert_eq!(planning(" ").labels(), ["Change"]);
    let mut bench = working();
    let effects = bench.may_use("p", "ExitPlanMode", &json!({ "plan": "# Do it" }), None);
    let (key, _) = puts(&effects).next().unwrap();
    let event = Event::Posted {
        key: key.clone(),
        messages: Vec::new(),
        state: PostState::Failed(PostFailure::WithoutFiles),
    };
    drop(bench.event(event));
    assert_eq!(bench.labels(), ["Change"]);
}
