//! What is in a channel, what should be there, and which step comes next. Pure.
//!
//! * Each page of a post is a message, in order. A page that differs is edited, a missing one is created, and surplus ones
//!   are deleted, the last first.
//! * Posts are created in the order in which they were first put: while a post lacks a page, no later post is begun.
//! * Posts that only need edits or deletions take turns, so that a post that keeps changing does not starve the others.
//! * A message that somebody deleted stays deleted.
//! * A post that was rejected is left alone until it is put again.

use std::collections::HashMap;

use crate::{
    chat::{PostFailure, PostKey, PostState},
    snowflake::MessageId,
};

/// How many removed keys are remembered.
const REMOVED: usize = 1_000;

/// The posts of one channel whose pages are `P`.
#[derive(Debug, Default)]
pub(super) struct Board<P> {
    /// In the order in which they were first put.
    posts: Vec<Entry<P>>,
    next_number: u64,
    /// The number of the post that took the last turn.
    served: u64,
    /// How often a post with this key was removed: a later post with the key is a new one.
    removed: HashMap<PostKey, u32>,
}

#[derive(Debug)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are independent of one another"
)]
struct Entry<P> {
    key: PostKey,
    number: u64,
    wanted: Vec<P>,
    standing: Vec<PostedPage<P>>,
    is_final: bool,
    /// Whether its newest version is one of many and need not be sent at once.
    is_growing: bool,
    is_removed: bool,
    /// Whether the newest version is still to be acknowledged.
    is_unacknowledged: bool,
    failure: Option<PostFailure>,
}

#[derive(Debug)]
struct PostedPage<P> {
    id: MessageId,
    /// What it shows; `None` if an earlier process posted it.
    page: Option<P>,
    /// Whether somebody deleted it.
    is_gone: bool,
}

impl<P: PartialEq> PostedPage<P> {
    fn new(id: MessageId, page: Option<P>) -> Self {
        Self {
            id,
            page,
            is_gone: false,
        }
    }

    /// Whether it needs no edit. A message that is gone needs none.
    fn shows(&self, page: &P) -> bool {
        self.is_gone || self.page.as_ref() == Some(page)
    }
}

/// Which steps the rate limits allow now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "they are independent of one another"
)]
pub(super) struct Allowance {
    pub(super) create: bool,
    pub(super) edit: bool,
    pub(super) delete: bool,
    /// Whether posts that grow may have a step.
    pub(super) grow: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step<P> {
    pub(super) key: PostKey,
    /// Which of the post's pages.
    pub(super) index: usize,
    pub(super) action: Action<P>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Action<P> {
    Create {
        page: P,
        /// How often a post with this key was removed before.
        incarnation: u32,
    },
    Edit {
        id: MessageId,
        /// What it shows now, if that is known.
        from: Option<P>,
        page: P,
    },
    Delete {
        id: MessageId,
    },
}

/// The result of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StepResult {
    /// With the id of a created message.
    Done(Option<MessageId>),
    /// The message does not exist any more.
    Gone,
    Failed(PostFailure),
}

/// The report that a version of a post is in the channel, or will not be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Acknowledgement {
    pub(super) key: PostKey,
    pub(super) messages: Vec<MessageId>,
    pub(super) state: PostState,
}

impl<P: Clone + PartialEq> Board<P> {
    /// Makes the post with this key consist of these pages. `known` are its messages, if an earlier process posted it.
    pub(super) fn put(&mut self, key: PostKey, pages: Vec<P>, known: &[MessageId], is_final: bool) {
        let entry = self.entry(key, known);
        entry.wanted = pages;
        entry.is_final = is_final;
        entry.is_growing = false;
        entry.is_removed = false;
        entry.is_unacknowledged = true;
        entry.failure = None;
    }

    /// Makes a post that grows consist of these pages. They are acknowledged when a message is created. It never shrinks.
    pub(super) fn grow(&mut self, key: &PostKey, pages: Vec<P>, known: &[MessageId]) {
        let entry = self.entry(key.clone(), known);
        entry.is_growing = true;
        entry.is_removed = false;
        if pages.len() >= entry.standing.len() {
            entry.wanted = pages;
        }
    }

    /// Whether the next version of a post that grows may wait. What a page was cut by has to stand in the next one at once.
    pub(super) fn may_wait(&self, key: &PostKey) -> bool {
        let mut growing = self.posts.iter().filter(|entry| entry.is_growing);
        growing.any(|entry| entry.key == *key && !entry.lacks_pages())
    }

    pub(super) fn remove(&mut self, key: &PostKey, known: &[MessageId]) {
        let entry = self.entry(key.clone(), known);
        entry.wanted.clear();
        entry.is_removed = true;
        entry.is_unacknowledged = false;
        entry.failure = None;
        self.forget();
    }

    /// The pages that a post shall consist of, if it is not forgotten.
    pub(super) fn wanted(&mut self, key: &PostKey) -> Option<&mut Vec<P>> {
        let entry = self.posts.iter_mut().find(|entry| entry.key == *key);
        entry.map(|entry| &mut entry.wanted)
    }

    pub(super) fn has(&self, key: &PostKey) -> bool {
        self.posts.iter().any(|entry| entry.key == *key)
    }

    /// Frees memory that is not in use.
    pub(super) fn shrink(&mut self) {
        self.posts.shrink_to_fit();
    }

