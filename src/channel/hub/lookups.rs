//! What belongs to a message and was not delivered with it: the message replied to, what was said before.

use super::Hub;
use crate::{
    channel::{
        intake::Ignored,
        overheard::{self, Overheard},
        request::{QueueItem, Request, Source},
        state::{Event, LookupResult, ShutdownStage, Unavailable},
    },
    chat::{ChatMessage, Delivery, OpError, OpId, OpResult, Place},
    external::Meanwhile,
    snowflake::{ChannelId, MessageId},
};

impl Hub {
    pub(super) fn op_done(
        &mut self,
        channel: ChannelId,
        id: OpId,
        result: Result<OpResult, OpError>,
        stage: ShutdownStage,
    ) {
        match id {
            OpId::HostCall(_) => {
                let result = match result {
                    Ok(OpResult::Done) => Ok(None),
                    result => result.and_then(|it| self.intake().excerpt(&it, self.bot).map(Some)),
                };
                self.tell(channel, Event::CallOpDone { id, result });
            }
            OpId::Rebuild => {
                let history = result.and_then(|it| self.intake().conversation(&it, self.bot));
                self.tell(channel, Event::HistoryFetched(history));
            }
            OpId::Lookup(..) => self.looked_up(channel, id, result),
            OpId::Fork(asker, _) => {
                let thread = created(result);
                self.tell(asker, Event::ThreadCreated { id, thread });
            }
            OpId::OwnThread(message) => {
                let thread = created(result);
                self.tell(channel, Event::OwnThreadCreated { message, thread });
            }
            OpId::Approver(user) => self.approver_reached(channel, user, &result),
            OpId::Warning(user) => self.warn(user, &result),
            OpId::Edit(_) => self.edit_fetched(channel, id, &result, stage),
            OpId::Press(_) | OpId::Held(_) => self.retry_fetched(channel, id, result, stage),
        }
    }

    /// Runs a message again whose button was pressed, or that has waited.
    fn retry_fetched(
        &mut self,
        channel: ChannelId,
        press: OpId,
        result: Result<OpResult, OpError>,
        stage: ShutdownStage,
    ) {
        let why = match result {
            Ok(OpResult::Message(mut message)) => {
                // Who pressed the button wants it answered, even if it mentions the bot no longer.
                message.mentions_bot = true;
                match self.intake().message(&message, Delivery::Live, self.bot) {
                    Ok(item) => {
                        // The message that has a thread for itself is not in it.
                        let place = self.shared.directory.place(channel);
                        let place = place.filter(|place| place.parent == Some(item.place.channel));
                        let item = QueueItem {
                            source: Source::Retry { press },
                            place: place.unwrap_or(item.place),
                            thread: None,
                            ..item
                        };
                        let item = match press {
                            // It was accepted before a restart.
                            OpId::Held(_) => Some(item),
                            _ => self.admit(item),
                        };
                        if let Some(item) = item.filter(|_| stage == ShutdownStage::Running) {
                            if let Some(item) = self.postable(item) {
                                self.queue(item);
                            }
                            return;
                        }
                        Unavailable::NotFetched
                    }
                    Err(_) => Unavailable::Refused,
                }
            }
            Ok(_) => return,
            Err(OpError::NotFound) => Unavailable::Deleted,
            Err(_) => Unavailable::NotFetched,
        };
        self.tell(channel, Event::RetryUnavailable { press, why });
    }

    /// Tells the channel of a message that is not for the bot: it may answer a question.
    pub(super) fn offer_as_answer(&mut self, message: &ChatMessage, ignored: Ignored) {
        let is_text = ignored == Ignored::NotAddressed && message.context.is_empty();
        let speaker = self.intake().admit(&message.author, &message.place);
        if let (true, Ok(speaker)) = (is_text, speaker) {
            let event = Event::Overheard {
                message: message.id,
                speaker,
                text: message.text.clone(),
            };
            self.tell(message.place.channel, event);
        }
    }

    /// Keeps a message that asks for nothing as context of the next one that does.
    pub(super) fn overhear(&mut self, message: &ChatMessage, ignored: Ignored) {
        let most = self.intake().context_messages(&message.place);
        let is_allowed = !matches!(ignored, Ignored::Refused(_));
        self.overheard.hear(message, is_allowed, most);
    }

    /// Adds to a message what was said before it.
    pub(super) fn add_overheard(&mut self, item: &mut QueueItem) {
        let most = self.intake().context_messages(&item.place);
        let message = item.origin.message().filter(|_| most > 0);
        if let (Some(message), Request::Prompt { context, .. }) = (message, &mut item.request) {
            let (meanwhile, is_all) = self.overheard.take(item.place.channel, message);
            context.meanwhile = meanwhile;
            context.wanted.meanwhile = !is_all;
        }
    }

    /// Passes on what a turn has looked up.
    fn looked_up(&mut self, channel: ChannelId, id: OpId, result: Result<OpResult, OpError>) {
        let found = result.and_then(|result| match result {
            OpResult::Message(message) => Ok(LookupResult::Message {
                is_allowed: message.author.id == self.bot
                    || self.intake().admit(&message.author, &message.place).is_ok(),
                quote: overheard::quote(&message, Some(self.bot)),
                context: message.context,
            }),
            OpResult::History(messages) => {
                Ok(LookupResult::Meanwhile(self.meanwhile(channel, &messages)))
            }
            _ => Err(OpError::Failed),
        });
        self.tell(channel, Event::LookedUp { id, found });
    }

    /// What was said since the bot's last message, or since the last message to it.
    fn meanwhile(&self, channel: ChannelId, messages: &[ChatMessage]) -> Meanwhile {
        let mut heard = Overheard::default();
        let mut newest: Vec<_> = Vec::new();
        for message in messages.iter().rev() {
            // What a thread starts from is looked up by itself.
            if message.author.id == self.bot || message.id.0 == channel.0 {
                break;
            }
            match self.intake().message(message, Delivery::Live, self.bot) {
                Ok(item) if matches!(item.request, Request::Prompt { .. }) => break,
                Ok(_) => {}
                Err(ignored) => newest.push((message, ignored)),
            }
        }
        let Some((last, _)) = newest.first() else {
            return Meanwhile::default();
        };
        let (channel, most) = (
            last.place.channel,
            self.intake().context_messages(&last.place),
        );
        for (message, ignored) in newest.into_iter().rev() {
            let is_allowed = !matches!(ignored, Ignored::Refused(_));
            heard.hear(message, is_allowed, most);
        }
        heard.take(channel, MessageId(u64::MAX)).0
    }
}

fn created(result: Result<OpResult, OpError>) -> Result<Place, OpError> {
    match result? {
        OpResult::ThreadCreated(thread) => Ok(thread),
        _ => Err(OpError::Failed),
    }
}
