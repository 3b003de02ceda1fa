//! Policies, driven by hand: no process, no runtime, no clock.

use std::time::{Duration, Instant};

use super::*;
use crate::{
    channel::item::Interaction,
    claude::{
        launch::Start,
        process::Exit,
        protocol::{
            self, Assistant, Block, ControlResponse, Event as Cli, Init, TurnResult, Usage,
        },
    },
    discord::command::{Command, Period},
    external::{Role, Speaker},
    ledger::Line,
    snowflake::{MessageId, UserId},
};

/// A channel under test with a clock that goes when told to.
struct Bench {
    state: State,
    now: Now,
    next_message: u64,
}

impl Bench {
    fn new() -> Self {
        Self::with(None)
    }

    fn with(record: Option<Record>) -> Self {
        let settings = Settings {
            model: "sonnet".into(),
            models: vec!["haiku".into(), "sonnet".into()],
            turn_timeout: Duration::from_secs(300),
            idle: Duration::from_secs(900),
        };
        let mut count = 0;
        let ids = Box::new(move || {
            count += 1;
            format!("id-{count}")
        });
        Self {
            state: State::new(ChannelId(1), settings, record, ids),
            now: Now {
                mono: Instant::now(),
                wall: DateTime::UNIX_EPOCH,
            },
            next_message: 100,
        }
    }

    fn event(&mut self, event: Event) -> Vec<Effect> {
        self.state.handle(event, self.now)
    }

    fn cli(&mut self, event: Cli) -> Vec<Effect> {
        self.event(Event::Cli(event))
    }

    fn after(&mut self, seconds: u64) -> Vec<Effect> {
        self.now.mono += Duration::from_secs(seconds);
        self.event(Event::Tick)
    }

    fn wish(&mut self, wish: Wish, role: Role) -> Vec<Effect> {
        self.next_message += 1;
        let origin = Origin::Message(MessageId(self.next_message));
        let speaker = Speaker {
            id: UserId(2),
            name: "Ada".into(),
            role,
        };
        self.event(Event::Asked(Item {
            origin,
            speaker,
            wish,
        }))
    }

    fn ask(&mut self, words: &str) -> Vec<Effect> {
        self.wish(Wish::Words(words.into()), Role::Member)
    }

    fn command(&mut self, command: Command) -> Vec<Effect> {
        self.wish(Wish::Command(command), Role::Owner)
    }

    fn stop(&mut self) -> Vec<Effect> {
        self.event(Event::Stop(Origin::Message(MessageId(1))))
    }

    fn answer(&mut self, request: &str) -> Vec<Effect> {
        self.control(request, None, None)
    }

    fn control(&mut self, id: &str, error: Option<&str>, cost: Option<f64>) -> Vec<Effect> {
        self.cli(Cli::ControlResponse(ControlResponse {
            request_id: id.into(),
            error: error.map(str::to_owned),
            session_cost_usd: cost,
        }))
    }

    /// From a first message to a CLI that works on it.
    fn working(&mut self) {
        drop(self.ask("hello"));
        drop(self.event(Event::Saved(Ok(()))));
        drop(self.event(Event::Started));
        let effects = self.answer("switchboard-initialize");
        assert!(
            matches!(effects.as_slice(), [Effect::Ask { .. }]),
            "{effects:?}"
        );
    }

    /// From a first message to a CLI that has answered it and waits.
    fn waiting(&mut self) {
        self.working();
        drop(self.cli(result()));
    }

    fn exit(&mut self, stderr: &str) -> Vec<Effect> {
        self.event(Event::Exited(Exit {
            code: Some(1),
            signal: None,
            stderr: stderr.into(),
        }))
    }
}

fn says(effects: &[Effect]) -> Vec<&str> {
    effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Say { text, .. } => Some(text.as_str()),
            _ => None,
        })
        .collect()
}

fn lines(effects: &[Effect]) -> Vec<&Line> {
    effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Save { line, .. } => line.as_deref(),
            _ => None,
        })
        .collect()
}

fn starts(effects: &[Effect]) -> Vec<&Start> {
    effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Start { start, .. } => Some(start),
            _ => None,
        })
        .collect()
}

fn asks(effects: &[Effect]) -> Vec<&str> {
    effects
        .iter()
        .filter_map(|effect| match effect {
            Effect::Ask { words, .. } => Some(words.as_str()),
            _ => None,
        })
        .collect()
}

