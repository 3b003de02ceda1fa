//! Requests for approval that go to the approvers in direct messages.

use std::sync::Arc;

use super::*;
use crate::{config::ApprovalsTo, registry::state::StoredPost, snowflake::GuildId};

const ADA: ChannelId = ChannelId(90);
const BOB: ChannelId = ChannelId(91);
const HERE: ChannelId = ChannelId(1);

impl Bench {
    /// Claude works in a channel of a guild and asks for permission, which goes there.
    fn asking(to: ApprovalsTo) -> (Self, Vec<Effect>) {
        let mut bench = working();
        Arc::make_mut(&mut bench.state.config).discord.approvals_to = to;
        bench.state.place.as_mut().unwrap().guild = Some(GuildId(5));
        let effects = bench.may("1", "secret");
        (bench, effects)
    }

    /// Both approvers have the request.
    fn asked(to: ApprovalsTo) -> Self {
        let (mut bench, _) = Self::asking(to);
        drop(bench.event(Event::ApproversReached(vec![ADA, BOB])));
        bench
    }

    /// The button of the copy that stands there.
    fn button_in(&self, direct: ChannelId, label: &str) -> Shown {
        let record = self.state.record().unwrap();
        let is_there = |post: &&StoredPost| post.copy.as_ref().map(|it| it.channel) == Some(direct);
        let post = record.state.posts.iter().find(is_there).unwrap();
        let buttons = self.buttons();
        let mut buttons = buttons.into_iter();
        let found = buttons.find(|(found, message, _)| {
            found.starts_with(label) && post.messages.contains(message)
        });
        found.unwrap()
    }
}

/// Where cards are put, what they say, and whether they have buttons.
fn cards(effects: &[Effect]) -> Vec<(ChannelId, &str, bool)> {
    let cards = effects.iter().filter_map(|effect| match effect {
        Effect::Chat(ChatOp::Put { channel, post, .. }) => match &post.body {
            Body::Card(card) => {
                let has_buttons = !post.controls.is_empty();
                Some((*channel, card.text.as_str(), has_buttons))
            }
            _ => None,
        },
        _ => None,
    });
    cards.collect()
}

/// Where a card with these words is put.
fn places(effects: &[Effect], words: &str) -> Vec<u64> {
    let found = cards(effects).into_iter();
    let found = found.filter(|(_, text, _)| text.contains(words));
    let mut places: Vec<_> = found.map(|(channel, ..)| channel.0).collect();
    places.sort_unstable();
    places
}

#[test]
fn the_channel_reads_only_that_one_is_open() {
    let (mut bench, effects) = Bench::asking(ApprovalsTo::Dm);
    assert!(effects.contains(&Effect::ReachApprovers));
    let shown = cards(&effects);
    let &[(HERE, text, false)] = &shown[..] else {
        panic!("{shown:?}");
    };
    assert!(
        !text.contains("secret") && text.contains("direct messages"),
        "{text}"
    );
    let effects = bench.event(Event::ApproversReached(vec![ADA, BOB]));
    assert_eq!(places(&effects, "secret"), [90, 91]);
    assert!(
        cards(&effects)
            .iter()
            .all(|(_, text, has_buttons)| { *has_buttons && text.starts_with("-# In <#1>\n") })
    );
}

#[test]
fn all_copies_say_who_decided() {
    for (to, with_call) in [
        (ApprovalsTo::Dm, vec![90, 91]),
        (ApprovalsTo::Both, vec![1, 90, 91]),
    ] {
        let mut bench = Bench::asked(to);
        let button = bench.button_in(BOB, "Allow once");
        assert!(!replies(&bench.press_it(&button, false, None)).is_empty());
        let effects = bench.press_it(&button, true, None);
        assert_eq!(decisions(&effects).len(), 1);
        assert_eq!(places(&effects, "✓ Allowed once by Ada."), [1, 90, 91]);
        assert_eq!(places(&effects, "secret"), with_call);
        assert!(bench.labels().is_empty());
        assert_eq!(bench.requests_on_record(), 0, "all is delivered");
        let late = bench.press_it(&button, true, None);
        assert!(decisions(&late).is_empty());
    }
}

#[test]
fn the_channel_decides_as_well_if_both_are_asked() {
    let mut bench = Bench::asked(ApprovalsTo::Both);
    let effects = bench.decide("Deny");
    assert_eq!(places(&effects, "✗ Denied by Ada."), [1, 90, 91]);
}

#[test]
fn without_a_copy_the_channel_is_asked() {
    let (mut bench, _) = Bench::asking(ApprovalsTo::Dm);
    let effects = bench.event(Event::ApproversReached(Vec::new()));
    assert_eq!(places(&effects, "secret"), [1]);

    let (mut bench, _) = Bench::asking(ApprovalsTo::Dm);
    let effects = bench
        .state
        .handle(Event::ApproversReached(vec![ADA, BOB]), bench.now);
    let fail = |bench: &mut Bench, key: &PostKey| {
        bench.event(Event::Posted {
            key: key.clone(),
            messages: Vec::new(),
            state: PostState::Failed(PostFailure::ChannelGone),
        })
    };
    let copies = keys(&effects);
    assert_eq!(places(&fail(&mut bench, &copies[0]), "secret"), [0; 0]);
    assert_eq!(places(&fail(&mut bench, &copies[1]), "secret"), [1]);
    assert!(bench.state.turn.is_some(), "the channel is not gone");
    assert_eq!(decisions(&bench.decide("Allow once")).len(), 1);
}

#[test]
fn whatever_closes_a_request_closes_its_copies() {
    let closed = |effects: &[Effect], words: &str| assert_eq!(places(effects, words), [1, 90, 91]);
    let mut bench = Bench::asked(ApprovalsTo::Dm);
    closed(&bench.stop(), "✗ Closed: Claude was stopped");
    let mut bench = Bench::asked(ApprovalsTo::Dm);
    closed(&bench.exit("boom"), "✗ Closed: Claude's process ended");
    let mut bench = Bench::asked(ApprovalsTo::Dm);
    closed(&bench.after(900), "✗ Denied: nobody decided");
    let mut bench = Bench::asked(ApprovalsTo::Dm);
    let stage = ShutdownStage::Drain;
    closed(
        &bench.event(Event::Shutdown(stage)),
        "✗ Closed by a restart",
    );
    let bench = Bench::asked(ApprovalsTo::Dm);
    let mut next = Bench::with(bench.state.record().cloned());
    closed(&next.event(Event::Recover), "✗ Closed by a restart");
}

#[test]
fn questions_and_direct_messages_stay_where_they_are() {
    let mut bench = working();
    Arc::make_mut(&mut bench.state.config).discord.approvals_to = ApprovalsTo::Dm;
    let effects = bench.may("1", "secret");
    assert!(!effects.contains(&Effect::ReachApprovers));
    assert_eq!(places(&effects, "secret"), [1]);
    drop(bench.decide("Deny"));
    bench.state.place.as_mut().unwrap().guild = Some(GuildId(5));
    let question = json!({ "questions": [{ "question": "Which?", "header": "h", "options": [], "multiSelect": false }] });
    let effects = bench.may_use("2", "AskUserQuestion", &question, None);
    assert!(!effects.contains(&Effect::ReachApprovers));
    assert_eq!(places(&effects, "Which?"), [1]);
}
