//! Who is served next, when the bot sends more than Discord's global limit takes. Pure.
//!
//! The limit's places are given by class, and within a class in order. A class leaves places free for those before it. A
//! call that has waited for its class's bound is served anyway: one place in four goes to such calls, the one that is due
//! longest first.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

/// What a call is for, in the order in which calls are served. Interactions are not counted by the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) enum Class {
    /// What the bot itself says: questions, errors, replies to commands.
    Notice,
    /// Answers, and what has to be looked up for them.
    #[default]
    Answer,
    /// Edits of answers that grow.
    Growth,
    /// Cards, and what only changes how posts look.
    Card,
    /// Reactions and typing.
    Reaction,
}

impl Class {
    /// How long a call waits at most for calls of other classes.
    pub(super) fn bound(self) -> Duration {
        Duration::from_millis(match self {
            Self::Notice => 250,
            Self::Answer => 1_000,
            Self::Growth => 2_000,
            Self::Card => 4_000,
            Self::Reaction => 8_000,
        })
    }

    /// How many places it leaves free until then.
    pub(super) fn spares(self) -> usize {
        match self {
            Self::Notice | Self::Answer => 0,
            Self::Growth => 5,
            Self::Card => 10,
            Self::Reaction => 15,
        }
    }
}

/// How many calls are served between two that are overdue.
const BETWEEN: u8 = 3;

/// A call's place in the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct QueuePosition(u64);

#[derive(Debug, Default)]
pub(super) struct Queue {
    waiting: BTreeMap<QueuePosition, (Class, Instant)>,
    by_class: BTreeSet<(Class, QueuePosition)>,
    /// By when each is overdue.
    by_due: BTreeSet<(Instant, QueuePosition)>,
    last: u64,
    /// How many calls have been served since the last that was overdue.
    since_overdue: u8,
}

/// Whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Next {
    pub(super) place: QueuePosition,
    /// How many of the limit's places must be free for it.
    pub(super) needs: usize,
}

impl Queue {
    pub(super) fn enter(&mut self, class: Class, now: Instant) -> QueuePosition {
        self.last += 1;
        let (place, due) = (QueuePosition(self.last), now + class.bound());
        self.waiting.insert(place, (class, due));
        self.by_class.insert((class, place));
        self.by_due.insert((due, place));
        place
    }

    /// A call does not wait any more. Returns whether it did.
    pub(super) fn leave(&mut self, place: QueuePosition) -> bool {
        let Some((class, due)) = self.waiting.remove(&place) else {
            return false;
        };
        self.by_class.remove(&(class, place));
        self.by_due.remove(&(due, place));
        true
    }

    pub(super) fn next(&self, now: Instant) -> Option<Next> {
        let overdue = self.by_due.first().filter(|(due, _)| *due <= now);
        if let Some(&(_, place)) = overdue.filter(|_| self.since_overdue >= BETWEEN) {
            return Some(Next { place, needs: 1 });
        }
        let &(class, place) = self.by_class.first()?;
        let spares = class.spares();
        // Where the first of them must leave places free, nobody else may take those but one that is overdue.
        if let Some(&(_, place)) = overdue.filter(|_| spares > 0) {
            return Some(Next { place, needs: 1 });
        }
        let needs = spares + 1;
        Some(Next { place, needs })
    }

    /// A call goes out.
    pub(super) fn serve(&mut self, place: QueuePosition, now: Instant) {
        let due = self.waiting.get(&place).map(|(_, due)| *due);
        self.since_overdue = match due {
            Some(due) if due <= now => 0,
            _ => self.since_overdue.saturating_add(1),
        };
        self.leave(place);
    }

    /// When the call is overdue, if that is still to come.
    pub(super) fn due(&self, place: QueuePosition, now: Instant) -> Option<Instant> {
        let (_, due) = self.waiting.get(&place)?;
        Some(*due).filter(|due| *due > now)
    }
}

#[cfg(test)]
mod tests;