fn init() -> Cli {
    Cli::Init(Init {
        session_id: Some("id-1".into()),
        ..Init::default()
    })
}

fn text(words: &str) -> Cli {
    Cli::Assistant(Assistant {
        message_id: "m".into(),
        model: "claude-sonnet-5".into(),
        blocks: vec![Block::Text(words.into())],
        usage: Usage {
            input_tokens: 10,
            output_tokens: 1,
            ..Usage::default()
        },
        ..Assistant::default()
    })
}

fn result() -> Cli {
    Cli::Result(Box::new(TurnResult {
        subtype: "success".into(),
        result: Some("done".into()),
        session_id: Some("id-1".into()),
        total_cost_usd: Some(0.5),
        usage: Usage {
            input_tokens: 10,
            output_tokens: 5,
            ..Usage::default()
        },
        ..TurnResult::default()
    }))
}

fn failed(detail: &str) -> Cli {
    Cli::Result(Box::new(TurnResult {
        subtype: "error_during_execution".into(),
        is_error: true,
        errors: vec![detail.into()],
        ..TurnResult::default()
    }))
}

fn seasoned() -> Record {
    let mut record = Record::new("old".into(), "haiku".into(), DateTime::UNIX_EPOCH);
    record.message_count = 3;
    record.resumable = Some(true);
    record.cli_total_cost_usd = 2.0;
    record
}

#[test]
fn a_message_is_recorded_before_a_process_is_started_for_it() {
    let mut bench = Bench::new();
    let effects = bench.ask("hello");
    let [
        Effect::Working(true),
        Effect::Save {
            record,
            line: None,
            confirm: true,
        },
    ] = effects.as_slice()
    else {
        panic!("{effects:?}")
    };
    assert_eq!(record.last_message_id, Some(MessageId(101)));
    let effects = bench.event(Event::Saved(Ok(())));
    assert_eq!(starts(&effects), [&Start::Fresh("id-1".into())]);
    let effects = bench.event(Event::Started);
    assert_eq!(
        effects,
        [Effect::Write(protocol::initialize(
            "switchboard-initialize"
        ))]
    );
    assert_eq!(asks(&bench.answer("switchboard-initialize")), ["hello"]);
}

#[test]
fn a_message_that_could_not_be_recorded_is_not_run() {
    let mut bench = Bench::new();
    drop(bench.ask("hello"));
    let effects = bench.event(Event::Saved(Err("disk full".into())));
    assert!(says(&effects)[0].contains("did not run it"));
    assert!(starts(&effects).is_empty() && bench.state.is_idle());
    assert!(!bench.ask("again").is_empty(), "the next one is taken up");
}

#[test]
fn the_answer_replies_once_and_is_booked() {
    let mut bench = Bench::new();
    bench.working();
    let first = bench.cli(text("one"));
    assert!(matches!(&first[..], [Effect::Say { to: Some(_), text }] if text == "one"));
    let second = bench.cli(text("two"));
    assert!(matches!(&second[..], [Effect::Say { to: None, text }] if text == "two"));
    let end = bench.cli(result());
    let line = lines(&end)[0];
    assert_eq!(
        (line.outcome.as_str(), line.cost_usd, line.output_tokens),
        ("answered", 0.5, 5)
    );
    assert!(says(&end).is_empty() && end.contains(&Effect::Working(false)));
    let record = bench.state.record().unwrap();
    assert!(record.is_resumable() && record.message_count == 1);
}

#[test]
fn a_live_process_serves_the_next_message() {
    let mut bench = Bench::new();
    bench.waiting();
    drop(bench.ask("again"));
    let effects = bench.event(Event::Saved(Ok(())));
    assert_eq!(asks(&effects), ["again"]);
    assert!(starts(&effects).is_empty());
}

#[test]
fn a_known_session_is_resumed_and_its_cost_base_asked_for() {
    let mut bench = Bench::with(Some(seasoned()));
    drop(bench.ask("hello"));
    let effects = bench.event(Event::Saved(Ok(())));
    assert!(effects.contains(&Effect::Start {
        start: Start::Resume("old".into()),
        model: "haiku".into()
    }));
    drop(bench.event(Event::Started));
    let effects = bench.answer("switchboard-initialize");
    assert_eq!(
        effects,
        [Effect::Write(protocol::get_usage("switchboard-get-usage"))]
    );
    let effects = bench.control("switchboard-get-usage", None, Some(0.2));
    assert_eq!(asks(&effects), ["hello"]);
    let end = bench.cli(result());
    assert!((lines(&end)[0].cost_usd - 0.3).abs() < 1e-12);
}

