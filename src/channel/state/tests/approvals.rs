//! Tool calls that people decide about.

mod private;
mod questions;
mod revocation;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{
    channel::messages::approvals as texts,
    chat::{Body, Control as ChatControl, Interaction, PostFailure, PostFile},
    claude::protocol::{
        ControlRequest, Decision, PermissionDenial, PermissionRequest, Query, Response,
    },
    config::Approvals,
    registry::state::Grant,
};

/// A button as people see it: its label, its message, its id.
type Shown = (String, MessageId, String);

impl Bench {
    /// The CLI asks whether it may run a command.
    fn may(&mut self, id: &str, command: &str) -> Vec<Effect> {
        self.may_use(id, "Bash", &json!({ "command": command }), None)
    }

    fn may_use(&mut self, id: &str, tool: &str, input: &Value, agent: Option<&str>) -> Vec<Effect> {
        let request = PermissionRequest {
            tool_name: tool.into(),
            input: Json::of(input).unwrap(),
            tool_use_id: format!("toolu-{id}"),
            agent_id: agent.map(str::to_owned),
            ..PermissionRequest::default()
        };
        self.cli(SessionEvent::ControlRequest(ControlRequest {
            request_id: id.into(),
            query: Query::Permission(Box::new(request)),
        }))
    }

    fn requests_on_record(&self) -> usize {
        let record = self.state.record().unwrap();
        record.state.approval_posts().count()
    }

    /// The buttons of open requests, oldest first.
    fn buttons(&self) -> Vec<Shown> {
        let record = self.state.record().unwrap();
        let posts = record.state.approval_posts();
        let shown = posts.flat_map(|post| {
            let buttons = controls::buttons(post).into_iter().flatten();
            let message = post.messages.first().copied().unwrap_or(MessageId(0));
            buttons.filter_map(move |control| match control {
                ChatControl::Button(button) => Some((button.label, message, button.id.to_string())),
                ChatControl::Menu(_) => None,
            })
        });
        shown.collect()
    }

    fn labels(&self) -> Vec<String> {
        self.buttons()
            .into_iter()
            .map(|(label, ..)| label)
            .collect()
    }

    /// The newest button with this label, a rule after it aside.
    fn button(&self, label: &str) -> Shown {
        let mut buttons = self.buttons().into_iter().rev();
        let found = buttons.find(|(found, ..)| found.split(':').next() == Some(label));
        found.unwrap_or_else(|| panic!("no {label} in {:?}", self.labels()))
    }

    fn press_it(
        &mut self,
        (_, message, custom_id): &Shown,
        may_approve: bool,
        entered: Option<&str>,
    ) -> Vec<Effect> {
        self.event(Event::Pressed(Press {
            interaction: Interaction {
                id: 1,
                token: "t".into(),
                deadline: DateTime::UNIX_EPOCH,
            },
            speaker: Speaker {
                id: UserId(9),
                name: "Ada".into(),
                role: Role::Member,
            },
            message: *message,
            custom_id: custom_id.clone(),
            values: Vec::new(),
            entered: entered.map(str::to_owned),
            may_approve,
        }))
    }

    fn decide(&mut self, label: &str) -> Vec<Effect> {
        let button = self.button(label);
        self.press_it(&button, true, None)
    }
}

/// A channel whose CLI works on a message.
fn working() -> Bench {
    let mut bench = Bench::new();
    bench.working();
    drop(bench.cli(init()));
    bench
}

/// The decisions sent: the request, and whether it is allowed or what the model reads.
fn decisions(effects: &[Effect]) -> Vec<(&str, Result<Vec<Json>, String>)> {
    let sent = effects.iter().filter_map(|effect| match effect {
        Effect::Send(SessionRequest::Respond {
            request_id,
            response: Response::Decision(decision),
        }) => Some((
            request_id.as_str(),
            match decision {
                Decision::Allow {
                    updated_permissions,
                    ..
                } => Ok(updated_permissions.clone()),
                Decision::Deny { message, .. } => Err(message.clone()),
            },
        )),
        _ => None,
    });
    sent.collect()
}

