//! Tasks in the background, and the turns in which Claude reports of them.

use super::{spending::reached, *};
use crate::{chat::PostFailure, limits::Scope, money::Usd};

const STOP_TASK: &str = "switchboard-stop-task";
const INTERRUPT: &str = "switchboard-interrupt";

/// A channel whose last turn has left a task behind.
pub(super) fn with_task() -> Bench {
    let mut bench = Bench::new();
    bench.working();
    drop(bench.cli(task_started("b1")));
    drop(bench.cli(result()));
    bench
}

#[test]
fn a_process_is_kept_until_its_tasks_end() {
    let mut bench = with_task();
    assert!(!bench.state.is_resting());
    assert!(bench.after(3_000).is_empty(), "not idle");
    assert!(
        bench.event(Event::Recalled(Recall::Slot)).is_empty(),
        "not recalled"
    );
    let on_record = |effects: &[Effect]| match effects {
        [.., Effect::Save { record, .. }] => record.state.background.clone(),
        other => panic!("{other:?}"),
    };
    let effects = bench.cli(task_ended("b1", false));
    assert_eq!((&effects[0], effects.len()), (&Effect::Stop, 2));
    assert!(on_record(&effects).is_empty());

    let mut bench = Bench::new();
    bench.working();
    assert_eq!(on_record(&bench.cli(task_started("b1"))).len(), 1);
    drop(bench.cli(result()));
    drop(bench.after(3_000));
    assert!(on_record(&bench.cli(task_ended("b1", false))).is_empty());
    assert!(bench.state.is_resting());
    assert!(bench.after(899).is_empty(), "idle from now on");
    assert_eq!(bench.after(1), [Effect::Stop]);
}

#[test]
fn a_turn_runs_beside_a_task() {
    let mut bench = with_task();
    drop(bench.ask("next"));
    assert_eq!(asks(&bench.event(Event::Saved(Ok(())))), ["next"]);
    drop(bench.event(Event::Recalled(Recall::Slot)));
    let end = bench.cli(result());
    assert!(!end.contains(&Effect::Stop), "{end:?}");
}

#[test]
fn the_list_of_the_cli_replaces_known_tasks() {
    let mut bench = with_task();
    let listed = |ids: &[&str]| {
        let task = |id: &&str| Task {
            id: (*id).into(),
            ..Task::default()
        };
        SessionEvent::Task(TaskEvent::Listed(ids.iter().map(task).collect()))
    };
    drop(bench.cli(listed(&["b2", "b3"])));
    drop(bench.cli(task_ended("b2", false)));
    assert!(!bench.state.is_resting());
    drop(bench.cli(listed(&[])));
    assert!(bench.state.is_resting());
}

#[test]
fn stop_ends_the_tasks_and_names_them() {
    let mut bench = with_task();
    let effects = bench.stop();
    assert_eq!(
        effects[0],
        control(
            STOP_TASK,
            Control::StopTask {
                task_id: "b1".into()
            }
        )
    );
    assert_eq!(says(&effects), ["Stopped in the background: `sleep 'b1'`."]);
    assert_eq!(says(&bench.stop()), ["Already stopping."]);
    drop(bench.cli(task_ended("b1", false)));
    assert_eq!(says(&bench.stop()), ["Nothing is running here."]);
}

#[test]
fn stop_ends_a_turn_and_the_tasks() {
    let mut bench = with_task();
    drop(bench.ask("next"));
    drop(bench.event(Event::Saved(Ok(()))));
    let effects = bench.stop();
    assert_eq!(says(&effects).len(), 1);
    let expected = [
        control(
            STOP_TASK,
            Control::StopTask {
                task_id: "b1".into(),
            },
        ),
        control(INTERRUPT, Control::Interrupt),
    ];
    assert!(expected.iter().all(|effect| effects.contains(effect)));
    assert!(says(&bench.cli(result()))[0].starts_with("Stopped. The session"));
}