#[test]
fn a_cli_that_does_not_tell_its_cost_is_not_waited_for() {
    let mut bench = Bench::with(Some(seasoned()));
    drop(bench.ask("hello"));
    drop(bench.event(Event::Saved(Ok(()))));
    drop(bench.event(Event::Started));
    drop(bench.answer("switchboard-initialize"));
    assert!(asks(&bench.after(4)).is_empty());
    assert_eq!(asks(&bench.after(1)), ["hello"]);
}

#[test]
fn messages_wait_in_order_and_the_twenty_first_is_told_so() {
    let mut bench = Bench::new();
    bench.working();
    for number in 1..=20 {
        assert!(bench.ask(&format!("m{number}")).is_empty());
    }
    assert!(says(&bench.ask("m21"))[0].starts_with("20 messages already wait here"));
    let mut order = Vec::new();
    drop(bench.cli(result()));
    for _ in 0..20 {
        order.extend(
            asks(&bench.event(Event::Saved(Ok(()))))
                .into_iter()
                .map(str::to_owned),
        );
        drop(bench.cli(result()));
    }
    assert_eq!(
        order,
        (1..=20)
            .map(|number| format!("m{number}"))
            .collect::<Vec<_>>()
    );
}

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
    drop(bench.cli(text("one")));
    let end = bench.cli(result());
    assert!(says(&end)[0].contains("`haiku` from the next message on"));
    let effects = bench.event(Event::Saved(Ok(())));
    assert_eq!(
        effects,
        [Effect::Write(protocol::set_model(
            "switchboard-set-model",
            "haiku"
        ))]
    );
    assert_eq!(asks(&bench.answer("switchboard-set-model")), ["second"]);
}