/// The cards of requests that are put: their texts, and how many buttons they have.
fn cards(effects: &[Effect]) -> Vec<(String, usize)> {
    let cards = puts(effects).filter(|(key, _)| key.as_str().starts_with("a."));
    let cards = cards.map(|(_, post)| match &post.body {
        Body::Card(card) => (card.text.clone(), post.controls.iter().flatten().count()),
        other => panic!("{other:?}"),
    });
    cards.collect()
}

#[track_caller]
fn check_closed(effects: &[Effect], line: &str) {
    let [(text, 0)] = &cards(effects)[..] else {
        panic!("{effects:?}")
    };
    assert!(text.ends_with(line), "{text}");
}

#[test]
fn a_request_is_on_record_before_its_card_is_posted() {
    let mut bench = working();
    let effects = bench.may("r", "touch made");
    let save = effects.iter().position(|effect| match effect {
        Effect::Save { record, .. } => record.state.approval_posts().count() == 1,
        _ => false,
    });
    let put = effects
        .iter()
        .position(|effect| matches!(effect, Effect::Chat(ChatOp::Put { .. })));
    assert!(save.unwrap() < put.unwrap(), "{effects:?}");
    let (text, buttons) = &cards(&effects)[0];
    assert!(text.contains("```sh\ntouch made\n```"), "{text}");
    assert!(text.ends_with("Denied <t:900:R> if nobody does."), "{text}");
    assert_eq!(*buttons, 5);
    let labels = [
        "Allow once",
        "Allow for this session: Bash(touch made)",
        "Always here: Bash(touch made)",
        "Deny",
        "Deny with a reason",
    ];
    assert_eq!(bench.labels(), labels);
    assert!(decisions(&effects).is_empty());
}

#[test]
fn allowed_once_it_runs_and_the_card_says_by_whom() {
    let mut bench = working();
    drop(bench.may("r", "touch made"));
    let effects = bench.decide("Allow once");
    assert_eq!(decisions(&effects), [("r", Ok(vec![]))]);
    assert_eq!(replies(&effects), [&InteractionReply::Acknowledge]);
    check_closed(&effects, "\n✓ Allowed once by Ada.");
    assert_eq!(bench.requests_on_record(), 0, "the card is delivered");
    let grants = &bench.state.record().unwrap().state.grants;
    assert!(grants.is_empty());
}

#[test]
fn a_granted_rule_holds_at_once_and_for_the_next_process() {
    for (label, is_permanent, line) in [
        (
            "Allow for this session",
            false,
            "✓ Allowed for this session by Ada.",
        ),
        (
            "Always here",
            true,
            "✓ Allowed always in this channel by Ada.",
        ),
    ] {
        let mut bench = working();
        drop(bench.may("r", "touch made"));
        let effects = bench.decide(label);
        let [("r", Ok(updates))] = &decisions(&effects)[..] else {
            panic!("{effects:?}")
        };
        let rule = &updates[0].get("rules").entries().unwrap()[0];
        assert!(rule.get("toolName").is("Bash") && rule.get("ruleContent").is("touch made"));
        assert!(updates[0].get("destination").is("session"));
        check_closed(&effects, line);
        let grants = bench.state.grants();
        let expected = Grant {
            rule: "Bash(touch made)".into(),
            by: UserId(9),
            name: "Ada".into(),
            at: "1970-01-01T00:00:00.000Z".into(),
            is_permanent,
        };
        assert_eq!(grants, [expected]);
        // It is on disk before the call runs.
        let saved = effects.iter().position(|effect| match effect {
            Effect::Save { record, .. } => !record.state.grants.is_empty(),
            _ => false,
        });
        let sent = effects
            .iter()
            .position(|effect| matches!(effect, Effect::Send(_)));
        assert!(saved.unwrap() < sent.unwrap());
        let restarted = Bench::with(bench.state.record().cloned());
        assert_eq!(restarted.state.grants(), grants);
        drop(bench.cli(result()));
        drop(bench.command(Command::Clear));
        assert_eq!(bench.state.grants().len(), usize::from(is_permanent));
    }
}

