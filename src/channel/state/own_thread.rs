//! `discord.auto_thread`: a mention gets a thread of its own, which starts from it.
//!
//! The channel has the message on record as one that waits until the thread has it on record. A bot that is killed meanwhile
//! finds it again, and the thread that may exist.

use super::{Effect, Now, State, thread_title::Sign};
use crate::{
    channel::QueueItem,
    chat::{ChatOp, OpError, OpId, Place},
    registry::state::ThreadTitle,
    snowflake::{ChannelId, MessageId},
};

impl State {
    /// Has a thread created for a message.
    pub(super) fn open_own_thread(&mut self, item: QueueItem) {
        let (Some(message), Some(words)) = (item.origin.message(), &item.thread) else {
            return;
        };
        let op = ChatOp::CreateThread {
            id: OpId::OwnThread(message),
            channel: self.channel,
            message: Some(message),
            title: Sign::Working.before(words),
            takes_existing: true,
        };
        self.recovery.for_threads.push(item);
        if self.record_waiting() {
            self.save();
        }
        self.chat(op);
    }

    /// Hands the message over to its thread. Without one it is answered here.
    pub(super) fn own_thread_created(
        &mut self,
        message: MessageId,
        thread: Result<Place, OpError>,
        now: Now,
    ) {
        let is_it = |item: &QueueItem| item.origin.message() == Some(message);
        let Some(at) = self.recovery.for_threads.iter().position(is_it) else {
            return;
        };
        match thread {
            Ok(place) => {
                let item = self.recovery.for_threads[at].clone();
                // Discord adds whoever creates a thread, which is the bot.
                self.chat(ChatOp::AddToThread {
                    thread: place.channel,
                    user: item.speaker.id,
                });
                let item = Box::new(QueueItem { place, ..item });
                self.effects.push(Effect::HandOver(item));
            }
            // The message is gone.
            Err(OpError::NotFound) => {
                let item = self.recovery.for_threads.remove(at);
                self.claim(&item, now);
                self.is_dirty = true;
            }
            Err(why) => {
                let why = match why {
                    OpError::Forbidden => "the bot lacks the permission Create Public Threads",
                    OpError::Invalid => "Discord accepts none here",
                    OpError::NotFound | OpError::Failed => "Discord did not create it",
                };
                tracing::warn!(channel = %self.channel, %message, why, "answered in the channel: there is no thread for the message");
                let item = self.recovery.for_threads.remove(at);
                self.requested(
                    QueueItem {
                        thread: None,
                        ..item
                    },
                    now,
                );
            }
        }
    }

    /// The message's thread has it on record.
    pub(super) fn handed_over(&mut self, message: MessageId, now: Now) {
        let is_it = |item: &mut QueueItem| item.origin.message() == Some(message);
        let handed_over = self.recovery.for_threads.extract_if(.., is_it);
        for item in handed_over.collect::<Vec<_>>() {
            self.claim(&item, now);
            self.is_dirty = true;
        }
    }

    /// This is the thread of a message, of which it is titled.
    pub(super) fn entitle(&mut self, words: String, channel: ChannelId, now: Now) {
        let sign = Sign::Working.emoji().to_owned();
        let title = &mut self.record_mut(now).state.title;
        title.get_or_insert(ThreadTitle {
            words,
            sign,
            channel,
        });
    }

    /// The channel that holds a message: the message that has this thread for itself is not in it.
    pub(super) fn holder(&self, message: MessageId) -> ChannelId {
        let record = self.record.as_ref();
        let title = record.and_then(|record| record.state.title.as_ref());
        let title = title.filter(|_| message.0 == self.channel.0);
        title.map_or(self.channel, |title| title.channel)
    }

    /// What a post here can reply to.
    pub(super) fn replies_to(&self, message: Option<MessageId>) -> Option<MessageId> {
        message.filter(|message| self.holder(*message) == self.channel)
    }

    /// Shows in the title what the thread does.
    pub(super) fn show_title(&mut self, now: Now) {
        let Some(title) = self.record.as_ref().and_then(|it| it.state.title.clone()) else {
            return;
        };
        let sign = self.sign();
        let began = self.renames.since(sign, now.mono);
        if title.sign == sign.emoji() {
            self.renames.due = None;
            return;
        }
        if !self.renames.may_show(sign, began, now.mono) {
            return;
        }
        self.effects.push(Effect::Rename {
            title: sign.before(&title.words),
            words: title.words,
        });
        if let Some(title) = self.record.as_mut().and_then(|it| it.state.title.as_mut()) {
            sign.emoji().clone_into(&mut title.sign);
            self.is_dirty = true;
        }
    }

    fn sign(&self) -> Sign {
        let is_working = self.turn.is_some() || !self.queue.is_empty() || self.background.is_busy();
        let state = self.record.as_ref().map(|record| &record.state);
        match state {
            Some(state) if is_working || !state.held.is_empty() || !state.open_turns.is_empty() => {
                Sign::Working
            }
            Some(state) if state.cut_off.iter().any(|cut| cut.cuts > 0) => Sign::Failed,
            _ => Sign::Done,
        }
    }
}