#[test]
fn a_refused_or_unanswered_model_change_restarts_the_process_with_it() {
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
        assert_eq!(effects, [Effect::End]);
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
fn only_admins_change_models_clear_and_see_all_sessions() {
    for command in [
        Command::Model(Some("haiku".into())),
        Command::Clear,
        Command::Sessions,
    ] {
        let mut bench = Bench::with(Some(seasoned()));
        let effects = bench.wish(Wish::Command(command.clone()), Role::Member);
        assert!(
            says(&effects)[0].starts_with("Only this bot's admins"),
            "{command:?}"
        );
        assert_eq!(effects.len(), 1);
        let effects = bench.wish(Wish::Command(command), Role::Admin);
        assert!(
            !says(&effects)
                .iter()
                .any(|text| text.starts_with("Only this bot's admins"))
        );
    }
}

#[test]
fn what_needs_more_than_the_channel_is_left_to_the_actor() {
    let mut bench = Bench::new();
    for (command, expected) in [
        (Command::Status, Show::Status),
        (Command::Usage(Period::Month), Show::Usage(Period::Month)),
        (Command::Sessions, Show::Sessions),
    ] {
        let effects = bench.command(command);
        assert!(matches!(&effects[..], [Effect::Show { what, .. }] if *what == expected));
    }
}

#[test]
fn a_clear_says_what_was_dropped_and_ends_the_process() {
    let mut bench = Bench::new();
    assert!(says(&bench.command(Command::Clear))[0].starts_with("There is no session"));
    bench.waiting();
    let effects = bench.command(Command::Clear);
    assert!(says(&effects)[0].contains("claude --resume id-1"));
    assert!(effects.contains(&Effect::End));
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
fn stop_interrupts_keeps_the_session_and_goes_on_with_the_queue() {
    let mut bench = Bench::new();
    assert_eq!(says(&bench.stop()), ["Nothing is running here."]);
    bench.working();
    drop(bench.cli(init()));
    drop(bench.ask("next"));
    assert_eq!(
        bench.stop(),
        [Effect::Write(protocol::interrupt("switchboard-interrupt"))]
    );
    assert_eq!(says(&bench.stop()), ["It is being stopped."]);
    let end = bench.cli(failed("[ede_diagnostic]"));
    assert!(says(&end)[0].contains("1 message still waits"));
    assert_eq!(lines(&end)[0].outcome, "interrupted");
    assert_eq!(bench.state.record().unwrap().total_turn_errors, 0);
    assert_eq!(asks(&bench.event(Event::Saved(Ok(())))), ["next"]);
}

#[test]
fn an_interrupt_that_came_too_early_is_sent_again() {
    let mut bench = Bench::new();
    bench.working();
    drop(bench.stop());
    assert_eq!(
        bench.cli(init()),
        [Effect::Write(protocol::interrupt("switchboard-interrupt"))]
    );
}

#[test]
fn a_turn_that_does_not_heed_an_interrupt_loses_its_process() {
    let mut bench = Bench::new();
    bench.working();
    drop(bench.stop());
    assert!(bench.after(4).is_empty());
    assert_eq!(bench.after(1), [Effect::End]);
    let effects = bench.exit("");
    assert!(says(&effects)[0].starts_with("Stopped."));
    assert_eq!(lines(&effects)[0].outcome, "interrupted");
    assert!(bench.state.is_idle());
}

#[test]
fn stop_before_the_process_is_ready_drops_the_message() {
    let mut bench = Bench::new();
    drop(bench.ask("hello"));
    drop(bench.event(Event::Saved(Ok(()))));
    drop(bench.event(Event::Started));
    assert!(says(&bench.stop())[0].contains("was not run"));
    assert!(asks(&bench.answer("switchboard-initialize")).is_empty());
}

#[test]
fn a_turn_ends_at_its_time_limit_and_the_session_stays() {
    let mut bench = Bench::new();
    bench.working();
    drop(bench.cli(init()));
    assert!(bench.after(299).is_empty());
    assert_eq!(
        bench.after(1),
        [Effect::Write(protocol::interrupt("switchboard-interrupt"))]
    );
    let end = bench.cli(failed("x"));
    assert!(says(&end)[0].starts_with("timed out after 300s"));
    assert_eq!(lines(&end)[0].outcome, "timed_out");
    assert_eq!(bench.state.record().unwrap().session_id, "id-1");
    assert!(bench.state.record().unwrap().is_resumable());
}

#[test]
fn a_crash_is_told_not_run_again_and_restarted_with_the_context() {
    let mut bench = Bench::new();
    bench.working();
    drop(bench.cli(init()));
    let effects = bench.exit("boom");
    let said = says(&effects);
    assert!(said[0].contains("restarting with context preserved") && said[0].contains("boom"));
    assert_eq!(lines(&effects)[0].outcome, "crashed");
    assert!(bench.after(0).is_empty(), "after a pause");
    let effects = bench.after(1);
    assert_eq!(starts(&effects), [&Start::Resume("id-1".into())]);
    drop(bench.event(Event::Started));
    drop(bench.answer("switchboard-initialize"));
    let effects = bench.control("switchboard-get-usage", None, Some(0.0));
    assert!(asks(&effects).is_empty(), "the message is not run again");
    drop(bench.ask("next"));
    assert_eq!(asks(&bench.event(Event::Saved(Ok(())))), ["next"]);
}

#[test]
fn a_process_that_does_not_come_up_is_tried_three_more_times() {
    let mut bench = Bench::new();
    drop(bench.ask("hello"));
    let mut effects = bench.event(Event::Saved(Ok(())));
    for _ in 0..3 {
        assert_eq!(starts(&effects).len(), 1);
        drop(bench.event(Event::Started));
        assert!(says(&bench.exit("no disk")).is_empty());
        effects = bench.after(1);
    }
    drop(bench.event(Event::Started));
    let effects = bench.exit("no disk");
    assert!(says(&effects)[0].contains("no disk"));
    assert_eq!(lines(&effects)[0].outcome, "not_started");
    drop(bench.ask("later"));
    assert_eq!(
        starts(&bench.event(Event::Saved(Ok(())))).len(),
        1,
        "the next message tries again"
    );
}

#[test]
fn a_cli_that_is_not_installed_is_said_at_once() {
    let mut bench = Bench::new();
    drop(bench.ask("hello"));
    drop(bench.event(Event::Saved(Ok(()))));
    let reason = NotStarted::Missing("Claude CLI not found: install it".into());
    let effects = bench.event(Event::NotStarted(reason));
    assert!(says(&effects)[0].starts_with("Claude CLI not found"));
    assert!(bench.state.is_idle());
}

#[test]
fn a_process_that_is_never_ready_is_killed_and_started_again() {
    let mut bench = Bench::new();
    drop(bench.ask("hello"));
    drop(bench.event(Event::Saved(Ok(()))));
    drop(bench.event(Event::Started));
    assert_eq!(bench.after(60), [Effect::Kill]);
    drop(bench.exit(""));
    assert_eq!(starts(&bench.after(1)).len(), 1);
}

#[test]
fn a_lost_session_is_replaced_and_the_message_answered() {
    let gone = "No conversation found with session ID: old";
    for in_result in [true, false] {
        let mut bench = Bench::with(Some(seasoned()));
        drop(bench.ask("hello"));
        drop(bench.event(Event::Saved(Ok(()))));
        drop(bench.event(Event::Started));
        let mut effects = Vec::new();
        if in_result {
            effects.extend(bench.cli(failed(gone)));
        }
        effects.extend(bench.exit(gone));
        assert!(
            says(&effects)[0].contains("no longer has this channel's session"),
            "{effects:?}"
        );
        assert_eq!(says(&effects).len(), 1);
        let [Start::Fresh(id)] = starts(&effects)[..] else {
            panic!("{effects:?}")
        };
        assert_ne!(id, "old");
        drop(bench.event(Event::Started));
        assert_eq!(asks(&bench.answer("switchboard-initialize")), ["hello"]);
        assert_eq!(
            bench.state.record().unwrap().message_count,
            3,
            "the totals stay"
        );
    }
}

#[test]
fn a_session_that_exists_already_is_resumed() {
    let mut bench = Bench::new();
    drop(bench.ask("hello"));
    drop(bench.event(Event::Saved(Ok(()))));
    drop(bench.event(Event::Started));
    let effects = bench.exit("Error: Session ID id-1 is already in use.");
    assert_eq!(starts(&effects), [&Start::Resume("id-1".into())]);
    assert!(says(&effects).is_empty());
}

#[test]
fn an_error_is_said_booked_and_never_removes_the_session() {
    let mut bench = Bench::new();
    bench.working();
    let end = bench.cli(failed("kaput"));
    assert!(says(&end)[0].starts_with("Claude failed: kaput."));
    assert_eq!(bench.state.record().unwrap().total_turn_errors, 1);
    assert_eq!(bench.state.record().unwrap().session_id, "id-1");
}

#[test]
fn a_refused_login_is_not_waited_for() {
    let mut bench = Bench::new();
    bench.working();
    let retry = protocol::ApiRetry {
        attempt: 1,
        max_retries: 10,
        delay_ms: 500,
        status: Some(401),
    };
    let interrupt = Effect::Write(protocol::interrupt("switchboard-interrupt"));
    assert_eq!(bench.cli(Cli::ApiRetry(retry)), [interrupt]);
    let end = bench.cli(failed("x"));
    assert!(says(&end)[0].starts_with("Claude is not logged in any more"));
    assert_eq!(lines(&end)[0].outcome, "login_expired");
}

#[test]
fn retries_are_noted_now_and_then() {
    let mut bench = Bench::new();
    bench.working();
    let mut noted = Vec::new();
    for attempt in 1..=10 {
        let retry = protocol::ApiRetry {
            attempt,
            max_retries: 10,
            delay_ms: 500,
            status: Some(529),
        };
        if !says(&bench.cli(Cli::ApiRetry(retry))).is_empty() {
            noted.push(attempt);
        }
        drop(bench.after(5));
    }
    assert_eq!(noted, [1, 5, 9]);
}

#[test]
fn an_unknown_control_request_is_refused_at_once() {
    let mut bench = Bench::new();
    bench.working();
    let request = protocol::ControlRequest {
        request_id: "r".into(),
        subtype: "dance".into(),
    };
    let expected = protocol::control_error("r", "Unsupported control request subtype: dance");
    assert_eq!(
        bench.cli(Cli::ControlRequest(request)),
        [Effect::Write(expected)]
    );
}

#[test]
fn an_idle_process_is_ended_and_the_channel_is_idle_then() {
    let mut bench = Bench::new();
    bench.waiting();
    let due = bench.state.deadline().unwrap();
    assert_eq!(due, bench.now.mono + Duration::from_secs(900));
    assert!(bench.after(899).is_empty());
    assert_eq!(bench.after(1), [Effect::End]);
    assert!(!bench.state.is_idle());
    assert!(bench.exit("").is_empty());
    assert!(bench.state.is_idle() && bench.state.deadline().is_none());
}

#[test]
fn a_recalled_process_ends_when_its_turn_is_over() {
    let mut bench = Bench::new();
    bench.working();
    assert!(bench.event(Event::Recalled).is_empty());
    assert!(bench.cli(result()).contains(&Effect::End));
    let mut bench = Bench::new();
    bench.waiting();
    assert_eq!(bench.event(Event::Recalled), [Effect::End]);
}

#[test]
fn going_down_lets_the_turn_end_and_tells_those_who_wait() {
    let mut bench = Bench::new();
    bench.working();
    drop(bench.ask("queued"));
    assert!(says(&bench.event(Event::GoingDown))[0].contains("shutting down"));
    assert!(says(&bench.ask("late"))[0].contains("shutting down"));
    let end = bench.cli(result());
    assert!(end.contains(&Effect::End) && lines(&end).len() == 1);
    drop(bench.exit(""));
    assert!(bench.state.is_idle());
}

#[test]
fn going_down_now_cuts_the_turn_and_kills_the_process() {
    let mut bench = Bench::new();
    bench.working();
    let effects = bench.event(Event::GoDownNow);
    assert!(says(&effects)[0].contains("before this was done"));
    assert_eq!(lines(&effects)[0].outcome, "cut_by_shutdown");
    assert!(effects.contains(&Effect::Kill));
    assert!(bench.exit("").is_empty());
    assert!(bench.state.is_idle());
}

#[test]
fn what_a_background_task_says_between_turns_is_passed_on() {
    let mut bench = Bench::new();
    bench.waiting();
    assert_eq!(
        says(&bench.cli(text("the build is done"))),
        ["the build is done"]
    );
}

#[test]
fn a_hint_is_said_in_its_place() {
    let mut bench = Bench::new();
    assert_eq!(
        says(&bench.wish(Wish::Hint("did you mean".into()), Role::Member)),
        ["did you mean"]
    );
}

#[test]
fn compacting_takes_a_conversation() {
    let mut bench = Bench::new();
    assert!(says(&bench.command(Command::Compact))[0].starts_with("There is no conversation"));
    bench.waiting();
    drop(bench.command(Command::Compact));
    let effects = bench.event(Event::Saved(Ok(())));
    assert!(
        matches!(&effects[..], [Effect::Write(line)] if line.contains(r#""content":"/compact""#))
    );
    let quiet = TurnResult {
        subtype: "success".into(),
        result: Some(String::new()),
        ..TurnResult::default()
    };
    let end = bench.cli(Cli::Result(Box::new(quiet)));
    assert!(says(&end)[0].starts_with("The conversation has been summarised"));
}

#[test]
fn an_interaction_has_no_message_to_record() {
    let mut bench = Bench::new();
    let origin = Origin::Interaction(Interaction {
        token: "t".into(),
        at: bench.now.mono,
    });
    let speaker = Speaker {
        id: UserId(2),
        name: "Ada".into(),
        role: Role::Owner,
    };
    let wish = Wish::Command(Command::Help);
    let effects = bench.event(Event::Asked(Item {
        origin,
        speaker,
        wish,
    }));
    assert!(says(&effects)[0].contains("!model"));
}

mod properties {
    use proptest::prelude::*;

    use super::*;

    #[derive(Debug, Clone)]
    enum Step {
        Ask,
        Command(u8),
        Stop,
        Saved(bool),
        Started,
        NotStarted(bool),
        Answer(u8),
        Text,
        Result,
        Failed,
        Gone,
        Exit(bool),
        Recalled,
        Wait(u64),
    }

    fn step() -> impl Strategy<Value = Step> {
        prop_oneof![
            3 => Just(Step::Ask),
            1 => (0u8..6).prop_map(Step::Command),
            1 => Just(Step::Stop),
            4 => any::<bool>().prop_map(Step::Saved),
            3 => Just(Step::Started),
            1 => any::<bool>().prop_map(Step::NotStarted),
            4 => (0u8..3).prop_map(Step::Answer),
            2 => Just(Step::Text),
            3 => Just(Step::Result),
            1 => Just(Step::Failed),
            1 => Just(Step::Gone),
            1 => any::<bool>().prop_map(Step::Exit),
            1 => Just(Step::Recalled),
            2 => (0u64..400).prop_map(Step::Wait),
        ]
    }

    /// What the actor would have by now; steps that cannot happen in it are skipped.
    #[derive(Default)]
    struct World {
        saving: u32,
        starting: bool,
        alive: bool,
    }

    impl World {
        /// Carries the effects out and checks that each can be.
        fn obey(&mut self, effects: &[Effect]) {
            for effect in effects {
                match effect {
                    Effect::Save { confirm: true, .. } => self.saving += 1,
                    Effect::Start { .. } => {
                        assert!(
                            !self.alive && !self.starting,
                            "two processes for one session"
                        );
                        self.starting = true;
                    }
                    Effect::Ask { .. } | Effect::Write(_) => {
                        assert!(self.alive, "nobody reads {effect:?}")
                    }
                    Effect::End | Effect::Kill => {
                        assert!(self.alive || self.starting, "nothing to end")
                    }
                    _ => {}
                }
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        /// Whatever happens in whatever order: a process is started only where none is, nothing is written to
        /// none, every message that was taken up is answered or booked once, and in the end all comes to rest.
        #[test]
        fn any_course_of_events_comes_to_rest(steps in prop::collection::vec(step(), 0..60)) {
            let mut bench = Bench::new();
            let mut world = World::default();
            let mut asked = 0;
            let mut answered = 0;
            let mut drive = |bench: &mut Bench, world: &mut World, step: Step| {
                let effects = match step {
                    Step::Ask => { asked += 1; bench.ask("words") }
                    Step::Command(n) => bench.command([Command::Help, Command::Clear, Command::Compact,
                        Command::Model(Some("haiku".into())), Command::Status, Command::Stop][usize::from(n)].clone()),
                    Step::Stop => bench.stop(),
                    Step::Saved(ok) if world.saving > 0 => {
                        world.saving -= 1;
                        bench.event(Event::Saved(if ok { Ok(()) } else { Err("disk".into()) }))
                    }
                    Step::Started if world.starting => {
                        world.starting = false;
                        world.alive = true;
                        bench.event(Event::Started)
                    }
                    Step::NotStarted(missing) if world.starting => {
                        world.starting = false;
                        let text = "why".to_owned();
                        bench.event(Event::NotStarted(
                            if missing { NotStarted::Missing(text) } else { NotStarted::Failed(text) }))
                    }
                    Step::Answer(n) if world.alive => bench.control(
                        ["switchboard-initialize", "switchboard-get-usage", "switchboard-set-model"][usize::from(n)],
                        None, Some(0.0)),
                    Step::Text if world.alive => bench.cli(text("x")),
                    Step::Result if world.alive => bench.cli(result()),
                    Step::Failed if world.alive => bench.cli(failed("x")),
                    Step::Gone if world.alive => bench.cli(failed("No conversation found")),
                    Step::Exit(planned) if world.alive || world.starting => {
                        world.alive = false;
                        world.starting = false;
                        bench.exit(if planned { "" } else { "No conversation found" })
                    }
                    Step::Recalled if world.alive => bench.event(Event::Recalled),
                    Step::Wait(seconds) => bench.after(seconds),
                    _ => Vec::new(),
                };
                answered += effects.iter().filter(|effect| match effect {
                    Effect::Save { line, .. } => line.is_some(),
                    Effect::Say { text, .. } => text.contains("was not run") && !text.contains("again then")
                        || text.contains("did not run it") || text.contains("was not taken"),
                    _ => false,
                }).count();
                world.obey(&effects);
            };
            for step in steps {
                drive(&mut bench, &mut world, step);
            }
            // From here on the world behaves.
            for _ in 0..400 {
                if bench.state.is_idle() && world.saving == 0 {
                    break;
                }
                for step in [Step::Saved(true), Step::Started, Step::Answer(0), Step::Answer(1), Step::Answer(2),
                             Step::Result] {
                    drive(&mut bench, &mut world, step);
                }
                let due = bench.state.deadline().is_some_and(|due| due > bench.now.mono);
                drive(&mut bench, &mut world, Step::Wait(if due { 900 } else { 1 }));
                if matches!(bench.state.process, Proc::Ending) {
                    drive(&mut bench, &mut world, Step::Exit(true));
                }
            }
            prop_assert!(bench.state.is_idle(), "still {}", bench.state.doing());
            prop_assert!(answered >= asked, "{asked} asked, {answered} answered");
        }
    }
}