#[test]
fn without_approvals_nothing_is_asked_or_granted() {
    let mut bench = working();
    drop(bench.may("r", "touch made"));
    drop(bench.decide("Always here"));
    Arc::make_mut(&mut bench.state.config).discord.approvals = Approvals::Off;
    assert!(bench.state.grants().is_empty());
    let effects = bench.may("s", "touch made");
    assert!(cards(&effects).is_empty());
    let error = "Unsupported control request subtype: can_use_tool".to_owned();
    assert!(effects.contains(&Effect::Send(SessionRequest::Respond {
        request_id: "s".into(),
        response: Response::Error(error),
    })));
}

#[test]
fn a_denial_reaches_claude_with_its_reason() {
    let mut bench = working();
    drop(bench.may("r", "touch made"));
    let effects = bench.decide("Deny");
    let [("r", Err(message))] = &decisions(&effects)[..] else {
        panic!("{effects:?}")
    };
    assert!(message.contains("denied"), "{message}");
    check_closed(&effects, "\n✗ Denied by Ada.");

    drop(bench.may("s", "touch made"));
    let button = bench.button("Deny with a reason");
    let effects = bench.press_it(&button, true, None);
    let [InteractionReply::OpenForm(form)] = &replies(&effects)[..] else {
        panic!("{effects:?}")
    };
    assert_eq!(form.id.to_string(), button.2);
    assert!(decisions(&effects).is_empty());
    let effects = bench.press_it(&button, true, Some("use `mktemp` instead"));
    let [("s", Err(message))] = &decisions(&effects)[..] else {
        panic!("{effects:?}")
    };
    assert!(
        message.ends_with("with this reason: use `mktemp` instead"),
        "{message}"
    );
    check_closed(&effects, "\n✗ Denied by Ada: use \\`mktemp\\` instead");
    // The end of the turn does not tell of them again.
    let denied = |id: &str| PermissionDenial {
        tool_name: "Bash".into(),
        tool_use_id: format!("toolu-{id}"),
        ..PermissionDenial::default()
    };
    let SessionEvent::Result(mut end) = result() else {
        unreachable!()
    };
    end.permission_denials = vec![denied("r"), denied("s")];
    let effects = bench.cli(SessionEvent::Result(end));
    assert!(
        says(&effects).iter().all(|text| !text.contains("Refused")),
        "{effects:?}"
    );
}

#[test]
fn a_press_counts_once_from_an_approver_on_its_message() {
    let mut bench = working();
    drop(bench.may("r", "touch made"));
    let button = bench.button("Allow once");
    let private = |effects: &[Effect], text: &str| {
        assert!(decisions(effects).is_empty(), "{effects:?}");
        assert_eq!(replies(effects), [&InteractionReply::Private(text.into())]);
    };
    private(
        &bench.press_it(&button, false, None),
        texts::NOT_AN_APPROVER,
    );
    let reason = bench.button("Deny with a reason");
    private(
        &bench.press_it(&reason, false, Some("because")),
        texts::NOT_AN_APPROVER,
    );
    let elsewhere = (String::new(), MessageId(7), button.2.clone());
    private(
        &bench.press_it(&elsewhere, true, None),
        messages::CONTROL_EXPIRED,
    );
    let other = button.2.replace(":1", ":2");
    let older = (String::new(), button.1, other);
    private(
        &bench.press_it(&older, true, None),
        messages::CONTROL_EXPIRED,
    );
    // A form that the button does not open.
    private(
        &bench.press_it(&button, true, Some("x")),
        messages::CONTROL_EXPIRED,
    );
    assert_eq!(decisions(&bench.press_it(&button, true, None)).len(), 1);
    private(
        &bench.press_it(&button, true, None),
        messages::CONTROL_EXPIRED,
    );
    private(
        &bench.press_it(&reason, true, Some("x")),
        messages::CONTROL_EXPIRED,
    );
}

