//! One reaction on a person's message shows the message's status.

use std::time::Duration;

use super::{
    Now, State,
    message_status::{MOST_TRACKED, Mark, MessageStatus},
};
use crate::{
    channel::{Origin, QueueItem, Source},
    chat::{ChatOp, Delivery},
    snowflake::MessageId,
};

/// How soon after its beginning a turn shows that it runs. A shorter one does not.
const DEBOUNCE: Duration = Duration::from_millis(500);

impl State {
    /// A message waits.
    pub(super) fn mark_waiting(&mut self, item: &QueueItem, now: Now) {
        if item.source == Source::Chat(Delivery::Backfill) {
            // A crash may have left this.
            self.assume(item.origin, MessageStatus::Waiting, now);
        }
        self.mark(item.origin, MessageStatus::Waiting, now);
    }

    pub(super) fn mark_working(&mut self, origin: Origin, now: Now) {
        if self.recovery.retried.is_some() {
            self.assume(origin, MessageStatus::Failed, now);
        }
        self.mark(origin, MessageStatus::Working, now);
    }

    /// The message's answer is there, before its turn is over. That it runs is not shown any more if it is not shown yet.
    pub(super) fn mark_answered(&mut self, message: MessageId) {
        let mark = self.reactions.0.get_mut(&message);
        let is_early = |mark: &&mut Mark| {
            mark.wanted == Some(MessageStatus::Working)
                && mark.shown != Some(MessageStatus::Working)
        };
        if let Some(mark) = mark.filter(is_early) {
            mark.wanted = None;
            mark.due = Some(mark.since);
        }
    }

    /// The message's turn failed.
    pub(super) fn mark_failed(&mut self, message: MessageId) {
        if let Some(mark) = self.reactions.0.get_mut(&message) {
            mark.wanted = Some(MessageStatus::Failed);
            mark.due = Some(mark.since);
        }
    }

    /// A restart cut the message's turn off.
    pub(super) fn mark_cut_off(&mut self, message: MessageId, now: Now) {
        self.assume(Origin::Message(message), MessageStatus::Working, now);
        self.mark(Origin::Message(message), MessageStatus::Failed, now);
    }

    /// Nothing more happens to the message.
    pub(super) fn mark_done(&mut self, origin: Origin) {
        let message = origin.message();
        let held = self.record.as_ref().map(|record| &record.state.held);
        let is_kept = |message: &MessageId| held.is_some_and(|held| held.contains(message));
        let message = message.filter(|message| !is_kept(message));
        let mark = message.and_then(|message| self.reactions.0.get_mut(&message));
        if let Some(mark) = mark.filter(|mark| mark.wanted != Some(MessageStatus::Failed)) {
            mark.wanted = Some(MessageStatus::Done);
            mark.due = Some(mark.since);
        }
    }

    fn assume(&mut self, origin: Origin, shown: MessageStatus, now: Now) {
        if let Some(mark) = self.mark_of(origin, now) {
            mark.shown = mark.shown.or(Some(shown));
        }
    }

    fn mark(&mut self, origin: Origin, status: MessageStatus, now: Now) {
        if let Some(mark) = self.mark_of(origin, now) {
            let delay = match status {
                MessageStatus::Working => DEBOUNCE,
                _ => Duration::ZERO,
            };
            mark.wanted = Some(status);
            mark.since = now.mono;
            mark.due = Some(now.mono + delay);
        }
    }

    /// `None` for what cannot have a reaction.
    fn mark_of(&mut self, origin: Origin, now: Now) -> Option<&mut Mark> {
        let message = origin
            .message()
            .filter(|_| self.config.discord.reactions.enabled)?;
        let marks = &mut self.reactions.0;
        if marks.len() >= MOST_TRACKED && !marks.contains_key(&message) {
            marks.pop_first();
        }
        Some(marks.entry(message).or_insert(Mark {
            shown: None,
            wanted: None,
            since: now.mono,
            due: None,
        }))
    }

    /// Shows what is due.
    pub(super) fn show_reactions(&mut self, now: Now) {
        if self.reactions.0.is_empty() {
            return;
        }
        let settings = self.config.discord.reactions.clone();
        let emoji = |status: Option<MessageStatus>| {
            let emoji = match status? {
                MessageStatus::Waiting => &settings.waiting,
                MessageStatus::Working => &settings.working,
                MessageStatus::Failed => &settings.failed,
                MessageStatus::Done => &settings.done,
            };
            (!emoji.is_empty()).then(|| emoji.clone())
        };
        let mut ops = Vec::new();
        for (message, mark) in &mut self.reactions.0 {
            if mark.due.take_if(|due| now.mono >= *due).is_none() {
                continue;
            }
            let (before, after) = (emoji(mark.shown), emoji(mark.wanted));
            if before != after {
                ops.extend(before.map(|emoji| (*message, emoji, false)));
                ops.extend(after.map(|emoji| (*message, emoji, true)));
            }
            mark.shown = mark.wanted;
        }
        self.reactions
            .0
            .retain(|_, mark| mark.due.is_some() || mark.shown != Some(MessageStatus::Done));
        for (message, emoji, on) in ops {
            let channel = self.holder(message);
            self.chat(ChatOp::React {
                id: None,
                channel,
                message,
                emoji,
                on,
            });
        }
    }
}
