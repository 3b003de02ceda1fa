//! What stands in a channel, what shall stand there, and which step comes next. Pure.
//!
//! * A post's pages are messages, in order. A page that differs is edited, one that is missing is created, one too many
//!   is deleted, from the last on.
//! * Posts are created in the order in which they were put first: while one lacks a page, no later one is begun.
//! * Among posts that only need edits or deletions, turns are taken, so that none is starved by one that keeps changing.
//! * A message that somebody deleted stays deleted.
//! * A post that was rejected rests until it is put again.

use std::collections::HashMap;

use crate::{
    chat::{PostFailure, PostKey},
    snowflake::MessageId,
};

/// How many removed keys are remembered.
const REMOVED: usize = 1_000;

/// The posts of one channel whose pages are `P`.
#[derive(Debug)]
pub(super) struct Board<P> {
    /// In the order in which they were put first.
    posts: Vec<Entry<P>>,
    next_number: u64,
    /// Whose turn was the last.
    served: u64,
    /// How often a post with this key was removed: the next one is not the same.
    removed: HashMap<PostKey, u32>,
}

#[derive(Debug)]
struct Entry<P> {
    key: PostKey,
    number: u64,
    wanted: Vec<P>,
    standing: Vec<Standing<P>>,
    is_final: bool,
    is_removed: bool,
    /// Whether the newest version has yet to be acknowledged.
    is_unacknowledged: bool,
    failure: Option<PostFailure>,
}

/// A message of a post.
#[derive(Debug)]
struct Standing<P> {
    id: MessageId,
    /// What it shows; `None` where that is not known: an earlier process posted it.
    page: Option<P>,
    /// Whether somebody deleted it.
    is_gone: bool,
}

/// Which kinds of steps the rate limits allow now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Budget {
    pub(super) create: bool,
    pub(super) edit: bool,
    pub(super) delete: bool,
}

impl Budget {
    pub(super) const ALL: Self = Self {
        create: true,
        edit: true,
        delete: true,
    };
}

/// A step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Step<P> {
    pub(super) key: PostKey,
    /// Which of the post's pages.
    pub(super) index: usize,
    pub(super) action: Action<P>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Action<P> {
    /// Create a message.
    Create {
        page: P,
        /// How often a post with this key was removed before.
        incarnation: u32,
    },
    /// Edit a message.
    Edit {
        id: MessageId,
        /// What it shows now, if that is known.
        from: Option<P>,
        page: P,
    },
    /// Delete a message.
    Delete { id: MessageId },
}

/// How a step went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// It was done. Of a created message, its id.
    Done(Option<MessageId>),
    /// The message does not exist any more.
    Gone,
    /// It was rejected.
    Failed(PostFailure),
}

/// What the channel is told of a post.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Acknowledgement {
    pub(super) key: PostKey,
    /// The messages that stand there.
    pub(super) messages: Vec<MessageId>,
    /// Why not all of it stands there.
    pub(super) failure: Option<PostFailure>,
}

impl<P> Default for Board<P> {
    fn default() -> Self {
        Self {
            posts: Vec::new(),
            next_number: 0,
            served: 0,
            removed: HashMap::new(),
        }
    }
}

impl<P: Clone + PartialEq> Board<P> {
    /// The post with this key shall consist of these pages. `known` are its messages, if an earlier process posted it.
    pub(super) fn put(&mut self, key: PostKey, pages: Vec<P>, known: &[MessageId], is_final: bool) {
        if let Some(entry) = self.posts.iter_mut().find(|entry| entry.key == key) {
            entry.wanted = pages;
            entry.is_final = is_final;
            entry.is_removed = false;
            entry.is_unacknowledged = true;
            entry.failure = None;
            return;
        }
        let mut entry = self.entry(key, known);
        entry.wanted = pages;
        entry.is_final = is_final;
        entry.is_unacknowledged = true;
        self.posts.push(entry);
    }

    /// The post with this key shall not stand there any more.
    pub(super) fn remove(&mut self, key: &PostKey, known: &[MessageId]) {
        if !self.posts.iter().any(|entry| entry.key == *key) {
            let entry = self.entry(key.clone(), known);
            self.posts.push(entry);
        }
        if let Some(entry) = self.posts.iter_mut().find(|entry| entry.key == *key) {
            entry.wanted.clear();
            entry.is_removed = true;
            entry.is_unacknowledged = false;
            entry.failure = None;
        }
        self.forget();
    }