#[test]
fn all_means_exactly_those_that_were_shown() {
    let mut bench = working();
    drop(bench.may("a", "one"));
    let effects = bench.may("b", "two");
    assert!(
        cards(&effects)[0]
            .0
            .ends_with("those above that are open: 2."),
        "{effects:?}"
    );
    let all = bench.button("Allow all 2 once");
    drop(bench.may("c", "three"));
    assert!(
        !bench.labels().contains(&"Allow all 2 once".into()),
        "{:?}",
        bench.labels()
    );
    let effects = bench.press_it(&all, true, None);
    assert!(
        decisions(&effects).is_empty(),
        "the third one was not shown"
    );
    let effects = bench.decide("Allow all 3 once");
    assert_eq!(
        decisions(&effects),
        [("a", Ok(vec![])), ("b", Ok(vec![])), ("c", Ok(vec![]))]
    );
    assert!(bench.labels().is_empty());

    // One that is decided alone leaves the others.
    drop(bench.may("d", "one"));
    drop(bench.may("e", "two"));
    let first = bench.buttons().remove(0);
    assert_eq!(
        decisions(&bench.press_it(&first, true, None)),
        [("d", Ok(vec![]))]
    );
    assert_eq!(bench.labels().len(), 5);
    drop(bench.may("f", "three"));
    let effects = bench.decide("Deny all 2");
    assert_eq!(decisions(&effects).len(), 2);
}

#[test]
fn what_cannot_be_shown_whole_can_only_be_denied() {
    let mut bench = working();
    let effects = bench.may("r", &"x".repeat(300_000));
    assert!(
        cards(&effects)[0].0.contains("can only be denied"),
        "{:?}",
        cards(&effects)
    );
    assert_eq!(bench.labels(), ["Deny", "Deny with a reason"]);
    drop(bench.may("s", "touch made"));
    let labels = bench.labels();
    assert!(
        !labels.iter().any(|label| label.starts_with("Allow all")),
        "{labels:?}"
    );
}

#[test]
fn a_card_without_its_file_can_only_be_denied() {
    let mut bench = working();
    let effects = bench.state.handle(
        Event::Session(SessionEvent::ControlRequest(ControlRequest {
            request_id: "r".into(),
            query: Query::Permission(Box::new(PermissionRequest {
                tool_name: "Bash".into(),
                input: Json::of(&json!({ "command": "x\n".repeat(2_000) })).unwrap(),
                ..PermissionRequest::default()
            })),
        })),
        bench.now,
    );
    let (key, post) = puts(&effects).next().unwrap();
    let [PostFile { name, .. }] = &post.files[..] else {
        panic!("{post:?}")
    };
    assert_eq!(name, "request.sh.txt");
    let failed = |why| Event::Posted {
        key: key.clone(),
        messages: vec![MessageId(77)],
        state: PostState::Failed(why),
    };
    let effects = bench
        .state
        .handle(failed(PostFailure::WithoutFiles), bench.now);
    assert!(
        cards(&effects)[0].0.contains(texts::FILES_MISSING),
        "{effects:?}"
    );
    assert_eq!(bench.labels(), ["Deny", "Deny with a reason"]);
    // A card that cannot be posted at all asks nobody.
    let effects = bench.state.handle(failed(PostFailure::Refused), bench.now);
    assert_eq!(decisions(&effects), [("r", Err(texts::NOT_POSTED.into()))]);
    assert!(bench.state.approvals.is_empty());
}