#[test]
fn a_stopped_task_that_never_ends_is_forgotten() {
    let mut bench = with_task();
    drop(bench.stop());
    assert!(!bench.state.is_resting());
    drop(bench.after(5));
    assert!(bench.state.is_resting());
}

#[test]
fn a_task_is_stopped_at_its_time_limit() {
    let mut bench = with_task();
    assert!(bench.after(3_599).is_empty());
    let effects = bench.after(1);
    assert_eq!(
        effects[0],
        control(
            STOP_TASK,
            Control::StopTask {
                task_id: "b1".into()
            }
        )
    );
    assert!(says(&effects)[0].starts_with("Timed out in the background after 3600 s"));
    assert!(says(&bench.exit("")).is_empty(), "told once");
}

#[test]
fn tasks_lost_with_the_process_are_reported() {
    let lost = |effects: &[Effect]| {
        let said = says(effects).join(" ");
        assert!(
            said.contains("still running in the background: `sleep 'b1'`"),
            "{said}"
        );
    };
    lost(&with_task().exit("boom"));
    lost(&with_task().command(Command::Clear));
    lost(&with_task().event(Event::Shutdown(ShutdownStage::Drain)));
    lost(&with_task().event(Event::Shutdown(ShutdownStage::Kill)));
    let mut bench = with_task();
    drop(bench.ask("next"));
    drop(bench.event(Event::Saved(Ok(()))));
    assert!(says(&bench.event(Event::Shutdown(ShutdownStage::Drain))).is_empty());
    lost(&bench.cli(result()));
    assert!(says(&bench.exit("")).is_empty(), "told once");
}

#[test]
fn lost_tasks_stay_in_the_record_until_reported() {
    let on_record = |bench: &Bench| bench.state.record().unwrap().state.background.clone();
    let mut bench = with_task();
    let kill = Event::Shutdown(ShutdownStage::Kill);
    let effects = bench.state.handle(kill, bench.now);
    let [key] = &keys(&effects)[..] else {
        panic!("{effects:?}")
    };
    drop(bench.exit(""));
    assert!(!bench.state.is_idle());
    // The shutdown holds the words back.
    let held_back = Event::Posted {
        key: key.clone(),
        messages: Vec::new(),
        state: PostState::Failed(PostFailure::ShuttingDown),
    };
    drop(bench.state.handle(held_back, bench.now));
    assert!(bench.state.is_idle());
    assert_eq!(on_record(&bench), ["sleep `b1`"]);

    let mut bench = Bench::with(bench.state.record().cloned());
    let effects = bench.state.handle(Event::Recover, bench.now);
    assert!(says(&effects)[0].starts_with("I was restarted"));
    let key = keys(&effects).remove(0);
    // Another task begins meanwhile.
    drop(bench.ask("hello"));
    drop(bench.event(Event::Saved(Ok(()))));
    drop(bench.event(Event::Started));
    drop(bench.answer("switchboard-initialize"));
    drop(bench.answer("switchboard-get-usage"));
    drop(bench.cli(task_started("b2")));
    assert_eq!(on_record(&bench), ["sleep `b1`", "sleep `b2`"]);
    drop(bench.deliver(key));
    assert_eq!(on_record(&bench), ["sleep `b2`"]);
}

/// A channel in which Claude has begun to report of a task.
fn reporting() -> Bench {
    let mut bench = with_task();
    drop(bench.cli(task_ended("b1", false)));
    drop(bench.cli(task_ended("b1", true)));
    drop(bench.cli(init()));
    bench
}

#[test]
fn a_message_waits_for_the_end_of_a_report() {
    let mut bench = reporting();
    assert!(!bench.state.is_resting());
    drop(bench.ask("next"));
    assert!(asks(&bench.event(Event::Saved(Ok(())))).is_empty());
    assert_eq!(
        says(&bench.cli(text("the task is done"))),
        ["the task is done"]
    );
    let effects = bench.cli(report());
    assert_eq!(lines(&effects)[0].outcome, "background");
    assert_eq!(asks(&effects), ["next"]);
    assert_eq!(lines(&bench.cli(result())).len(), 1);
}

