//! Tools that the rules refused are named, however the turn ends.

use super::*;
use crate::claude::protocol::PermissionDenial;

const REFUSED: &str = "-# Refused, because this bot's rules don't allow it: `WebFetch`.";

/// A result with a refused call.
pub(super) fn denied(result: SessionEvent) -> SessionEvent {
    let SessionEvent::Result(mut result) = result else {
        panic!("{result:?}")
    };
    result.permission_denials = vec![PermissionDenial {
        tool_name: "WebFetch".into(),
        ..PermissionDenial::default()
    }];
    SessionEvent::Result(result)
}

#[test]
fn refused_tools_are_named_however_the_turn_ends() {
    for end in [result(), refused(529), failed("boom")] {
        let mut bench = Bench::new();
        bench.working();
        let effects = bench.cli(denied(end));
        assert!(says(&effects).contains(&REFUSED), "{effects:?}");
    }
    let mut bench = Bench::new();
    bench.working();
    drop(bench.stop());
    let effects = bench.cli(denied(result()));
    assert_eq!(
        says(&effects),
        ["Stopped. The session is kept.", REFUSED],
        "stopped"
    );
}

#[test]
fn refused_tools_of_a_report_are_named() {
    let mut bench = background::with_task();
    drop(bench.cli(task_ended("b1", true)));
    drop(bench.cli(init()));
    drop(bench.cli(text("the task is done")));
    assert_eq!(says(&bench.cli(denied(report()))), [REFUSED]);
}