#[test]
fn nobody_answers_in_time_and_claude_goes_on() {
    let mut bench = working();
    drop(bench.may("r", "touch made"));
    assert!(decisions(&bench.after(899)).is_empty());
    let effects = bench.after(1);
    let [("r", Err(message))] = &decisions(&effects)[..] else {
        panic!("{effects:?}")
    };
    assert!(
        message.starts_with("Nobody decided about this within 15 minutes"),
        "{message}"
    );
    check_closed(&effects, "\n✗ Denied: nobody decided within 15 minutes.");
    assert!(bench.state.is_asked());
}

#[test]
fn the_clocks_of_a_turn_stand_still_while_a_request_is_open() {
    let mut bench = working();
    drop(bench.after(60));
    drop(bench.may("r", "touch made"));
    // Longer than the silence and the time limit.
    assert!(
        !bench
            .after(890)
            .contains(&control("switchboard-interrupt", Control::Interrupt))
    );
    assert_eq!(decisions(&bench.decide("Allow once")).len(), 1);
    // Four of five minutes are left, and silence counts from now on.
    assert!(bench.after(119).is_empty());
    let interrupt = control("switchboard-interrupt", Control::Interrupt);
    assert!(bench.after(1).contains(&interrupt), "it is silent");

    let mut bench = working();
    drop(bench.may("r", "touch made"));
    drop(bench.after(600));
    drop(bench.decide("Allow once"));
    for _ in 0..3 {
        assert!(!bench.after(99).contains(&interrupt));
        drop(bench.cli(text("x")));
    }
    assert!(bench.after(10).contains(&interrupt), "the time limit");
}

#[test]
fn a_process_with_an_open_request_is_never_idle() {
    let mut bench = Bench::new();
    bench.waiting();
    drop(bench.may_use("r", "Bash", &json!({ "command": "id" }), Some("agent")));
    assert!(!bench.state.is_resting());
    Arc::make_mut(&mut bench.state.config)
        .discord
        .approval_timeout = Duration::from_hours(9);
    drop(bench.may_use("s", "Bash", &json!({ "command": "id" }), Some("agent")));
    drop(bench.after(899));
    assert!(
        !bench
            .event(Event::Recalled(Recall::Slot))
            .contains(&Effect::Stop)
    );
    drop(bench.after(3_600));
    assert!(bench.state.process.is_live());
    let effects = bench.decide("Deny");
    assert_eq!(decisions(&effects).len(), 1);
    assert!(
        effects.contains(&Effect::Stop),
        "it was recalled: {effects:?}"
    );
}

#[test]
fn whatever_ends_the_work_closes_its_requests() {
    type Ends = fn(&mut Bench) -> Vec<Effect>;
    let gone: Ends = |bench| bench.exit("");
    let cases: [(&str, Ends, usize); 6] = [
        ("Claude was stopped before anybody decided.", Bench::stop, 1),
        (
            "Claude was stopped before anybody decided.",
            |bench| {
                let message = MessageId(bench.next_message);
                bench.event(Event::Deleted(vec![message]))
            },
            1,
        ),
        (
            "Claude was stopped before anybody decided.",
            |bench| bench.event(Event::ChannelGone),
            1,
        ),
        ("Claude's process ended before anybody decided.", gone, 0),
        (
            "by a restart before anybody decided.",
            |bench| bench.event(Event::Shutdown(ShutdownStage::Drain)),
            2,
        ),
        (
            "by a restart before anybody decided.",
            |bench| bench.event(Event::Shutdown(ShutdownStage::Interrupt)),
            0,
        ),
    ];
    for (line, ends, answered) in cases {
        let mut bench = working();
        drop(bench.may("r", "touch made"));
        drop(bench.may_use("s", "Bash", &json!({ "command": "id" }), Some("agent")));
        let button = bench.button("Allow once");
        let effects = ends(&mut bench);
        let closed = cards(&effects);
        assert_eq!(closed.len(), 2, "{line}: {effects:?}");
        assert!(
            closed
                .iter()
                .all(|(text, buttons)| text.contains(line) && *buttons == 0),
            "{closed:?}"
        );
        let answers = decisions(&effects);
        assert!(answers.iter().all(|(_, answer)| answer.is_err()));
        assert_eq!(
            answers.len(),
            answered,
            "{line}: an interrupt withdraws the turn's own"
        );
        assert!(bench.state.approvals.is_empty() && bench.labels().is_empty());
        let late = bench.press_it(&button, true, None);
        assert_eq!(
            replies(&late),
            [&InteractionReply::Private(messages::CONTROL_EXPIRED.into())]
        );
    }
}