#[test]
fn a_message_waits_a_moment_for_a_report_that_may_come() {
    let mut bench = with_task();
    drop(bench.cli(task_ended("b1", true)));
    drop(bench.ask("next"));
    assert!(asks(&bench.event(Event::Saved(Ok(())))).is_empty());
    assert!(asks(&bench.after(1)).is_empty());
    assert_eq!(asks(&bench.after(1)), ["next"]);
}

#[test]
fn a_message_that_crosses_a_report_is_booked_separately() {
    let mut bench = with_task();
    drop(bench.ask("next"));
    assert_eq!(asks(&bench.event(Event::Saved(Ok(())))), ["next"]);
    drop(bench.cli(init()));
    drop(bench.text("the task is done"));
    assert!(bench.cli(report()).is_empty());
    let effects = bench.cli(init());
    assert_eq!(lines(&effects)[0].outcome, "background");
    assert_eq!(says(&bench.text("answer")), ["answer"]);
    let end = bench.cli(result());
    assert_eq!(lines(&end)[0].outcome, "answered");
    assert!(bench.after(10).is_empty());
}

fn message(uuid: &str, state: &str) -> SessionEvent {
    SessionEvent::CommandLifecycle(CommandLifecycle {
        command_uuid: uuid.into(),
        state: state.into(),
    })
}

/// The texts that are put, and whether they reply to a message.
fn replies(effects: &[Effect]) -> Vec<(&str, bool)> {
    let replies = |(_, post): (_, &Post)| post.reply_to.is_some();
    texts(effects)
        .map(|it| (text_of(it.1), replies(it)))
        .collect()
}

#[test]
fn a_report_before_the_answer_is_no_reply() {
    for tells_state in [true, false] {
        let mut bench = with_task();
        drop(bench.ask("next"));
        let effects = bench.event(Event::Saved(Ok(())));
        let [id] = &ids(&effects)[..] else {
            panic!("{effects:?}")
        };
        if tells_state {
            drop(bench.cli(message(id, "queued")));
        } else {
            drop(bench.cli(task_ended("b1", true)));
        }
        drop(bench.cli(init()));
        assert_eq!(replies(&bench.cli(delta("the task"))), []);
        assert_eq!(replies(&bench.text("the task is done")), []);
        assert_eq!(replies(&bench.cli(report())), []);
        if tells_state {
            drop(bench.cli(message(id, "started")));
        }
        assert_eq!(
            replies(&bench.cli(init())),
            [("the task is done", false)],
            "{tells_state}"
        );
        drop(bench.cli(text("answer")));
        assert_eq!(replies(&bench.cli(stop("end_turn"))), [("answer", true)]);
        assert_eq!(lines(&bench.cli(result()))[0].outcome, "answered");
    }
}

#[test]
fn an_answer_that_may_have_been_a_report_is_a_reply() {
    let mut bench = with_task();
    drop(bench.ask("next"));
    drop(bench.event(Event::Saved(Ok(()))));
    drop(bench.cli(task_ended("b1", true)));
    drop(bench.cli(init()));
    assert_eq!(replies(&bench.text("answer")), []);
    assert_eq!(replies(&bench.cli(result())), [("answer", true)]);
}

#[test]
fn a_message_that_joins_a_report_is_booked_once() {
    let mut bench = with_task();
    drop(bench.ask("next"));
    drop(bench.event(Event::Saved(Ok(()))));
    drop(bench.cli(init()));
    assert_eq!(says(&bench.text("of both")), ["of both"]);
    assert!(bench.cli(report()).is_empty());
    assert!(bench.after(2).is_empty());
    let effects = bench.after(1);
    assert_eq!(lines(&effects).len(), 1);
    assert_eq!(lines(&effects)[0].outcome, "answered");
    assert_eq!(lines(&effects)[0].cost_usd, Usd::from_dollars(0.25));
    assert!(effects.contains(&typing(false)));
}

