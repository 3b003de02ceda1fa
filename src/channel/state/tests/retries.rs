//! Retry buttons that are pressed more than once, or where the bot may not post.

use super::{
    recovery::{press, reply, with_retry_button},
    *,
};
use crate::chat::{MissingPermission, PostFailure};

fn fetches(effects: &[Effect]) -> usize {
    let is_fetch = |effect: &&Effect| matches!(effect, Effect::Chat(ChatOp::FetchMessage { .. }));
    effects.iter().filter(is_fetch).count()
}

fn forbidden() -> Event {
    Event::Posted {
        key: PostKey::new("any"),
        messages: Vec::new(),
        state: PostState::Failed(PostFailure::Forbidden(MissingPermission::Send)),
    }
}

#[test]
fn only_the_first_press_runs_the_message() {
    let (mut bench, id, keys) = with_retry_button();
    drop(bench.deliver(keys[0].clone()));
    let first = press(&bench, &id, FIRST_POST, 2);
    assert_eq!(fetches(&bench.event(Event::Pressed(first))), 1);
    let second = press(&bench, &id, FIRST_POST, 2);
    let effects = bench.event(Event::Pressed(second));
    assert_eq!(reply(&effects), Some(messages::ALREADY_RETRIED));
    assert_eq!(fetches(&effects), 0);
}

#[test]
fn a_message_that_waits_for_its_retry_is_not_fetched_again() {
    let (mut bench, id, keys) = with_retry_button();
    drop(bench.deliver(keys[0].clone()));
    drop(bench.ask("runs"));
    let request = Request::Prompt {
        text: "again".into(),
        context: Box::default(),
    };
    let waits = QueueItem {
        source: Source::Retry {
            press: OpId::Press(900),
        },
        ..item(Origin::Message(MessageId(7)), Role::Member, request)
    };
    drop(bench.event(Event::Requested(waits)));
    let second = press(&bench, &id, FIRST_POST, 2);
    let effects = bench.event(Event::Pressed(second));
    assert_eq!(reply(&effects), Some(messages::ALREADY_RETRIED));
}

#[test]
fn where_it_may_not_post_a_press_is_not_paid() {
    let (mut bench, id, keys) = with_retry_button();
    drop(bench.deliver(keys[0].clone()));
    drop(bench.event(forbidden()));
    let refused = press(&bench, &id, FIRST_POST, 2);
    let effects = bench.event(Event::Pressed(refused));
    assert!(reply(&effects).unwrap().contains("**Send Messages**"));
    assert_eq!(fetches(&effects), 0);
    drop(bench.event(Event::PostingAllowed));
    let allowed = press(&bench, &id, FIRST_POST, 2);
    assert_eq!(fetches(&bench.event(Event::Pressed(allowed))), 1);
}

#[test]
fn where_it_may_not_post_nothing_that_waits_runs() {
    let mut bench = Bench::new();
    bench.working();
    drop(bench.ask("waits"));
    drop(bench.event(forbidden()));
    let effects = bench.cli(result());
    assert!(asks(&effects).is_empty() && bench.state.turn.is_none());
    assert_eq!(bench.state.waiting(), 0);
    assert!(bench.state.record().unwrap().has_claimed(MessageId(102)));
    drop(bench.event(Event::PostingAllowed));
    drop(bench.ask("runs"));
    assert!(bench.state.turn.is_some());
}

#[test]
fn a_message_that_is_refused_now_is_not_called_deleted() {
    let (mut bench, id, keys) = with_retry_button();
    drop(bench.deliver(keys[0].clone()));
    let pressed = press(&bench, &id, FIRST_POST, 2);
    drop(bench.event(Event::Pressed(pressed)));
    let effects = bench.event(Event::RetryUnavailable {
        press: OpId::Press(902),
        why: Unavailable::Refused,
    });
    assert_eq!(says(&effects)[0], messages::MESSAGE_REFUSED);
    assert!(bench.state.record().unwrap().state.posts.is_empty());
}