#[test]
fn a_stop_while_a_message_waits_closes_the_requests_of_subagents() {
    let mut bench = Bench::new();
    bench.waiting();
    drop(bench.may_use("r", "Bash", &json!({ "command": "id" }), Some("agent")));
    drop(bench.ask("next"));
    let effects = bench.stop();
    assert_eq!(decisions(&effects).len(), 1, "{effects:?}");
    assert!(bench.state.approvals.is_empty());
}

#[test]
fn a_request_that_the_cli_withdraws_is_closed_without_an_answer() {
    let mut bench = working();
    drop(bench.may("r", "touch made"));
    let effects = bench.cli(SessionEvent::ControlCancel {
        request_id: "r".into(),
    });
    check_closed(&effects, "\n✗ Closed: Claude no longer waits for this.");
    assert!(decisions(&effects).is_empty());
}

#[test]
fn a_deleted_card_is_a_denial() {
    let mut bench = working();
    drop(bench.may("r", "touch made"));
    let (_, message, _) = bench.button("Deny");
    let effects = bench.event(Event::Deleted(vec![message]));
    assert_eq!(decisions(&effects).len(), 1);
    assert_eq!(says(&effects), ["✗ Denied: the request was deleted."]);
    assert!(cards(&effects).is_empty() && bench.labels().is_empty());
}

#[test]
fn a_restart_closes_the_cards_it_finds() {
    let mut bench = working();
    drop(bench.may("r", "touch made"));
    let button = bench.button("Allow once");
    let record = bench.state.record().cloned().unwrap();
    assert!(record.is_unsettled());
    let mut restarted = Bench::with(Some(record));
    let effects = restarted.event(Event::Recover);
    check_closed(&effects, "\n✗ Closed by a restart before anybody decided.");
    assert!(cards(&effects)[0].0.contains("touch made"));
    let late = restarted.press_it(&button, true, None);
    assert_eq!(
        replies(&late),
        [&InteractionReply::Private(messages::CONTROL_EXPIRED.into())]
    );
    assert_eq!(restarted.requests_on_record(), 0);
}

#[test]
fn a_card_missing_from_the_record_is_edited_once_found() {
    let mut bench = working();
    drop(bench.may("r", "touch made"));
    let mut record = bench.state.record().cloned().unwrap();
    record.state.posts[0].messages.clear();
    let mut restarted = Bench::with(Some(record));
    let effects = restarted.state.handle(Event::Recover, restarted.now);
    let (key, _) = puts(&effects).next().unwrap();
    let found = restarted.deliver(key.clone());
    check_closed(&found, "\n✗ Closed by a restart before anybody decided.");
    assert_ne!(
        cards(&effects),
        cards(&found),
        "else it would not be edited"
    );
    drop(restarted.deliver(key.clone()));
    assert_eq!(restarted.requests_on_record(), 0);
}

#[test]
fn more_requests_than_a_channel_can_show_are_denied() {
    let mut bench = working();
    for index in 0..10 {
        assert!(decisions(&bench.may(&format!("r{index}"), "id")).is_empty());
    }
    let effects = bench.may("last", "id");
    assert_eq!(
        decisions(&effects),
        [("last", Err(texts::TOO_MANY_REQUESTS.into()))]
    );
    assert_eq!(bench.labels().len(), 52, "ten times five, and two for all");
}