    fn entry(&mut self, key: PostKey, known: &[MessageId]) -> Entry<P> {
        self.next_number += 1;
        let standing = known.iter().map(|id| Standing {
            id: *id,
            page: None,
            is_gone: false,
        });
        Entry {
            key,
            number: self.next_number,
            wanted: Vec::new(),
            standing: standing.collect(),
            is_final: false,
            is_removed: false,
            is_unacknowledged: false,
            failure: None,
        }
    }

    /// The next step that the budget allows.
    pub(super) fn next(&self, budget: Budget) -> Option<Step<P>> {
        let mut is_creating = false;
        let mut steps = Vec::new();
        for entry in &self.posts {
            let may_create = budget.create && !is_creating;
            is_creating |= entry.lacks_pages();
            let budget = Budget {
                create: may_create,
                ..budget
            };
            if let Some((index, action)) = self.step(entry, budget) {
                steps.push((entry, index, action));
            }
        }
        let position = steps
            .iter()
            .position(|(entry, ..)| entry.number > self.served)
            .unwrap_or(0);
        let (entry, index, action) =
            (position < steps.len()).then(|| steps.swap_remove(position))?;
        Some(Step {
            key: entry.key.clone(),
            index,
            action,
        })
    }

    fn step(&self, entry: &Entry<P>, budget: Budget) -> Option<(usize, Action<P>)> {
        if entry.failure.is_some() {
            return None;
        }
        let mut pairs = entry.standing.iter().zip(&entry.wanted).enumerate();
        let differs = |standing: &Standing<P>, page: &P| {
            !standing.is_gone && standing.page.as_ref() != Some(page)
        };
        let edit = pairs.find(|(_, (standing, page))| differs(standing, page));
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

    /// A step was taken.
    pub(super) fn done(&mut self, step: Step<P>, outcome: Outcome) {
        let entry = self.posts.iter_mut().find(|entry| entry.key == step.key);
        let Some(entry) = entry else { return };
        self.served = entry.number;
        match (step.action, outcome) {
            (Action::Create { page, .. }, Outcome::Done(Some(id))) => {
                entry.standing.push(Standing {
                    id,
                    page: Some(page),
                    is_gone: false,
                });
            }
            (Action::Edit { page, .. }, Outcome::Done(_)) => {
                if let Some(standing) = entry.standing.get_mut(step.index) {
                    standing.page = Some(page);
                }
            }
            (Action::Edit { .. }, Outcome::Gone) => {
                if let Some(standing) = entry.standing.get_mut(step.index) {
                    standing.is_gone = true;
                }
            }
            (Action::Delete { .. }, Outcome::Done(_) | Outcome::Gone) => {
                entry.standing.truncate(step.index);
            }
            (_, Outcome::Failed(why)) => entry.failure = Some(why),
            // Discord creates a message or says why not.
            (Action::Create { .. }, Outcome::Done(None) | Outcome::Gone) => {
                entry.failure = Some(PostFailure::Refused);
            }
        }
        self.forget();
    }

    /// What there is to tell of posts: each version once, when it stands there or will not.
    pub(super) fn acknowledge(&mut self) -> Vec<Acknowledgement> {
        let mut acknowledgements = Vec::new();
        for entry in &mut self.posts {
            if entry.is_unacknowledged && (entry.failure.is_some() || entry.is_settled()) {
                entry.is_unacknowledged = false;
                let standing = entry.standing.iter().filter(|standing| !standing.is_gone);
                acknowledgements.push(Acknowledgement {
                    key: entry.key.clone(),
                    messages: standing.map(|standing| standing.id).collect(),
                    failure: entry.failure,
                });
            }
        }
        self.forget();
        acknowledgements
    }

    /// Fails all that is still to be done.
    pub(super) fn fail_all(&mut self, why: PostFailure) {
        for entry in &mut self.posts {
            if !entry.is_settled() {
                entry.failure = Some(why);
            }
        }
    }

    /// Whether any step is to be taken, now or when the limits allow it.
    pub(super) fn is_settled(&self) -> bool {
        self.next(Budget::ALL).is_none()
    }

    /// Forgets posts that are final or removed and need nothing more.
    fn forget(&mut self) {
        let is_over = |entry: &mut Entry<P>| {
            let is_resting = entry.failure.is_some() || entry.is_settled();
            is_resting && !entry.is_unacknowledged && (entry.is_final || entry.is_removed)
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

    fn is_settled(&self) -> bool {
        let shows = |(standing, page): (&Standing<P>, &P)| {
            standing.is_gone || standing.page.as_ref() == Some(page)
        };
        self.standing.len() == self.wanted.len()
            && self.standing.iter().zip(&self.wanted).all(shows)
    }
}

#[cfg(test)]
mod tests;
