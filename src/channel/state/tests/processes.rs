//! Processes: started, lost, resumed, ended.

use super::*;
use crate::claude::protocol::{Json, Query, Response};
use crate::money::Usd;

#[test]
fn a_known_session_is_resumed_and_its_cost_requested() {
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
        [
            Effect::Ready,
            control("switchboard-get-usage", Control::GetUsage)
        ]
    );
    let effects = bench.control("switchboard-get-usage", None, Some(0.2));
    assert_eq!(asks(&effects), ["hello"]);
    let end = bench.cli(result());
    assert_eq!(lines(&end)[0].cost_usd, Usd::from_dollars(0.3));
}

#[test]
fn a_missing_cost_report_does_not_block_the_turn() {
    let mut bench = Bench::with(Some(seasoned()));
    drop(bench.ask("hello"));
    drop(bench.event(Event::Saved(Ok(()))));
    drop(bench.event(Event::Started));
    drop(bench.answer("switchboard-initialize"));
    assert!(asks(&bench.after(4)).is_empty());
    assert_eq!(asks(&bench.after(1)), ["hello"]);
}

#[test]
fn a_crash_restarts_the_process_but_not_the_turn() {
    let mut bench = Bench::new();
    bench.working();
    drop(bench.cli(init()));
    let effects = bench.exit("boom");
    let said = notices(&effects);
    assert!(said[0].1.contains("restarting with context preserved") && said[0].1.contains("boom"));
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
fn a_failed_start_is_retried_three_times() {
    let mut bench = Bench::new();
    drop(bench.ask("hello"));
    let mut effects = bench.event(Event::Saved(Ok(())));
    for _ in 0..3 {
        assert_eq!(starts(&effects).len(), 1);
        drop(bench.event(Event::Started));
        assert!(says(&bench.exit("no disk")).is_empty());
        effects = bench.after(4);
    }
    drop(bench.event(Event::Started));
    let effects = bench.exit("no disk");
    assert!(notices(&effects)[0].1.contains("no disk"));
    assert_eq!(lines(&effects)[0].outcome, "not_started");
    drop(bench.ask("later"));
    assert_eq!(
        starts(&bench.event(Event::Saved(Ok(())))).len(),
        1,
        "the next message tries again"
    );
}

#[test]
fn a_missing_cli_is_reported_without_retries() {
    let mut bench = Bench::new();
    drop(bench.ask("hello"));
    drop(bench.event(Event::Saved(Ok(()))));
    let reason = StartFailure::CliMissing("Claude CLI not found: install it".into());
    let effects = bench.event(Event::StartFailed(reason));
    assert!(notices(&effects)[0].1.starts_with("Claude CLI not found"));
    assert!(bench.state.is_idle());
}

#[test]
fn a_process_that_never_initializes_is_restarted() {
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
        Arc::make_mut(&mut bench.state.config)
            .discord
            .rebuild_sessions = false;
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
fn an_unknown_control_request_is_refused_at_once() {
    let mut bench = Bench::new();
    bench.working();
    let request = protocol::ControlRequest {
        request_id: "r".into(),
        query: Query::Other {
            subtype: "dance".into(),
            request: Json::default(),
        },
    };
    let expected = SessionRequest::Respond {
        request_id: "r".into(),
        response: Response::Error("Unsupported control request subtype: dance".into()),
    };
    assert_eq!(
        bench.cli(SessionEvent::ControlRequest(request)),
        [Effect::Send(expected)]
    );
}

#[test]
fn an_idle_process_is_ended() {
    let mut bench = Bench::new();
    bench.waiting();
    let due = bench.state.deadline().unwrap();
    assert_eq!(due, bench.now.mono + Duration::from_mins(15));
    assert!(bench.after(899).is_empty());
    assert_eq!(bench.after(1), [Effect::Stop]);
    assert!(!bench.state.is_idle());
    assert!(bench.exit("").is_empty());
    assert!(bench.state.is_idle() && bench.state.deadline().is_none());
}

#[test]
fn a_recalled_process_ends_when_its_turn_is_over() {
    let mut bench = Bench::new();
    bench.working();
    assert!(bench.event(Event::Recalled(Recall::Slot)).is_empty());
    assert!(bench.cli(result()).contains(&Effect::Stop));
    let mut bench = Bench::new();
    bench.waiting();
    assert_eq!(bench.event(Event::Recalled(Recall::Slot)), [Effect::Stop]);
}

#[test]
fn a_drain_lets_the_turn_end_and_refuses_the_queue() {
    let mut bench = Bench::new();
    bench.working();
    drop(bench.ask("queued"));
    assert!(says(&bench.event(Event::Shutdown(ShutdownStage::Drain)))[0].contains("when I'm back"));
    assert!(says(&bench.ask("late"))[0].contains("when I'm back"));
    let end = bench.cli(result());
    assert!(end.contains(&Effect::Stop) && lines(&end).len() == 1);
    drop(bench.exit(""));
    assert!(bench.state.is_idle());
}

#[test]
fn a_kill_cuts_the_turn_off() {
    let mut bench = Bench::new();
    bench.working();
    let effects = bench.event(Event::Shutdown(ShutdownStage::Kill));
    assert_eq!(notices(&effects)[0].0, MessageId(101));
    assert_eq!(lines(&effects)[0].outcome, "cut_by_shutdown");
    assert!(effects.contains(&Effect::Kill));
    assert!(bench.exit("").is_empty());
    assert!(bench.state.is_idle());
}

#[test]
fn a_stopped_message_does_not_move_to_a_new_session() {
    let mut bench = Bench::new();
    bench.working();
    drop(bench.stop());
    let effects = bench.exit("No conversation found with session ID: id-1");
    assert!(says(&effects)[0].starts_with("Stopped."));
    assert!(bench.state.is_idle());
}
