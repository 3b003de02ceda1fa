//! What a thread has of its channel.

use std::sync::Arc;

use super::*;
use crate::{
    channel::state::OfChannel,
    claude::protocol::{Effort, PermissionMode, Status},
    config::{InitialMode, QueueMode},
    registry::{
        settings::{Choices, Settings},
        state::{Fork, Grant},
    },
};

fn grant(rule: &str) -> Grant {
    Grant {
        rule: rule.into(),
        by: UserId(7),
        name: "Ada".into(),
        at: String::new(),
        is_permanent: true,
    }
}

fn of_channel(settings: Settings) -> OfChannel {
    OfChannel {
        channel: ChannelId(3),
        settings,
        beginning: None,
    }
}

fn opus(rules: &[&str]) -> Settings {
    Settings {
        model: Some("opus".into()),
        choices: Choices {
            mode: Some(PermissionMode::AcceptEdits),
            ..Choices::default()
        },
        grants: rules.iter().map(|rule| grant(rule)).collect(),
    }
}

fn thread(settings: Settings) -> Bench {
    let mut bench = Bench::new();
    bench.state.enter_channel(of_channel(settings));
    bench
}

/// What a thread begins with that continues its channel's conversation.
fn beginning() -> Record {
    let mut channel = Bench::new();
    channel.waiting();
    let fork = Fork {
        from: "of-channel".into(),
        at: "u1".into(),
    };
    let record = channel.state.record().unwrap();
    record.thread("new".into(), fork, ChannelId(3), false, channel.now.wall)
}

fn changed(bench: &mut Bench, settings: Settings) -> Vec<Effect> {
    bench.event(Event::ChannelSettings(Box::new(settings)))
}

fn rules(bench: &Bench) -> Vec<String> {
    let grants = bench.state.grants().into_iter();
    grants.map(|grant| grant.rule).collect()
}

#[test]
fn a_thread_has_its_channels_settings_until_it_has_its_own() {
    let mut bench = thread(opus(&["Bash(one)"]));
    bench.waiting();
    assert_eq!(bench.state.model(), "opus");
    assert_eq!(bench.state.mode(), PermissionMode::AcceptEdits);
    assert_eq!(rules(&bench), ["Bash(one)"]);
    // They change for a live process, too.
    let effects = changed(&mut bench, Settings::default());
    assert!(
        effects.iter().any(|effect| *effect
            == control(
                "switchboard-set-mode",
                Control::SetPermissionMode {
                    mode: PermissionMode::Default
                }
            )),
        "{effects:?}"
    );
    assert!(rules(&bench).is_empty());
    let settings = Settings {
        model: Some("haiku".into()),
        choices: Choices {
            effort: Some(Effort::Low),
            ..Choices::default()
        },
        ..Settings::default()
    };
    let effects = changed(&mut bench, settings);
    let effort = control("switchboard-effort", Control::effort(Some(Effort::Low)));
    assert_eq!(effects, [effort]);
    assert_eq!(bench.state.model(), "haiku");
    // What is set in the thread holds there.
    drop(bench.command(Command::Model(Some("sonnet".into()))));
    drop(bench.command(Command::SetEffort(Some(Effort::High))));
    drop(bench.command(Command::QueueMode(QueueMode::Steer)));
    drop(bench.command(Command::Mode(Some(PermissionMode::Plan))));
    drop(changed(&mut bench, opus(&[])));
    assert_eq!(bench.state.model(), "sonnet");
    assert_eq!(bench.state.mode(), PermissionMode::Plan);
    assert_eq!(bench.state.queue_mode(), QueueMode::Steer);
}

#[test]
fn a_rule_of_the_channel_reaches_a_live_thread() {
    let mut bench = thread(Settings::default());
    bench.working();
    let effects = changed(&mut bench, opus(&["Bash(one)"]));
    assert!(!effects.contains(&Effect::Stop), "a turn runs: {effects:?}");
    let effects = bench.cli(result());
    assert!(effects.contains(&Effect::Stop), "{effects:?}");
    drop(bench.exit(""));
    drop(bench.ask("next"));
    assert_eq!(starts(&bench.event(Event::Saved(Ok(())))).len(), 1);
    // One that changes nothing here ends nothing.
    drop(bench.event(Event::Started));
    drop(bench.answer("switchboard-initialize"));
    let effects = changed(&mut bench, opus(&["Bash(one)"]));
    assert!(effects.is_empty(), "{effects:?}");
}

