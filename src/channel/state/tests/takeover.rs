//! Messages that interrupt the running turn, or steer it.

use super::*;

impl Bench {
    /// Claude works on a first message, and has begun with it.
    pub(super) fn begun() -> Self {
        let mut bench = Self::new();
        bench.working();
        drop(bench.cli(init()));
        bench
    }

    pub(super) fn ask_with(&mut self, mode: QueueMode, words: &str) -> Vec<Effect> {
        self.next_message += 1;
        let origin = Origin::Message(MessageId(self.next_message));
        let request = Request::Prompt {
            text: words.into(),
            context: Box::default(),
        };
        let mut item = item(origin, Role::Member, request);
        item.mode = Some(mode);
        item.speaker.name = "Bob".into();
        item.speaker.id = UserId(3);
        self.event(Event::Requested(item))
    }

    /// A message steers, and is with the CLI.
    fn steered() -> Self {
        let mut bench = Self::begun();
        drop(bench.text("so far"));
        drop(bench.ask_with(QueueMode::Steer, "left"));
        assert_eq!(steering(&bench.event(Event::Saved(Ok(())))), ["left"]);
        bench
    }
}

/// The messages that are sent to cut the running turn.
pub(super) fn steering(effects: &[Effect]) -> Vec<&str> {
    let texts = effects.iter().filter_map(|effect| match effect {
        Effect::Ask {
            text, steers: true, ..
        } => text.as_deref(),
        _ => None,
    });
    texts.collect()
}

/// The result of a turn that the CLI has cut for a message.
pub(super) fn cut() -> SessionEvent {
    SessionEvent::Result(Box::new(TurnResult {
        subtype: "success".into(),
        result: Some(String::new()),
        session_id: Some("id-1".into()),
        total_cost_usd: Some(0.25),
        terminal_reason: Some("aborted_tools".into()),
        num_turns: 2,
        ..TurnResult::default()
    }))
}

const MADE_WAY: &str = "-# Claude goes on with Bob's message.";

#[test]
fn a_message_that_interrupts_is_next() {
    let mut bench = Bench::begun();
    drop(bench.ask("waits"));
    assert_eq!(
        bench.ask_with(QueueMode::Interrupt, "now this"),
        [control("switchboard-interrupt", Control::Interrupt)]
    );
    let end = bench.cli(failed("[ede_diagnostic]"));
    assert_eq!(
        says(&end),
        ["-# Stopped: Claude goes on with Bob's message."]
    );
    assert_eq!(lines(&end)[0].outcome, "interrupted");
    assert_eq!(bench.state.record().unwrap().total_turn_errors, 0);
    assert_eq!(asks(&bench.event(Event::Saved(Ok(())))), ["now this"]);
    drop(bench.cli(init()));
    drop(bench.cli(result()));
    assert_eq!(asks(&bench.event(Event::Saved(Ok(())))), ["waits"]);
}

#[test]
fn an_undelivered_message_runs_before_one_that_interrupts() {
    let mut bench = Bench::new();
    drop(bench.ask("hello"));
    drop(bench.ask("waits"));
    for words in ["now this", "then that"] {
        assert_eq!(bench.ask_with(QueueMode::Interrupt, words), []);
    }
    drop(bench.event(Event::Saved(Ok(()))));
    drop(bench.event(Event::Started));
    assert_eq!(asks(&bench.answer("switchboard-initialize")), ["hello"]);
    for words in ["now this", "then that", "waits"] {
        drop(bench.cli(init()));
        assert_eq!(lines(&bench.cli(result()))[0].outcome, "answered");
        assert_eq!(asks(&bench.event(Event::Saved(Ok(())))), [words]);
    }
}

#[test]
fn of_several_messages_that_interrupt_each_is_run() {
    let mut bench = Bench::begun();
    for words in ["one", "two", "three"] {
        drop(bench.ask_with(QueueMode::Interrupt, words));
    }
    drop(bench.cli(failed("[ede_diagnostic]")));
    for words in ["one", "two", "three"] {
        assert_eq!(asks(&bench.event(Event::Saved(Ok(())))), [words]);
        drop(bench.cli(init()));
        assert_eq!(lines(&bench.cli(result()))[0].outcome, "answered");
    }
}

#[test]
fn a_message_that_steers_waits_behind_a_compaction() {
    let mut bench = Bench::begun();
    drop(bench.ask_with(QueueMode::Steer, "left"));
    drop(bench.cli(failed("Prompt is too long")));
    assert!(steering(&bench.event(Event::Saved(Ok(())))).is_empty());
    drop(bench.cli(init()));
    drop(bench.cli(SessionEvent::Compacted(CompactBoundary::default())));
    assert_eq!(asks(&bench.cli(result())), ["hello"]);
    drop(bench.cli(init()));
    assert_eq!(steering(&bench.event(Event::Saved(Ok(())))), ["left"]);
}

#[test]
fn a_message_that_was_sent_moves_if_a_rule_was_revoked() {
    let mut bench = Bench::steered();
    bench.state.process.outdate();
    assert!(bench.cli(cut()).contains(&Effect::Stop));
    assert_eq!(starts(&bench.exit("")).len(), 1);
    drop(bench.event(Event::Started));
    drop(bench.answer("switchboard-initialize"));
    let effects = bench.control("switchboard-get-usage", None, Some(0.25));
    assert!(
        asks(&effects).is_empty(),
        "what the session has is withdrawn first"
    );
    assert_eq!(asks(&bench.answer("switchboard-withdraw")), ["left"]);
}

