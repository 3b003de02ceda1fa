//! Steps towards what is wanted, against a channel that is a list of messages.

use std::collections::HashSet;

use proptest::prelude::*;

use super::*;

impl Allowance {
    const ALL: Self = Self {
        create: true,
        edit: true,
        delete: true,
        grow: true,
    };
}

/// A channel, and how it behaves.
#[derive(Debug, Default)]
struct Channel {
    messages: Vec<(MessageId, String)>,
    last_id: u64,
    created: HashMap<(PostKey, usize, u32), MessageId>,
}

impl Channel {
    fn texts(&self) -> Vec<&str> {
        let texts = self.messages.iter().map(|(_, text)| text.as_str());
        texts.collect()
    }

    /// Carries a step out, or fails it.
    fn take(&mut self, step: &Step<String>, failure: Option<PostFailure>) -> StepResult {
        if let Some(why) = failure {
            return StepResult::Failed(why);
        }
        let at = |id: &MessageId| {
            let mut messages = self.messages.iter();
            messages.position(|(known, _)| known == id)
        };
        match &step.action {
            Action::Create { page, incarnation } => {
                self.last_id += 1;
                let id = MessageId(self.last_id);
                let place = (step.key.clone(), step.index, *incarnation);
                assert_eq!(self.created.insert(place, id), None, "created twice");
                self.messages.push((id, page.clone()));
                StepResult::Done(Some(id))
            }
            Action::Edit { id, page, .. } => match at(id) {
                Some(at) => {
                    self.messages[at].1.clone_from(page);
                    StepResult::Done(None)
                }
                None => StepResult::Gone,
            },
            Action::Delete { id } => match at(id) {
                Some(at) => {
                    self.messages.remove(at);
                    // It may be created again.
                    self.created.retain(|_, created| created != id);
                    StepResult::Done(None)
                }
                None => StepResult::Gone,
            },
        }
    }
}

fn key(name: &str) -> PostKey {
    PostKey::new(name)
}

fn pages(texts: &[&str]) -> Vec<String> {
    texts.iter().map(ToString::to_string).collect()
}

/// Takes all steps; gives what was acknowledged.
fn settle(board: &mut Board<String>, channel: &mut Channel) -> Vec<Acknowledgement> {
    let mut acknowledged = board.acknowledge();
    while let Some(step) = board.next(Allowance::ALL) {
        let outcome = channel.take(&step, None);
        board.done(step, outcome);
        acknowledged.extend(board.acknowledge());
    }
    acknowledged
}

#[test]
fn a_post_is_created_edited_shortened_and_removed() {
    let (mut board, mut channel) = (Board::default(), Channel::default());
    board.put(key("a"), pages(&["1", "2", "3"]), &[], false);
    let acknowledged = settle(&mut board, &mut channel);
    assert_eq!(acknowledged.len(), 1);
    assert_eq!(
        acknowledged[0].messages,
        [MessageId(1), MessageId(2), MessageId(3)]
    );
    board.put(key("a"), pages(&["1", "two"]), &[], false);
    assert_eq!(settle(&mut board, &mut channel)[0].messages.len(), 2);
    assert_eq!(channel.texts(), ["1", "two"]);
    board.remove(&key("a"), &[]);
    assert_eq!(settle(&mut board, &mut channel), []);
    assert!(channel.messages.is_empty() && board.posts.is_empty());
    // The next post of that key is another one.
    board.put(key("a"), pages(&["1"]), &[], true);
    let step = board.next(Allowance::ALL).unwrap();
    assert!(matches!(step.action, Action::Create { incarnation: 1, .. }));
}

#[test]
fn only_the_newest_version_is_sent_once_the_limits_allow_it() {
    let (mut board, mut channel) = (Board::default(), Channel::default());
    let no_edits = Allowance {
        edit: false,
        ..Allowance::ALL
    };
    board.put(key("a"), pages(&["v1"]), &[], false);
    settle(&mut board, &mut channel);
    for text in ["v2", "v3"] {
        board.put(key("a"), pages(&[text]), &[], false);
        assert_eq!(board.next(no_edits), None);
        assert!(!board.is_settled());
    }
    let step = board.next(Allowance::ALL).unwrap();
    assert!(matches!(&step.action, Action::Edit { page, .. } if page == "v3"));
    board.done(step, StepResult::Done(None));
    assert_eq!(board.acknowledge().len(), 1);
    assert!(board.is_settled());
}

