//! Earlier sessions: what a press does too late, with an unknown session, and at a shutdown.

use super::{recovery::press, *};
use crate::chat::Control as Shown;

const TEN_MINUTES: Duration = Duration::from_mins(10);

/// A channel whose session was cleared, and the button that undoes it: its message and its id.
fn cleared() -> (Bench, (u64, String)) {
    let mut bench = Bench::new();
    bench.waiting();
    let undo = control_of(&bench.command(Command::Clear));
    let undo = (bench.next_post - 1, undo);
    drop(bench.exit(""));
    (bench, undo)
}

fn control_of(effects: &[Effect]) -> String {
    let controls = puts(effects).flat_map(|(_, post)| post.controls.iter().flatten());
    let ids = controls.map(|control| match control {
        Shown::Button(button) => button.id.to_string(),
        Shown::Menu(menu) => menu.id.to_string(),
    });
    ids.last().unwrap()
}

fn press_as(
    bench: &mut Bench,
    (message, id): &(u64, String),
    role: Role,
    value: Option<&str>,
) -> Vec<Effect> {
    let mut press = press(bench, id, *message, 2);
    press.speaker.role = role;
    press.values = value.map(str::to_owned).into_iter().collect();
    bench.event(Event::Pressed(press))
}

fn read(effects: &[Effect]) -> &str {
    match replies(effects)[..] {
        [InteractionReply::Private(text)] => text,
        ref other => panic!("{other:?}"),
    }
}

fn session(bench: &Bench) -> &str {
    &bench.state.record().unwrap().session_id
}

#[test]
fn a_clear_is_undone_within_ten_minutes() {
    let (mut bench, undo) = cleared();
    assert_ne!(session(&bench), "id-1");
    let refused = press_as(&mut bench, &undo, Role::Member, None);
    assert!(read(&refused).contains("Only this bot's admins"));
    bench.now.wall += Duration::from_secs(599);
    let effects = press_as(&mut bench, &undo, Role::Admin, None);
    assert_eq!(replies(&effects), [&InteractionReply::Acknowledge]);
    assert_eq!(session(&bench), "id-1");
    let record = bench.state.record().unwrap();
    assert!(record.is_resumable() && record.earlier.is_empty() && record.message_count == 1);
    assert!(record.state.posts.is_empty() && bench.state.is_idle());
}

#[test]
fn a_clear_is_not_undone_later() {
    let (mut bench, undo) = cleared();
    bench.now.wall += TEN_MINUTES;
    let late = press_as(&mut bench, &undo, Role::Admin, None);
    assert!(read(&late).contains("too long ago"));
    assert!(!bench.state.is_idle());
    let effects = bench.after(TEN_MINUTES.as_secs());
    let [(_, post)] = puts(&effects).collect::<Vec<_>>()[..] else {
        panic!("{effects:?}");
    };
    assert!(post.controls.is_empty() && post.is_final && text_of(post).starts_with("Cleared"));
    assert!(bench.state.is_idle());
}

#[test]
fn a_shutdown_does_not_wait_for_the_button() {
    let (mut bench, _) = cleared();
    drop(bench.event(Event::Shutdown(ShutdownStage::Drain)));
    assert!(bench.state.is_idle());
    let record = bench.state.record().unwrap();
    assert!(record.needs_recovery() && !record.is_unsettled());
}

#[test]
fn only_a_session_of_the_channel_can_be_chosen() {
    let (mut bench, _) = cleared();
    let menu = control_of(&bench.command(Command::Resume));
    let menu = (bench.next_post - 1, menu);
    for value in [None, Some("id-9"), Some("../../etc/passwd")] {
        let refused = press_as(&mut bench, &menu, Role::Admin, value);
        assert!(read(&refused).contains("not among"));
    }
    let effects = press_as(&mut bench, &menu, Role::Admin, Some("id-1"));
    assert_eq!(replies(&effects), [&InteractionReply::Acknowledge]);
    assert_eq!(session(&bench), "id-1");
    let again = press_as(&mut bench, &menu, Role::Admin, Some("id-1"));
    assert!(read(&again).contains("no longer works"));
}

#[test]
fn an_idle_process_goes_with_its_session() {
    let (mut bench, undo) = cleared();
    drop(bench.ask("other"));
    drop(bench.event(Event::Saved(Ok(()))));
    drop(bench.event(Event::Started));
    drop(bench.answer("switchboard-initialize"));
    let refused = press_as(&mut bench, &undo, Role::Admin, None);
    assert!(read(&refused).contains("Claude is working"));
    drop(bench.cli(result()));
    let effects = press_as(&mut bench, &undo, Role::Admin, None);
    assert!(effects.contains(&Effect::Stop), "{effects:?}");
    drop(bench.exit(""));
    drop(bench.ask("on"));
    let effects = bench.event(Event::Saved(Ok(())));
    assert_eq!(starts(&effects), [&Start::Resume("id-1".into())]);
}
