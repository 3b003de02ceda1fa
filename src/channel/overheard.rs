//! Messages that do not address Claude, in channels where it answers mentions only: the context of the next mention.

use std::{
    collections::{HashMap, VecDeque},
    fmt::Write as _,
};

use crate::{
    chat::ChatMessage,
    external::{Meanwhile, Quote, as_one_text, is_blank},
    snowflake::{ChannelId, MessageId, UserId},
};

/// For how many channels messages are kept.
const CHANNELS: usize = 1000;

/// The longest text that is kept of a message, in bytes.
const LONGEST: usize = 4000;

#[derive(Debug, Default)]
pub(super) struct Overheard {
    channels: HashMap<ChannelId, ChannelLog>,
}

#[derive(Debug, Default)]
struct ChannelLog {
    /// The newest messages of those who may talk to the bot, oldest first.
    messages: VecDeque<Heard>,
    older: usize,
    by_others: usize,
    /// The newest message that was heard, or taken with a mention.
    last: Option<MessageId>,
    /// Whether nothing that was said since the last mention is missing.
    is_complete: bool,
}

#[derive(Debug)]
struct Heard {
    id: MessageId,
    quote: Quote,
    /// Whether it is a person's text and nothing else, so that the text of an edit is all of it.
    is_text_only: bool,
}

impl Overheard {
    /// Keeps a message, the newest `most` of a channel. `is_allowed` says whether its author may talk to the bot.
    pub(super) fn hear(&mut self, message: &ChatMessage, is_allowed: bool, most: usize) {
        let channel = message.place.channel;
        if most == 0 {
            return;
        }
        if !self.channels.contains_key(&channel) && self.channels.len() >= CHANNELS {
            let oldest = self.channels.iter().min_by_key(|(_, heard)| heard.last);
            let oldest = oldest.map(|(channel, _)| *channel);
            self.channels.retain(|channel, _| Some(*channel) != oldest);
        }
        let heard = self.channels.entry(channel).or_default();
        // A connection that is resumed repeats messages.
        if heard.last >= Some(message.id) {
            return;
        }
        heard.last = Some(message.id);
        let context = &message.context;
        // What it shows is known when it is fetched.
        let is_unread = context.wanted.itself;
        match quote(message, None) {
            quote if is_blank(&quote.text) && !is_unread => {}
            _ if !is_allowed => heard.by_others += 1,
            quote => {
                heard.is_complete &= !is_unread;
                let author = &message.author;
                heard.messages.push_back(Heard {
                    id: message.id,
                    quote,
                    is_text_only: context.is_empty()
                        && context.stickers.is_empty()
                        && !author.is_bot
                        && !author.is_webhook,
                });
            }
        }
        while heard.messages.len() > most {
            heard.messages.pop_front();
            heard.older += 1;
        }
    }

    /// Takes over an edited text. A message that shows more than text is incomplete until it is fetched.
    pub(super) fn edit(&mut self, channel: ChannelId, message: MessageId, text: &str) {
        let Some(heard) = self.channels.get_mut(&channel) else {
            return;
        };
        if let Some(edited) = heard.messages.iter_mut().find(|it| it.id == message) {
            edited.quote.text = bounded(text.to_owned());
            heard.is_complete &= edited.is_text_only;
        }
    }

    /// Forgets messages that were deleted, or that ask for something now.
    pub(super) fn forget(&mut self, channel: ChannelId, messages: &[MessageId]) {
        if let Some(heard) = self.channels.get_mut(&channel) {
            heard.messages.retain(|it| !messages.contains(&it.id));
        }
    }

    /// What was said before a message that asks for something, and whether that is all.
    pub(super) fn take(&mut self, channel: ChannelId, message: MessageId) -> (Meanwhile, bool) {
        let heard = self.channels.entry(channel).or_default();
        let (messages, kept) = std::mem::take(&mut heard.messages)
            .into_iter()
            .partition(|it| it.id < message);
        heard.messages = kept;
        let messages: VecDeque<_> = messages;
        heard.last = heard.last.max(Some(message));
        let meanwhile = Meanwhile {
            messages: messages.into_iter().map(|it| it.quote).collect(),
            older: std::mem::take(&mut heard.older),
            by_others: std::mem::take(&mut heard.by_others),
        };
        (meanwhile, std::mem::replace(&mut heard.is_complete, true))
    }

    /// The connection was lost for so long that messages were missed.
    pub(super) fn missed(&mut self) {
        for heard in self.channels.values_mut() {
            heard.is_complete = false;
        }
    }
}

/// A message with everything it shows. `bot` is the bot's own user, if the message may be the bot's.
pub(super) fn quote(message: &ChatMessage, bot: Option<UserId>) -> Quote {
    let context = &message.context;
    let mut text = as_one_text(
        &message.text,
        context.shown.iter().cloned(),
        context.stickers.iter().map(String::as_str),
        context.forwards.iter().cloned(),
    );
    // The files of a quoted message have lines of their own.
    if bot.is_none() {
        for file in &context.files {
            let separator = if text.is_empty() { "" } else { "\n" };
            let _infallible = write!(text, "{separator}File: {}", file.name);
        }
    }
    Quote {
        author: message.author.id,
        name: message.author.name.clone(),
        is_own: Some(message.author.id) == bot,
        text: bounded(text),
    }
}

fn bounded(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(LONGEST));
    text
}

#[cfg(test)]
mod tests;
