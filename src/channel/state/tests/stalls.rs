//! Processes that are silent, and processes that keep failing.

use super::*;
use crate::claude::protocol::{ApiEvent, Block, Json, Status, StreamEvent, ToolResult, User};

fn tools_done(ids: &[&str]) -> SessionEvent {
    let results = ids.iter().map(|id| {
        Block::ToolResult(ToolResult {
            tool_use_id: (*id).into(),
            ..ToolResult::default()
        })
    });
    SessionEvent::User(User {
        blocks: results.collect(),
        ..User::default()
    })
}

fn compacting() -> SessionEvent {
    SessionEvent::Status(Status {
        status: Some("compacting".into()),
        ..Status::default()
    })
}

const INTERRUPT: &str = "switchboard-interrupt";

#[test]
fn a_silent_cli_is_interrupted_then_ended() {
    let mut bench = Bench::new();
    bench.working();
    drop(bench.after(119));
    drop(bench.cli(init()));
    assert!(bench.after(119).is_empty(), "it said something in between");
    assert_eq!(bench.after(1), [control(INTERRUPT, Control::Interrupt)]);
    assert_eq!(bench.after(5), [Effect::Stop]);
    let effects = bench.exit("");
    assert!(
        notices(&effects)[0]
            .1
            .contains("stopped responding for 120 s")
    );
    assert_eq!(lines(&effects)[0].outcome, "unresponsive");
    assert!(bench.state.is_idle());
}

#[test]
fn a_silent_tool_may_run_until_the_turn_times_out() {
    let mut bench = Bench::new();
    bench.working();
    drop(bench.cli(tool("a")));
    drop(bench.cli(tool("b")));
    drop(bench.cli(tools_done(&["a"])));
    assert!(bench.after(299).is_empty(), "one still runs");
    assert_eq!(bench.after(1), [control(INTERRUPT, Control::Interrupt)]);
    assert!(
        notices(&bench.cli(result()))[0]
            .1
            .starts_with("Timed out after 300 s")
    );
}

#[test]
fn silence_counts_again_after_the_last_tool() {
    let mut bench = Bench::new();
    bench.working();
    drop(bench.cli(tool("a")));
    drop(bench.cli(tool("b")));
    drop(bench.after(130));
    drop(bench.cli(tools_done(&["b", "a"])));
    assert!(bench.after(119).is_empty());
    assert!(!bench.after(1).is_empty());
}

#[test]
fn compacting_is_not_a_stall() {
    let mut bench = Bench::new();
    bench.working();
    drop(bench.cli(compacting()));
    assert!(bench.after(299).is_empty());
    let mut bench = Bench::new();
    bench.working();
    drop(bench.cli(compacting()));
    let hook = SessionEvent::Other {
        kind: "system".into(),
        subtype: "hook_started".into(),
    };
    drop(bench.cli(hook));
    assert!(bench.after(299).is_empty(), "whatever is heard in between");
    let mut bench = Bench::new();
    bench.working();
    drop(bench.cli(compacting()));
    drop(bench.cli(SessionEvent::Compacted(CompactBoundary::default())));
    assert!(!bench.after(120).is_empty(), "it is over");
}

#[test]
fn a_tool_without_a_result_does_not_disable_stall_detection() {
    let mut bench = Bench::new();
    bench.working();
    drop(bench.cli(tool("of the API's own")));
    let call = StreamEvent {
        event: ApiEvent::MessageStart {
            id: Json::default(),
            model: Json::default(),
            usage: Usage::default(),
        },
        message_id: Json::default(),
        parent_tool_use_id: Json::default(),
    };
    drop(bench.cli(SessionEvent::Stream(call)));
    assert!(!bench.after(120).is_empty());
}

/// One message after the other, each of which its process does not survive.
fn crash(bench: &mut Bench) -> Vec<Effect> {
    drop(bench.ask("hello"));
    drop(bench.event(Event::Saved(Ok(()))));
    if !bench.state.process.is_live() {
        drop(bench.event(Event::Started));
        drop(bench.answer("switchboard-initialize"));
        drop(bench.answer("switchboard-get-usage"));
    }
    drop(bench.cli(init()));
    bench.exit("boom")
}

#[test]
fn a_channel_that_keeps_crashing_waits_a_minute() {
    let mut bench = Bench::new();
    let mut waited = 0;
    for pause in [1, 2, 4, 8, 16] {
        assert!(
            notices(&crash(&mut bench))[0]
                .1
                .contains("crashed while working")
        );
        let effects = bench.after(pause - 1);
        assert!(starts(&effects).is_empty(), "{pause}");
        waited += pause;
        if pause < 16 {
            assert_eq!(starts(&bench.after(1)).len(), 1, "{pause}");
        } else {
            bench.now.mono += Duration::from_secs(1);
        }
    }
    // The fifth: its pause is the rest of the minute after the first.
    drop(bench.ask("again"));
    let effects = bench.event(Event::Saved(Ok(())));
    assert!(starts(&effects).is_empty());
    assert!(
        says(&effects)[0].contains("failed several times"),
        "{effects:?}"
    );
    let rest = 60 - waited;
    assert!(starts(&bench.after(rest - 1)).is_empty());
    assert_eq!(starts(&bench.after(1)).len(), 1);
}

#[test]
fn a_completed_turn_resets_the_backoff() {
    let mut bench = Bench::new();
    drop(crash(&mut bench));
    drop(bench.after(1));
    drop(crash(&mut bench));
    drop(bench.after(2));
    drop(bench.event(Event::Started));
    drop(bench.answer("switchboard-initialize"));
    drop(bench.answer("switchboard-get-usage"));
    drop(bench.ask("hello"));
    drop(bench.event(Event::Saved(Ok(()))));
    drop(bench.cli(result()));
    drop(crash(&mut bench));
    assert_eq!(starts(&bench.after(1)).len(), 1);
}

#[test]
fn an_endless_answer_is_cut() {
    let mut bench = Bench::new();
    bench.working();
    for _ in 0..1_000 {
        drop(bench.cli(text(&"x".repeat(1_234))));
    }
    let end = bench.cli(result());
    let said: Vec<_> = says(&end).iter().map(|text| text.len()).collect();
    assert_eq!(said[..2], [1_234, 1_000_000]);
    let cut = says(&end)
        .into_iter()
        .filter(|text| text.contains("was cut"));
    assert_eq!(cut.count(), 1);
    drop(bench.ask("next"));
    drop(bench.event(Event::Saved(Ok(()))));
    assert_eq!(says(&bench.text("short")), ["short"]);
}