#[test]
fn a_later_post_waits_for_the_pages_of_an_earlier_one() {
    let (mut board, mut channel) = (Board::default(), Channel::default());
    board.put(key("a"), pages(&["a1", "a2"]), &[], true);
    board.put(key("b"), pages(&["b1"]), &[], true);
    settle(&mut board, &mut channel);
    assert_eq!(channel.texts(), ["a1", "a2", "b1"]);
    assert!(board.posts.is_empty(), "final posts are forgotten");
}

#[test]
fn a_page_that_grows_is_cut_once_the_next_can_follow() {
    let (mut board, mut channel) = (Board::default(), Channel::default());
    board.grow(&key("a"), pages(&["one two"]), &[]);
    settle(&mut board, &mut channel);
    assert!(board.may_wait(&key("a")));
    board.grow(&key("a"), pages(&["one", "two three"]), &[]);
    for (create, edit) in [(false, true), (true, false)] {
        let budget = Allowance {
            create,
            edit,
            ..Allowance::ALL
        };
        assert_eq!(board.next(budget), None);
    }
    let step = board.next(Allowance::ALL).unwrap();
    let outcome = channel.take(&step, None);
    board.done(step, outcome);
    assert_eq!(channel.texts(), ["one"]);
    assert!(!board.may_wait(&key("a")));
    settle(&mut board, &mut channel);
    assert_eq!(channel.texts(), ["one", "two three"]);
    assert!(board.may_wait(&key("a")));
}

#[test]
fn a_changing_post_does_not_starve_others() {
    let (mut board, mut channel) = (Board::default(), Channel::default());
    for name in ["a", "b"] {
        board.put(key(name), pages(&["0"]), &[], false);
    }
    settle(&mut board, &mut channel);
    board.put(key("b"), pages(&["new"]), &[], false);
    for version in 1..=3 {
        board.put(key("a"), pages(&[&version.to_string()]), &[], false);
        let step = board.next(Allowance::ALL).unwrap();
        let outcome = channel.take(&step, None);
        board.done(step, outcome);
    }
    assert_eq!(channel.texts()[1], "new");
}

#[test]
fn a_rejected_post_is_reported_and_waits_for_the_next_put() {
    let (mut board, mut channel) = (Board::default(), Channel::default());
    board.put(key("a"), pages(&["a1", "a2"]), &[], false);
    let step = board.next(Allowance::ALL).unwrap();
    let outcome = channel.take(&step, None);
    board.done(step, outcome);
    let step = board.next(Allowance::ALL).unwrap();
    board.done(step, StepResult::Failed(PostFailure::Refused));
    let acknowledged = board.acknowledge();
    assert_eq!(
        acknowledged[0].state,
        PostState::Failed(PostFailure::Refused)
    );
    assert_eq!(acknowledged[0].messages, [MessageId(1)]);
    assert!(board.is_settled() && board.acknowledge().is_empty());
    board.put(key("a"), pages(&["a1", "a2"]), &[], true);
    settle(&mut board, &mut channel);
    assert_eq!(channel.texts(), ["a1", "a2"]);
}

#[test]
fn a_message_that_somebody_deleted_stays_deleted() {
    let (mut board, mut channel) = (Board::default(), Channel::default());
    board.put(key("a"), pages(&["1", "2"]), &[], false);
    settle(&mut board, &mut channel);
    channel.messages.remove(0);
    board.put(key("a"), pages(&["one", "two"]), &[], true);
    let acknowledged = settle(&mut board, &mut channel);
    assert_eq!(channel.texts(), ["two"]);
    assert_eq!(acknowledged[0].messages, [MessageId(2)]);
    assert_eq!(acknowledged[0].state, PostState::Whole);
}

#[test]
fn a_post_of_an_earlier_process_is_edited_and_removed() {
    let (mut board, mut channel) = (Board::default(), Channel::default());
    for id in 1..=2 {
        channel.messages.push((MessageId(id), "old".into()));
    }
    channel.last_id = 2;
    board.put(key("a"), pages(&["new"]), &[MessageId(1)], true);
    board.remove(&key("b"), &[MessageId(2)]);
    settle(&mut board, &mut channel);
    assert_eq!(channel.texts(), ["new"]);
}

#[derive(Debug, Clone)]
enum Event {
    Put(u8, u8, bool),
    Remove(u8),
    /// A step, with what the limits allow, and whether it fails.
    Step(bool, bool, bool, bool),
}

