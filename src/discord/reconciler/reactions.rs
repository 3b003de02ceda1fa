//! A channel's reactions, sent one after the other: the last state of each message wins.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use tokio::sync::mpsc;

use super::{
    circuit_breaker::CircuitBreaker,
    crew::{Queue, Serve},
};
use crate::{
    chat::{ChatEvent, OpError, OpId, OpResult},
    discord::rest::{Call, Class, Failed, Rest},
    snowflake::{ChannelId, MessageId},
};

/// How long one is tried. It is of no use much later.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long a channel that refuses reactions gets none.
const REFUSED: Duration = Duration::from_hours(1);

/// Discord's codes for a channel in which the bot may not react (its developer docs, "JSON error codes"): missing
/// permissions, a blocked reaction, an unknown emoji.
const REFUSALS: [u64; 3] = [50_013, 90_001, UNKNOWN_EMOJI];
const UNKNOWN_EMOJI: u64 = 10_014;

/// An emoji to be added to a message, or removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reaction {
    pub(super) message: MessageId,
    pub(super) emoji: String,
    pub(super) on: bool,
    /// Names the operation whose result is awaited.
    pub(super) id: Option<OpId>,
}

/// Serves a channel.
pub(super) struct Reactions {
    rest: Rest,
    channel: ChannelId,
    breaker: CircuitBreaker,
    events: mpsc::UnboundedSender<ChatEvent>,
    pending: VecDeque<Reaction>,
    /// When the channel refused one.
    refused: Option<Instant>,
}

impl Reactions {
    pub(super) fn new(
        rest: Rest,
        channel: ChannelId,
        breaker: CircuitBreaker,
        events: mpsc::UnboundedSender<ChatEvent>,
    ) -> Self {
        Self {
            rest,
            channel,
            breaker,
            events,
            pending: VecDeque::new(),
            refused: None,
        }
    }

    async fn react(&mut self, reaction: Reaction) {
        let channel = self.channel;
        let Reaction {
            message,
            emoji,
            on,
            id,
        } = &reaction;
        let now = Instant::now();
        let is_refused = self.refused.is_some_and(|since| now - since < REFUSED);
        let result = if self.breaker.is_open(now) || is_refused {
            Err(OpError::Forbidden)
        } else {
            // Claude waits for the result of its own.
            let class = id.map_or(Class::Reaction, |_| Class::Answer);
            let call = Call::reaction(channel, *message, emoji, *on).class(class);
            let call = call.patience(PATIENCE);
            self.rest.send(&call).await.map_err(|failed| {
                log(channel, &failed, self.refused.is_none());
                // The emoji that Claude chose says nothing of those that are configured.
                let is_lasting = failed.code != UNKNOWN_EMOJI || id.is_none();
                if *on && is_lasting && REFUSALS.contains(&failed.code) {
                    self.refused = Some(Instant::now());
                }
                error(&failed)
            })
        };
        if let Some(id) = *id {
            let result = result.map(|_| OpResult::Done);
            // At shutdown nobody waits for it.
            drop(self.events.send(ChatEvent::OpDone {
                channel,
                id,
                result,
            }));
        }
    }
}

impl Serve for Reactions {
    type Work = Reaction;

    async fn serve(&mut self, queue: &mut Queue<Reaction>) {
        loop {
            while let Ok(next) = queue.try_recv() {
                push(&mut self.pending, next);
            }
            let Some(reaction) = self.pending.pop_front() else {
                self.pending = VecDeque::new();
                return;
            };
            self.react(reaction).await;
        }
    }
}

fn error(failed: &Failed) -> OpError {
    match (failed.code, failed.status) {
        (UNKNOWN_EMOJI, _) => OpError::Invalid,
        (90_001, _) | (_, Some(403)) => OpError::Forbidden,
        (_, Some(404)) => OpError::NotFound,
        _ => OpError::Failed,
    }
}

fn log(channel: ChannelId, failed: &Failed, is_first: bool) {
    let reason = &failed.reason;
    if REFUSALS.contains(&failed.code) && is_first {
        tracing::warn!(%channel, reason, "this channel does not allow the bot's reactions, so it gets none");
    } else {
        tracing::debug!(%channel, reason, "a reaction failed");
    }
}

/// Adds a reaction to those that wait. One that undoes a waiting one cancels it, unless its result is awaited.
fn push(pending: &mut VecDeque<Reaction>, next: Reaction) {
    let is_it = |other: &Reaction| {
        let is_same = other.message == next.message && other.emoji == next.emoji;
        is_same && other.id.is_none() && next.id.is_none()
    };
    let waiting = pending.iter().position(is_it);
    let undone = waiting.and_then(|at| pending.remove(at));
    if undone.is_none_or(|undone| undone.on == next.on) {
        pending.push_back(next);
    }
}

#[cfg(test)]
mod tests;
