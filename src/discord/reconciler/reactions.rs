//! A channel's reactions, sent one after the other: the last state of each message wins.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

use tokio::sync::mpsc;

use super::circuit_breaker::CircuitBreaker;
use crate::{
    discord::rest::{Call, Failed, Rest},
    snowflake::{ChannelId, MessageId},
};

/// How long one is tried. It is of no use much later.
const PATIENCE: Duration = Duration::from_secs(30);

/// How long a channel that refuses reactions gets none.
const REFUSED: Duration = Duration::from_hours(1);

/// Discord's codes for a channel in which the bot may not react (its developer docs, "JSON error codes"): missing
/// permissions, a blocked reaction, an unknown emoji.
const REFUSALS: [u64; 3] = [50_013, 90_001, 10_014];

/// An emoji to be added to a message, or removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Reaction {
    pub(super) message: MessageId,
    pub(super) emoji: String,
    pub(super) on: bool,
}

/// Serves a channel until its queue is closed and everything is sent.
pub(super) async fn serve(
    rest: Rest,
    channel: ChannelId,
    breaker: CircuitBreaker,
    mut queue: mpsc::UnboundedReceiver<Reaction>,
) {
    let mut pending = VecDeque::new();
    let mut refused: Option<Instant> = None;
    while let Some(next) = queue.recv().await {
        push(&mut pending, next);
        loop {
            while let Ok(next) = queue.try_recv() {
                push(&mut pending, next);
            }
            let Some(reaction) = pending.pop_front() else {
                break;
            };
            let now = Instant::now();
            if breaker.is_open(now) || refused.is_some_and(|since| now - since < REFUSED) {
                continue;
            }
            let Reaction { message, emoji, on } = &reaction;
            let call = Call::reaction(channel, *message, emoji, *on).patience(PATIENCE);
            let Err(failed) = rest.send(&call).await else {
                continue;
            };
            log(channel, &failed, refused.is_none());
            if *on && REFUSALS.contains(&failed.code) {
                refused = Some(Instant::now());
            }
        }
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

/// Adds a reaction to those that wait. One that undoes a waiting one cancels it.
fn push(pending: &mut VecDeque<Reaction>, next: Reaction) {
    let is_it = |other: &Reaction| other.message == next.message && other.emoji == next.emoji;
    let waiting = pending.iter().position(is_it);
    let undone = waiting.and_then(|at| pending.remove(at));
    if undone.is_none_or(|undone| undone.on == next.on) {
        pending.push_back(next);
    }
}

#[cfg(test)]
mod tests;