fn event() -> impl Strategy<Value = Event> {
    prop_oneof![
        3 => (0u8..4, 0u8..4, any::<bool>()).prop_map(|(key, pages, is_final)| Event::Put(key, pages, is_final)),
        1 => (0u8..4).prop_map(Event::Remove),
        6 => (any::<bool>(), any::<bool>(), any::<bool>(), prop::bool::weighted(0.1))
            .prop_map(|(create, edit, delete, fails)| Event::Step(create, edit, delete, fails)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Whatever the course of puts, limits and failures: what stands there in the end is what was put last, nothing is
    /// created twice, and every version but those that a newer one replaced is acknowledged.
    #[test]
    fn the_end_state_is_the_last_put(events in prop::collection::vec(event(), 0..80)) {
        let (mut board, mut channel) = (Board::default(), Channel::default());
        let mut wanted: Vec<(PostKey, Vec<String>)> = Vec::new();
        let mut version = 0;
        let mut open = HashSet::new();
        let take = |board: &mut Board<String>, channel: &mut Channel, budget, fails: bool| {
            let step = board.next(budget);
            let is_over = step.is_none();
            if let Some(step) = step {
                // Of a removed post nothing is told, a failure included.
                let fails = fails && !matches!(step.action, Action::Delete { .. });
                let outcome = channel.take(&step, fails.then_some(PostFailure::Refused));
                board.done(step, outcome);
            }
            (is_over, board.acknowledge())
        };
        for event in events {
            match event {
                Event::Put(number, count, is_final) => {
                    version += 1;
                    let name = key(&format!("k{number}"));
                    let new: Vec<_> = (0..count).map(|page| format!("{name} {page} v{version}")).collect();
                    // A final post that was forgotten would be a new one.
                    let was_wanted = wanted.iter().any(|(known, _)| *known == name);
                    if was_wanted && board.posts.iter().all(|entry| entry.key != name) {
                        continue;
                    }
                    match wanted.iter_mut().find(|(known, _)| *known == name) {
                        Some((_, pages)) => pages.clone_from(&new),
                        None => wanted.push((name.clone(), new.clone())),
                    }
                    open.insert(name.clone());
                    board.put(name, new, &[], is_final);
                }
                Event::Remove(number) => {
                    let name = key(&format!("k{number}"));
                    if board.posts.iter().any(|entry| entry.key == name) {
                        wanted.retain(|(known, _)| *known != name);
                        open.remove(&name);
                        board.remove(&name, &[]);
                    }
                }
                Event::Step(create, edit, delete, fails) => {
                    let (_, acknowledged) = take(&mut board, &mut channel, Allowance { create, edit, delete, ..Allowance::ALL }, fails);
                    for acknowledgement in acknowledged {
                        prop_assert!(open.remove(&acknowledgement.key), "acknowledged twice");
                        if let PostState::Failed(_) = acknowledgement.state {
                            // It rests as it is, until it is put again.
                            let stands: Vec<_> = acknowledgement.messages.iter().map(|id| {
                                channel.messages.iter().find(|(known, _)| known == id).unwrap().1.clone()
                            }).collect();
                            wanted.retain(|(known, _)| *known != acknowledgement.key);
                            wanted.push((acknowledgement.key, stands));
                        }
                    }
                }
            }
        }
        loop {
            let (is_over, acknowledged) = take(&mut board, &mut channel, Allowance::ALL, false);
            for acknowledgement in acknowledged {
                open.remove(&acknowledgement.key);
            }
            if is_over {
                break;
            }
        }
        let mut stands: Vec<String> = channel.texts().into_iter().map(str::to_owned).collect();
        let mut expected: Vec<String> = wanted.into_iter().flat_map(|(_, pages)| pages).collect();
        stands.sort();
        expected.sort();
        prop_assert_eq!(stands, expected);
        prop_assert!(open.is_empty(), "never acknowledged: {:?}", open);
    }

    /// Posts that are put once stand in the order in which they were put.
    #[test]
    fn order_is_kept(counts in prop::collection::vec(1usize..4, 1..8), budgets in prop::collection::vec(any::<bool>(), 0..40)) {
        let (mut board, mut channel) = (Board::default(), Channel::default());
        let mut expected = Vec::new();
        let mut budgets = budgets.into_iter();
        for (number, count) in counts.into_iter().enumerate() {
            let new: Vec<_> = (0..count).map(|page| format!("{number}.{page}")).collect();
            expected.extend(new.clone());
            board.put(key(&number.to_string()), new, &[], true);
            if let Some(create) = budgets.next()
                && let Some(step) = board.next(Allowance { create, ..Allowance::ALL })
            {
                let outcome = channel.take(&step, None);
                board.done(step, outcome);
            }
        }
        settle(&mut board, &mut channel);
        prop_assert_eq!(channel.texts(), expected);
    }
}
