//! Messages that are edited or deleted, and channels that are deleted.

use chrono::{TimeDelta, Utc};

use super::Hub;
use crate::{
    channel::{
        messages,
        state::{Edit, Event, ShutdownStage},
    },
    chat::{ChatOp, Delivery, MessageEdit, OpError, OpId, OpResult, Place},
    snowflake::{ChannelId, MessageId},
};

/// Edits of older messages are ignored.
const EDITED_WITHIN: TimeDelta = TimeDelta::days(1);

impl Hub {
    /// Passes an edit of a known message on. A message that is unknown and mentions the bot now is fetched and run.
    pub(super) fn edited(&mut self, edit: &MessageEdit) {
        let (channel, message) = (edit.place.channel, edit.id);
        // Without it the service only changed how it shows the message.
        let Some(_) = edit.edited_at else { return };
        if message < MessageId::at(Utc::now() - EDITED_WITHIN) {
            return;
        }
        if let Some(text) = &edit.text {
            self.overheard.edit(channel, message, text);
        }
        let Ok((speaker, request)) = self.intake().edit(edit, self.bot) else {
            return;
        };
        if self.dedup.knows(message) {
            let edit = Edit {
                message,
                speaker,
                request,
            };
            self.send(self.runs_in(channel, message), Event::Edited(edit));
        } else if edit.mentions_bot == Some(true) {
            self.overheard.forget(channel, &[message]);
            let id = OpId::Edit(message);
            if self.edits.insert(id) {
                self.shared.outbox.send(ChatOp::FetchMessage {
                    id,
                    channel,
                    holder: channel,
                    message,
                });
            }
        }
    }

    /// Runs a message that an edit addressed to the bot.
    pub(super) fn edit_fetched(
        &mut self,
        channel: ChannelId,
        id: OpId,
        result: &Result<OpResult, OpError>,
        stage: ShutdownStage,
    ) {
        self.edits.remove(&id);
        match result {
            // The next start may still see it.
            _ if stage > ShutdownStage::Running => {}
            Ok(OpResult::Message(message)) => {
                match self.intake().message(message, Delivery::Live, self.bot) {
                    Ok(item) if self.dedup.admit_edited(&item) => self.pass_on_admitted(item),
                    Ok(_) => tracing::debug!(%channel, "an edited message was run before"),
                    Err(ignored) => tracing::debug!(%channel, ?ignored, "message ignored"),
                }
            }
            Ok(_) | Err(OpError::NotFound) => {}
            Err(_) => self.say(channel, messages::EDIT_NOT_FETCHED),
        }
    }

    pub(super) fn deleted(&mut self, place: &Place, messages: Vec<MessageId>) {
        self.overheard.forget(place.channel, &messages);
        let is_here = |message: &&MessageId| message.0 != place.channel.0;
        for message in messages.iter().filter(is_here) {
            self.tell(ChannelId(message.0), Event::Deleted(vec![*message]));
        }
        self.tell(place.channel, Event::Deleted(messages));
    }

    /// Where a message of this channel runs: in its own thread, if it has one.
    fn runs_in(&self, channel: ChannelId, message: MessageId) -> ChannelId {
        let thread = ChannelId(message.0);
        let record = self.shared.registry.view().get(thread);
        let has_message = record.is_some_and(|record| record.state.title.is_some());
        if has_message && self.shared.directory.parent(thread) == Some(channel) {
            thread
        } else {
            channel
        }
    }

    /// Tells a deleted channel, and those of its threads that are active.
    pub(super) fn channel_gone(&mut self, gone: ChannelId) {
        self.tell(gone, Event::ChannelGone);
        for thread in self.active_threads(gone) {
            self.tell(thread, Event::ChannelGone);
        }
    }
}