#[test]
fn a_report_can_be_stopped() {
    let mut bench = reporting();
    let effects = bench.stop();
    assert_eq!(effects[0], control(INTERRUPT, Control::Interrupt));
    assert!(says(&effects)[0].starts_with("Stopped."));
    assert_eq!(says(&bench.stop()), ["Already stopping."]);
    assert_eq!(bench.after(5), [Effect::Stop], "it did not end");
}

#[test]
fn an_endless_report_is_ended() {
    let mut bench = reporting();
    assert!(bench.after(299).is_empty());
    let effects = bench.after(1);
    assert!(says(&effects)[0].contains("report on its background tasks"));
    assert!(effects.contains(&control(INTERRUPT, Control::Interrupt)));
    assert_eq!(bench.after(5), [Effect::Stop]);
}

/// A message of somebody else's than [`Bench::ask`]'s.
pub(super) fn by_another(bench: &mut Bench) -> Vec<Effect> {
    let request = Request::Prompt {
        text: "hi".into(),
        context: Box::default(),
    };
    let item = item(Origin::Message(MessageId(900)), Role::Member, request);
    let speaker = Speaker {
        id: UserId(3),
        ..item.speaker
    };
    bench.event(Event::Requested(QueueItem { speaker, ..item }))
}

#[test]
fn a_report_counts_against_whoever_started_the_task() {
    let mut bench = with_task();
    drop(by_another(&mut bench));
    drop(bench.event(Event::Saved(Ok(()))));
    drop(bench.cli(task_started("b2")));
    drop(bench.cli(result()));
    drop(bench.cli(task_ended("b1", true)));
    let effects = bench.cli(init());
    assert!(
        matches!(&effects[..], [Effect::CheckBackgroundLimit(speaker)] if speaker.id == UserId(2)),
        "{effects:?}"
    );
    // In its report Claude begins the next one.
    drop(bench.cli(task_started("b3")));
    let effects = bench.event(Event::BudgetReached(reached(Scope::User)));
    let expected = [
        control(
            STOP_TASK,
            Control::StopTask {
                task_id: "b3".into(),
            },
        ),
        control(INTERRUPT, Control::Interrupt),
    ];
    assert_eq!(effects[..2], expected);
    assert_eq!(
        says(&effects),
        [
            "I ended Claude's report on its background tasks because the daily budget is used up. \
          Stopped in the background: `sleep 'b3'`."
        ]
    );
    let effects = bench.cli(report());
    assert_eq!(lines(&effects)[0].author, UserId(2));
    // The other's task goes on, and is theirs.
    drop(bench.cli(task_ended("b3", false)));
    drop(bench.cli(task_ended("b2", true)));
    let effects = bench.cli(init());
    assert!(
        matches!(&effects[..], [.., Effect::CheckBackgroundLimit(speaker)] if speaker.id == UserId(3)),
        "{effects:?}"
    );
    drop(bench.cli(report()));
    assert!(
        bench
            .event(Event::BudgetReached(reached(Scope::User)))
            .is_empty(),
        "it is over"
    );
}

#[test]
fn calls_are_counted_for_each_report_anew() {
    let mut bench = reporting();
    let call = |bench: &mut Bench| {
        let message = serde_json::json!({
            "jsonrpc": "2.0", "id": 1, "method": "tools/call",
            "params": { "name": "read_channel", "arguments": {} },
        });
        let effects = bench.cli(SessionEvent::ControlRequest(protocol::ControlRequest {
            request_id: "r".into(),
            query: protocol::Query::Mcp {
                server: crate::config::HOST_SERVER.into(),
                message: Json::of(&message).unwrap(),
            },
        }));
        let is_fetch =
            |effect: &Effect| matches!(effect, Effect::Chat(ChatOp::FetchHistory { .. }));
        effects.iter().any(is_fetch)
    };
    for _ in 0..20 {
        assert!(call(&mut bench));
    }
    assert!(!call(&mut bench));
    drop(bench.cli(report()));
    drop(bench.cli(task_started("b")));
    drop(bench.cli(task_ended("b", true)));
    drop(bench.cli(init()));
    assert!(call(&mut bench));
}
