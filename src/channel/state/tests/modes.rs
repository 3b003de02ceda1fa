//! The channel's permission mode.

use super::*;
use crate::{
    channel::messages::modes as texts,
    claude::protocol::{PermissionMode, Status},
};

impl Bench {
    fn set(&mut self, mode: PermissionMode) -> Vec<Effect> {
        self.command(Command::Mode(Some(mode)))
    }

    fn reports(&mut self, mode: &str) -> Vec<Effect> {
        self.cli(SessionEvent::Status(Status {
            permission_mode: Some(mode.into()),
            ..Status::default()
        }))
    }
}

#[test]
fn a_live_process_changes_its_mode_at_once() {
    let mut bench = Bench::new();
    bench.working();
    let effects = bench.set(PermissionMode::Plan);
    let mode = PermissionMode::Plan;
    let change = control("switchboard-set-mode", Control::SetPermissionMode { mode });
    let sent = effects.iter().position(|effect| *effect == change);
    let saved = effects.iter().position(|effect| match effect {
        Effect::Save { record, .. } => record.state.mode == Some(mode),
        _ => false,
    });
    assert!(saved.unwrap() < sent.unwrap(), "{effects:?}");
    assert!(says(&effects)[0].contains("`plan`"), "{effects:?}");
    drop(bench.answer("switchboard-set-mode"));
    assert!(bench.state.process.is_live());
    // It stays over a clear and a restart.
    drop(bench.cli(result()));
    drop(bench.command(Command::Clear));
    let restarted = Bench::with(bench.state.record().cloned());
    assert_eq!(restarted.state.mode(), PermissionMode::Plan);
}

#[test]
fn a_process_that_cannot_change_its_mode_takes_no_other_turn() {
    let mut bench = Bench::new();
    bench.waiting();
    drop(bench.set(PermissionMode::AcceptEdits));
    let effects = bench.control("switchboard-set-mode", Some("no"), None);
    assert_eq!(effects, [Effect::Stop]);
    let mut bench = Bench::new();
    drop(bench.ask("hello"));
    drop(bench.event(Event::Saved(Ok(()))));
    drop(bench.event(Event::Started));
    let effects = bench.set(PermissionMode::Plan);
    assert!(effects.contains(&Effect::Stop), "{effects:?}");
}

#[test]
fn claude_may_begin_to_plan_and_widens_nothing() {
    let mut bench = Bench::new();
    bench.working();
    for mode in ["acceptEdits", "bypassPermissions", "auto", "bogus"] {
        assert_eq!(says(&bench.reports(mode)), [""; 0]);
        assert_eq!(bench.state.mode(), PermissionMode::Default);
    }
    assert_eq!(says(&bench.reports("plan")), [texts::PLANS_BY_ITSELF]);
    assert_eq!(bench.state.mode(), PermissionMode::Plan);
    // A report that crosses a change is older than it.
    drop(bench.set(PermissionMode::Default));
    assert_eq!(says(&bench.reports("plan")), [""; 0]);
    assert_eq!(bench.state.mode(), PermissionMode::Default);
    drop(bench.answer("switchboard-set-mode"));
    drop(bench.reports("plan"));
    assert_eq!(bench.state.mode(), PermissionMode::Plan);
}

#[test]
fn no_permissions_are_bypassed_unless_the_owner_allows_it() {
    let mut bench = Bench::new();
    bench.waiting();
    let bypass = PermissionMode::BypassPermissions;
    assert_eq!(says(&bench.set(bypass)), [texts::NO_BYPASS]);
    assert_eq!(bench.state.mode(), PermissionMode::Default);
    Arc::make_mut(&mut bench.state.config)
        .claude
        .bypass_permissions = true;
    let effects = bench.set(bypass);
    assert!(effects.contains(&Effect::Stop), "it is started anew");
    assert_eq!(bench.state.mode(), bypass);
    // The owner has changed their mind.
    let restarted = Bench::with(bench.state.record().cloned());
    assert_eq!(restarted.state.mode(), PermissionMode::Default);
}