#[derive(Debug, Clone)]
enum Step {
    Request(u8),
    /// The button, whether an approver presses it, and whether as a form.
    Press(u8, bool, bool),
    /// A button of an earlier version of a card.
    Stale(u8),
    Cancel(u8),
    Wait(u16),
    Stop,
    Exit,
    Restart,
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..6_u8).prop_map(Step::Request),
        4 => (any::<u8>(), any::<bool>(), any::<bool>()).prop_map(|(b, a, f)| Step::Press(b, a, f)),
        1 => any::<u8>().prop_map(Step::Stale),
        1 => (0..6_u8).prop_map(Step::Cancel),
        1 => (0..1_000_u16).prop_map(Step::Wait),
        1 => Just(Step::Stop),
        1 => Just(Step::Exit),
        1 => Just(Step::Restart),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]

    /// Whatever happens: no request is answered twice, none is allowed but by an approver's press on its present card,
    /// and no card keeps buttons once its request is closed.
    #[test]
    fn nothing_is_allowed_without_a_decision(steps in prop::collection::vec(step(), 0..40)) {
        let mut bench = working();
        let (mut number, mut open, mut old) = (0, Vec::<String>::new(), Vec::<Shown>::new());
        for step in steps {
            let mut may_allow = false;
            let before = bench.buttons();
            let effects = match step {
                Step::Request(kind) if bench.state.process.is_live() => {
                    number += 1;
                    let id = format!("r{number}");
                    open.push(id.clone());
                    let agent = (kind == 1).then_some("agent");
                    match kind {
                        0 => bench.may_use(&id, "Bash", &json!({ "command": "x".repeat(300_000) }), agent),
                        // The presses below are not the asker's, so none of them answers.
                        4 => bench.may_use(&id, "AskUserQuestion", &questions::asking(1), agent),
                        5 => bench.may_use(&id, "ExitPlanMode", &json!({ "plan": "# Do it" }), agent),
                        _ => bench.may_use(&id, "Bash", &json!({ "command": format!("cmd {kind}") }), agent),
                    }
                }
                Step::Press(which, may_approve, is_form) if !before.is_empty() => {
                    let button = &before[usize::from(which) % before.len()];
                    let is_grant = ["Allow", "Always", "Approve"].iter().any(|it| button.0.starts_with(it));
                    may_allow = is_grant && may_approve && !is_form;
                    bench.press_it(button, may_approve, is_form.then_some("no"))
                }
                Step::Stale(which) if !old.is_empty() => {
                    let button = old[usize::from(which) % old.len()].clone();
                    may_allow = before.contains(&button);
                    bench.press_it(&button, true, None)
                }
                Step::Cancel(which) if !open.is_empty() => {
                    let request_id = open.remove(usize::from(which) % open.len());
                    bench.cli(SessionEvent::ControlCancel { request_id })
                }
                Step::Wait(seconds) => bench.after(seconds.into()),
                Step::Stop => bench.stop(),
                Step::Exit if bench.state.process.is_live() || bench.state.process.is_stopping() => bench.exit(""),
                Step::Restart => {
                    bench = Bench::with(bench.state.record().cloned());
                    open.clear();
                    let effects = bench.event(Event::Recover);
                    prop_assert!(bench.buttons().is_empty());
                    bench.next_post += 1_000;
                    effects
                }
                _ => continue,
            };
            old.extend(before);
            for (id, answer) in decisions(&effects) {
                let known = open.iter().position(|open| open == id);
                prop_assert!(known.is_some(), "{} is answered twice", id);
                open.remove(known.unwrap());
                prop_assert!(answer.is_err() || may_allow, "{} is allowed", id);
            }
            let waiting = bench.state.approvals.cards().map(|(_, actions)| actions.len()).sum::<usize>();
            prop_assert_eq!(bench.buttons().len(), waiting);
            prop_assert_eq!(bench.state.approvals.is_empty(), bench.buttons().is_empty());
        }
    }
}