    fn entry(&mut self, key: PostKey, known: &[MessageId]) -> &mut Entry<P> {
        let entries = self.posts.iter();
        let position = entries.take_while(|entry| entry.key != key).count();
        if position == self.posts.len() {
            self.next_number += 1;
            let standing = known.iter().map(|id| PostedPage::new(*id, None));
            self.posts.push(Entry {
                key,
                number: self.next_number,
                wanted: Vec::new(),
                standing: standing.collect(),
                is_final: false,
                is_growing: false,
                is_removed: false,
                is_unacknowledged: false,
                failure: None,
            });
        }
        &mut self.posts[position]
    }

    pub(super) fn next(&self, mut budget: Allowance) -> Option<Step<P>> {
        let mut first = None;
        for entry in &self.posts {
            let step = self.step(entry, budget).map(|(index, action)| Step {
                key: entry.key.clone(),
                index,
                action,
            });
            budget.create &= !entry.lacks_pages();
            if step.is_some() && entry.number > self.served {
                return step;
            }
            first = first.or(step);
        }
        first
    }

    fn step(&self, entry: &Entry<P>, budget: Allowance) -> Option<(usize, Action<P>)> {
        if entry.failure.is_some() || (entry.is_growing && !budget.grow) {
            return None;
        }
        let mut pairs = entry.standing.iter().zip(&entry.wanted).enumerate();
        let edit = pairs.find(|(_, (standing, page))| !standing.shows(page));
        // The edit of a post that grows may cut a page: then the next one has to follow at once, and not come before it.
        let waits = entry.is_growing && !(budget.edit && (budget.create || !entry.lacks_pages()));
        if edit.is_some() && waits {
            return None;
        }
        if let Some((index, (standing, page))) = edit.filter(|_| budget.edit) {
            let action = Action::Edit {
                id: standing.id,
                from: standing.page.clone(),
                page: page.clone(),
            };
            return Some((index, action));
        }
        let index = entry.standing.len();
        if let Some(page) = entry.wanted.get(index).filter(|_| budget.create) {
            let incarnation = self.removed.get(&entry.key).copied().unwrap_or(0);
            let page = page.clone();
            return Some((index, Action::Create { page, incarnation }));
        }
        if entry.standing.len() > entry.wanted.len() && budget.delete {
            let standing = entry.standing.last()?;
            return Some((index - 1, Action::Delete { id: standing.id }));
        }
        None
    }

    pub(super) fn done(&mut self, step: Step<P>, outcome: StepResult) {
        let entry = self.posts.iter_mut().find(|entry| entry.key == step.key);
        let Some(entry) = entry else { return };
        self.served = entry.number;
        match (step.action, outcome) {
            (Action::Create { page, .. }, StepResult::Done(Some(id))) => {
                entry.standing.push(PostedPage::new(id, Some(page)));
                entry.is_unacknowledged |= entry.is_growing;
            }
            (Action::Edit { page, .. }, StepResult::Done(_) | StepResult::Gone) => {
                if let Some(standing) = entry.standing.get_mut(step.index) {
                    standing.is_gone |= outcome == StepResult::Gone;
                    standing.page = Some(page);
                }
            }
            (Action::Delete { .. }, StepResult::Done(_) | StepResult::Gone) => {
                entry.standing.truncate(step.index);
            }
            (_, StepResult::Failed(why)) => entry.failure = Some(why),
            // Discord never answers a create like this.
            (Action::Create { .. }, StepResult::Done(None) | StepResult::Gone) => {
                entry.failure = Some(PostFailure::Refused);
            }
        }
        self.forget();
    }

    /// Acknowledges each version once, when it is in the channel or will not be.
    pub(super) fn acknowledge(&mut self) -> Vec<Acknowledgement> {
        let mut acknowledgements = Vec::new();
        for entry in &mut self.posts {
            if entry.is_unacknowledged && entry.is_resting() {
                entry.is_unacknowledged = false;
                let standing = entry.standing.iter().filter(|standing| !standing.is_gone);
                acknowledgements.push(Acknowledgement {
                    key: entry.key.clone(),
                    messages: standing.map(|standing| standing.id).collect(),
                    state: match entry.failure {
                        _ if entry.is_growing => PostState::Growing,
                        None => PostState::Whole,
                        Some(why) => PostState::Failed(why),
                    },
                });
            }
        }
        self.forget();
        acknowledgements
    }

    pub(super) fn fail_all(&mut self, why: PostFailure) {
        for entry in &mut self.posts {
            if !entry.is_settled() {
                entry.failure = Some(why);
            }
        }
    }

    /// Whether no step is left, not even for later.
    pub(super) fn is_settled(&self) -> bool {
        self.posts.iter().all(Entry::is_resting)
    }

    /// Forgets posts that are final or removed and need no more steps.
    fn forget(&mut self) {
        let is_over = |entry: &mut Entry<P>| {
            entry.is_resting() && !entry.is_unacknowledged && (entry.is_final || entry.is_removed)
        };
        for entry in self.posts.extract_if(.., is_over) {
            if entry.is_removed && self.removed.len() < REMOVED {
                *self.removed.entry(entry.key).or_default() += 1;
            }
        }
    }
}

impl<P: PartialEq> Entry<P> {
    fn lacks_pages(&self) -> bool {
        self.failure.is_none() && self.standing.len() < self.wanted.len()
    }

    /// Whether it needs no step, or none until it is put again.
    fn is_resting(&self) -> bool {
        self.failure.is_some() || self.is_settled()
    }

    fn is_settled(&self) -> bool {
        let mut pairs = self.standing.iter().zip(&self.wanted);
        self.standing.len() == self.wanted.len()
            && pairs.all(|(standing, page)| standing.shows(page))
    }
}

#[cfg(test)]
mod tests;