#[test]
fn a_rule_of_the_channel_is_revoked_there() {
    let mut bench = thread(opus(&["Bash(one)"]));
    bench.waiting();
    let effects = bench.command(Command::Revoke("Bash(one)".into()));
    assert_eq!(
        says(&effects),
        ["`Bash(one)` was granted in <#3> and holds in its threads. Revoke it there."]
    );
    assert_eq!(rules(&bench), ["Bash(one)"]);
    let effects = bench.event(Event::RevokedInChannel("Bash(one)".into()));
    assert_eq!(says(&effects), ["Revoked: `Bash(one)`."]);
    assert!(effects.contains(&Effect::Stop), "{effects:?}");
    assert!(rules(&bench).is_empty());
    let effects = bench.event(Event::RevokedInChannel("Bash(one)".into()));
    assert!(effects.is_empty(), "{effects:?}");
}

#[test]
fn a_channel_tells_what_holds_in_its_threads() {
    let mut bench = Bench::new();
    bench.waiting();
    let handle = |bench: &mut Bench, command| {
        let now = bench.now;
        let origin = Origin::Message(MessageId(900 + now.mono.elapsed().as_secs()));
        let asked = item(origin, Role::Owner, Request::Command(command));
        bench.state.handle(Event::Requested(asked), now)
    };
    let shared = |effects: Vec<Effect>| {
        effects.into_iter().find_map(|effect| match effect {
            Effect::ShareSettings(settings) => Some(settings),
            _ => None,
        })
    };
    let effects = handle(&mut bench, Command::SetEffort(Some(Effort::High)));
    assert_eq!(shared(effects).unwrap().choices.effort, Some(Effort::High));
    assert_eq!(shared(handle(&mut bench, Command::Ping)), None);
    // That Claude plans concerns the channel alone.
    drop(bench.ask("plan"));
    drop(bench.event(Event::Saved(Ok(()))));
    let status = Status {
        permission_mode: Some("plan".into()),
        ..Status::default()
    };
    let event = Event::Session(SessionEvent::Status(status));
    assert_eq!(shared(bench.state.handle(event, bench.now)), None);
    assert_eq!(bench.state.mode(), PermissionMode::Plan);
}

#[test]
fn an_unused_thread_begins_with_its_channel_once() {
    let beginning = beginning();
    let mut bench = thread(Settings::default());
    bench.state.set_beginning(Some(Box::new(beginning.clone())));
    // A command alone begins nothing.
    drop(bench.command(Command::Verbose(Some(Verbosity::Full))));
    assert!(bench.state.is_unused_thread());
    let effects = bench.ask("on");
    assert!(
        says(&effects)[0].contains("begins with the conversation so far"),
        "{effects:?}"
    );
    let effects = bench.event(Event::Saved(Ok(())));
    assert!(
        matches!(starts(&effects)[..], [Start::Fork { from, .. }] if from == "of-channel"),
        "{effects:?}"
    );
    assert!(!bench.state.is_unused_thread());
    assert_eq!(
        bench.state.record().unwrap().state.works_in,
        Some(ChannelId(3))
    );
    assert_eq!(
        bench.state.record().unwrap().state.verbose,
        Some(Verbosity::Full)
    );
    drop(bench.event(Event::Started));
    drop(bench.answer("switchboard-initialize"));
    drop(bench.control("switchboard-get-usage", None, Some(0.0)));
    drop(bench.cli(result()));
    // What was cleared stays so.
    drop(bench.command(Command::Clear));
    drop(bench.exit(""));
    bench.state.set_beginning(Some(Box::new(beginning)));
    drop(bench.ask("anew"));
    let effects = bench.event(Event::Saved(Ok(())));
    assert!(
        matches!(starts(&effects)[..], [Start::Fresh(_)]),
        "{effects:?}"
    );
}

#[test]
fn a_threads_settings_are_its_channels_before_the_first_message() {
    let mut bench = thread(Settings::default());
    let config = Arc::make_mut(&mut bench.state.config);
    config.claude.permission_mode = Some(InitialMode::AcceptEdits);
    let own = config.channels.entry(ChannelId(3)).or_default();
    own.permission_mode = Some(InitialMode::Plan);
    assert_eq!(bench.state.mode(), PermissionMode::Plan);
}

#[test]
fn typing_starts_nothing_where_a_thread_begins_with_its_channel() {
    let beginning = beginning();
    let mut bench = thread(opus(&[]));
    drop(bench.command(Command::Model(Some("haiku".into()))));
    bench.state.set_beginning(Some(Box::new(beginning)));
    assert_eq!(bench.event(Event::Typing), []);
    let effects = bench.ask("on");
    assert!(
        says(&effects)[0].contains("begins with the conversation so far"),
        "{effects:?}"
    );
    assert_eq!(bench.state.model(), "haiku", "what was set first is kept");
}