#[test]
fn by_the_channels_mode_each_message_interrupts() {
    let mut bench = Bench::begun();
    drop(bench.command(Command::QueueMode(QueueMode::Interrupt)));
    let interrupt = control("switchboard-interrupt", Control::Interrupt);
    assert!(bench.ask("second").contains(&interrupt));
    drop(bench.cli(failed("[ede_diagnostic]")));
    assert_eq!(asks(&bench.event(Event::Saved(Ok(())))), ["second"]);
}

#[test]
fn a_message_that_steers_is_sent_into_the_running_turn() {
    let mut bench = Bench::steered();
    assert_eq!(bench.state.waiting(), 1);
    let open = &bench.state.record().unwrap().state.open_turns;
    assert_eq!(open.len(), 2, "both are on record");
    let end = bench.cli(cut());
    assert_eq!(says(&end), [MADE_WAY]);
    assert_eq!(lines(&end)[0].author, UserId(2));
    assert_eq!(lines(&end)[0].outcome, "interrupted");
    assert!(notices(&end).is_empty());
    // It is not sent again.
    assert!(asks(&end).is_empty());
    drop(bench.cli(init()));
    drop(bench.cli(text("turning left")));
    let said = bench.cli(stop("end_turn"));
    let (_, post) = puts(&said).next().unwrap();
    assert_eq!(post.reply_to, Some(MessageId(102)));
    let end = bench.cli(result());
    assert_eq!(lines(&end)[0].author, UserId(3));
    assert_eq!(lines(&end)[0].message, Some(MessageId(102)));
    assert_eq!(lines(&end)[0].outcome, "answered");
    assert!((lines(&end)[0].cost_usd.dollars() - 0.25).abs() < 1e-9);
    assert_eq!(bench.state.record().unwrap().state.open_turns, []);
}

#[test]
fn a_turn_that_ends_first_is_answered_as_usual() {
    let mut bench = Bench::steered();
    let end = bench.cli(result());
    assert_eq!(says(&end), [""; 0]);
    assert_eq!(lines(&end)[0].outcome, "answered");
    drop(bench.cli(init()));
    assert_eq!(lines(&bench.cli(result()))[0].message, Some(MessageId(102)));
}

#[test]
fn a_message_does_not_steer_before_the_turn_has_begun() {
    let mut bench = Bench::new();
    bench.working();
    drop(bench.ask_with(QueueMode::Steer, "left"));
    assert_eq!(bench.state.queue.len(), 1, "they would become one turn");
    drop(bench.cli(init()));
    assert_eq!(steering(&bench.event(Event::Saved(Ok(())))), ["left"]);
}

#[test]
fn only_one_message_steers_at_a_time() {
    let mut bench = Bench::steered();
    drop(bench.ask_with(QueueMode::Steer, "right"));
    assert!(steering(&bench.event(Event::Saved(Ok(())))).is_empty());
    drop(bench.cli(cut()));
    drop(bench.cli(init()));
    assert_eq!(steering(&bench.event(Event::Saved(Ok(())))), ["right"]);
}

#[test]
fn a_message_that_is_not_sent_yet_follows_the_turn_that_ends() {
    let mut bench = Bench::begun();
    drop(bench.ask_with(QueueMode::Steer, "left"));
    drop(bench.cli(result()));
    let effects = bench.event(Event::Saved(Ok(())));
    assert_eq!(asks(&effects), ["left"]);
    assert!(steering(&effects).is_empty());
}

#[test]
fn an_undelivered_steering_message_survives_a_crash() {
    let mut bench = Bench::steered();
    let effects = bench.exit("boom");
    assert_eq!(notices(&effects)[0].0, MessageId(101));
    assert_eq!(starts(&bench.after(30)).len(), 1);
    drop(bench.event(Event::Started));
    let mut effects = bench.answer("switchboard-initialize");
    effects.extend(bench.control("switchboard-get-usage", None, Some(0.0)));
    assert_eq!(asks(&effects), ["left"]);
    assert!(steering(&effects).is_empty());
}

#[test]
fn a_crash_after_it_was_taken_up_offers_a_retry() {
    let mut bench = Bench::steered();
    drop(bench.cli(cut()));
    drop(bench.cli(init()));
    let effects = bench.exit("boom");
    assert_eq!(notices(&effects)[0].0, MessageId(102));
}

#[test]
fn a_message_that_steers_can_be_deleted() {
    let mut bench = Bench::steered();
    drop(bench.event(Event::Deleted(vec![MessageId(102)])));
    let interrupt = control("switchboard-interrupt", Control::Interrupt);
    assert!(bench.cli(cut()).contains(&interrupt));
    assert_eq!(bench.cli(init()), [interrupt]);
    let end = bench.cli(failed("[ede_diagnostic]"));
    assert!(says(&end).is_empty() && notices(&end).is_empty());
    assert_eq!(bench.state.record().unwrap().state.open_turns, []);
}

#[test]
fn a_shutdown_offers_both_messages_again() {
    let mut bench = Bench::steered();
    let effects = bench.event(Event::Shutdown(ShutdownStage::Interrupt));
    let offered: Vec<_> = notices(&effects).iter().map(|(it, _)| it.0).collect();
    assert_eq!(offered, [101, 102]);
}

#[test]
fn stop_ends_the_turn_and_the_message_that_steers_is_next() {
    let mut bench = Bench::steered();
    drop(bench.stop());
    let end = bench.cli(cut());
    assert!(says(&end)[0].contains("1 message is waiting"));
    drop(bench.cli(init()));
    assert_eq!(lines(&bench.cli(result()))[0].message, Some(MessageId(102)));
}
