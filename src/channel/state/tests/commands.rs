//! Commands, in their place in the queue.

use super::*;

#[test]
fn commands_keep_their_place_in_the_queue() {
    let mut bench = Bench::new();
    bench.working();
    assert!(
        bench
            .command(Command::Model(Some("HAIKU".into())))
            .is_empty()
    );
    assert!(bench.ask("second").is_empty());
    drop(bench.text("one"));
    let end = bench.cli(result());
    assert!(says(&end)[0].contains("`haiku` from the next message on"));
    let effects = bench.event(Event::Saved(Ok(())));
    assert_eq!(
        effects,
        [control(
            "switchboard-set-model",
            Control::SetModel {
                model: "haiku".into()
            }
        )]
    );
    assert_eq!(asks(&bench.answer("switchboard-set-model")), ["second"]);
}

#[test]
fn a_failed_model_change_restarts_the_process() {
    for refused in [true, false] {
        let mut bench = Bench::new();
        bench.waiting();
        drop(bench.command(Command::Model(Some("haiku".into()))));
        drop(bench.ask("second"));
        drop(bench.event(Event::Saved(Ok(()))));
        let effects = if refused {
            bench.control("switchboard-set-model", Some("no"), None)
        } else {
            bench.after(5)
        };
        assert_eq!(effects, [Effect::Stop]);
        let effects = bench.exit("");
        assert_eq!(
            effects,
            [Effect::Start {
                start: Start::Resume("id-1".into()),
                model: "haiku".into()
            }]
        );
    }
}

#[test]
fn some_commands_need_an_admin() {
    for command in [
        Command::Model(Some("haiku".into())),
        Command::Clear,
        Command::Sessions,
    ] {
        let mut bench = Bench::with(Some(seasoned()));
        let effects = bench.request(Request::Command(command.clone()), Role::Member);
        assert!(
            says(&effects)[0].starts_with("Only this bot's admins"),
            "{command:?}"
        );
        assert!(matches!(
            &effects[..],
            [Effect::Save { .. }, Effect::Chat(ChatOp::Put { .. })]
        ));
        let effects = bench.request(Request::Command(command), Role::Admin);
        assert!(
            !says(&effects)
                .iter()
                .any(|text| text.starts_with("Only this bot's admins"))
        );
    }
}

#[test]
fn the_actor_posts_reports() {
    let mut bench = Bench::new();
    for (command, expected) in [
        (Command::Status, ReportKind::Status),
        (
            Command::Usage(Period::Month),
            ReportKind::Usage(Period::Month),
        ),
        (Command::Sessions, ReportKind::Sessions),
    ] {
        let effects = bench.command(command);
        assert!(
            matches!(&effects[..], [Effect::Save { .. }, Effect::Report { report, .. }] if *report == expected)
        );
    }
}

#[test]
fn a_report_for_one_person_is_no_post() {
    let mut bench = Bench::new();
    bench.working();
    let interaction = crate::chat::Interaction {
        id: 1,
        token: "t".into(),
        deadline: DateTime::UNIX_EPOCH,
    };
    let speaker = Speaker {
        id: UserId(9),
        name: "Bob".into(),
        role: Role::Member,
    };
    let effects = bench.event(Event::ReportRequested {
        report: ReportKind::Status,
        interaction: interaction.clone(),
        speaker: speaker.clone(),
    });
    let expected = Effect::Report {
        report: ReportKind::Status,
        to: ReportTo::Interaction(interaction),
        speaker,
    };
    assert_eq!(effects, [expected], "at once, while a turn runs");
}

#[test]
fn clear_describes_the_old_session_and_ends_the_process() {
    let mut bench = Bench::new();
    assert!(says(&bench.command(Command::Clear))[0].starts_with("There is no session"));
    bench.waiting();
    let effects = bench.command(Command::Clear);
    let said: Vec<_> = texts(&effects).map(|(_, post)| text_of(post)).collect();
    assert!(said[0].contains("1 turn with `sonnet`") && said[0].contains("`!resume`"));
    assert!(effects.contains(&Effect::Stop));
    assert_eq!(bench.state.record().unwrap().earlier[0].session_id, "id-1");
    assert!(bench.state.record().unwrap().is_empty());
    drop(bench.ask("fresh"));
    assert!(
        starts(&bench.event(Event::Saved(Ok(())))).is_empty(),
        "the old process is still there"
    );
    let effects = bench.exit("");
    assert!(matches!(starts(&effects)[..], [Start::Fresh(id)] if id != "id-1"));
}

#[test]
fn a_hint_keeps_its_place_in_the_queue() {
    let mut bench = Bench::new();
    assert_eq!(
        says(&bench.request(Request::Hint("did you mean".into()), Role::Member)),
        ["did you mean"]
    );
}

#[test]
fn compact_requires_a_conversation() {
    let mut bench = Bench::new();
    assert!(says(&bench.command(Command::Compact))[0].starts_with("There is no conversation"));
    bench.waiting();
    drop(bench.command(Command::Compact));
    let effects = bench.event(Event::Saved(Ok(())));
    assert!(matches!(&effects[..], [Effect::Ask { text: None, .. }]));
    let quiet = TurnResult {
        subtype: "success".into(),
        result: Some(String::new()),
        ..TurnResult::default()
    };
    drop(bench.cli(SessionEvent::Compacted(CompactBoundary {
        post_tokens: Some(7),
        ..CompactBoundary::default()
    })));
    let end = bench.cli(SessionEvent::Result(Box::new(quiet.clone())));
    assert!(says(&end)[0].starts_with("The conversation was summarized"));
    assert_eq!(bench.state.record().unwrap().context_tokens, 7);
    drop(bench.command(Command::Compact));
    drop(bench.event(Event::Saved(Ok(()))));
    let end = bench.cli(SessionEvent::Result(Box::new(quiet)));
    assert_eq!(says(&end), ["There was nothing to summarize."]);
}

#[test]
fn an_interaction_opens_no_turn_in_the_record() {
    let mut bench = Bench::new();
    let request = Request::Command(Command::Help);
    let item = item(Origin::Interaction(1), Role::Owner, request);
    let effects = bench.event(Event::Requested(item));
    assert!(says(&effects)[0].contains("!model"));
    assert!(lines(&effects).is_empty());
}

#[test]
fn a_model_changed_for_a_stopped_turn_is_known() {
    let set = |effects: &[Effect], model: &str| {
        let model = model.to_owned();
        effects.contains(&control(
            "switchboard-set-model",
            Control::SetModel { model },
        ))
    };
    let mut bench = Bench::new();
    bench.waiting();
    drop(bench.command(Command::Model(Some("haiku".into()))));
    drop(bench.ask("stopped"));
    assert!(set(&bench.event(Event::Saved(Ok(()))), "haiku"));
    drop(bench.stop());
    drop(bench.answer("switchboard-set-model"));
    // The CLI has it, so it must be changed back.
    drop(bench.command(Command::Model(Some("sonnet".into()))));
    drop(bench.ask("runs"));
    assert!(set(&bench.event(Event::Saved(Ok(()))), "sonnet"));
}
