//! Turns what Discord delivers into events for the core.
//!
//! Nothing is awaited between the arrival of an event and its place in a queue, so that the order is kept.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use serenity::all::{Interaction, Message, MessageType};
use tokio::sync::{mpsc, watch};

use super::{backfill::Backfill, convert, history::History};
use crate::{
    channel::{
        intake::{Ignored, Intake},
        messages,
    },
    chat::{ChatEvent, ChatMessage, ChatOp, Delivery, InteractionReply, Outbox},
    snowflake::ChannelId,
};

pub(super) struct Ingress {
    pub(super) events: mpsc::UnboundedSender<ChatEvent>,
    pub(super) outbox: Outbox,
    pub(super) intake: Intake,
    pub(super) history: History,
    pub(super) backfill: Arc<Backfill>,
    pub(super) stopped: watch::Receiver<bool>,
    /// Whether the warning about empty messages has been logged.
    pub(super) warned: AtomicBool,
}

impl Ingress {
    pub(super) fn send(&self, event: ChatEvent) {
        if *self.stopped.borrow() {
            return;
        }
        if self.events.send(event).is_err() {
            tracing::debug!("the bot is shutting down; an event is left to its next start");
        }
    }

    pub(super) fn message(self: &Arc<Self>, message: Message) {
        if message.author.id.get() == self.history.bot().0 {
            return;
        }
        if let Some((message, delivery)) = self.backfill.take(message, self) {
            self.deliver(message, delivery);
        }
    }

    /// Queues a message for the core, unless the bot cannot answer it.
    pub(super) fn deliver(&self, message: Message, delivery: Delivery) {
        if let Some((message, _)) = self.receive(message) {
            let message = Box::new(message);
            self.send(ChatEvent::Message { message, delivery });
        }
    }

    /// Converts a message, and says whether it asks for something. `None` for one that the bot cannot answer: its own,
    /// a notice of Discord's, or one in an unknown channel.
    pub(super) fn receive(&self, message: Message) -> Option<(ChatMessage, bool)> {
        let bot = self.history.bot();
        if *self.stopped.borrow() || !is_said(&message) || message.author.id.get() == bot.0 {
            return None;
        }
        let (id, channel) = (message.id, ChannelId::from(message.channel_id));
        if !self.is_known(channel, message.guild_id.is_some()) {
            tracing::debug!(%channel, %id, "ignored a message in an unknown channel");
            return None;
        }
        let message = convert::message(message, bot, &self.history.directory);
        let requested = self.intake.message(&message, Delivery::Live, bot);
        if !matches!(requested, Err(Ignored::Refused(_))) {
            self.backfill.serves(channel, requested.is_ok());
        }
        if matches!(requested, Err(Ignored::NoContent))
            && !self.warned.swap(true, Ordering::Relaxed)
        {
            tracing::warn!(
                "messages arrive empty: the message content intent is off (Developer Portal: your application, \
                 \"Bot\", \"Privileged Gateway Intents\")"
            );
        }
        Some((message, requested.is_ok()))
    }

    /// Whether the rules for a channel are known. A direct message has only the general ones.
    fn is_known(&self, channel: ChannelId, is_in_guild: bool) -> bool {
        !is_in_guild || self.history.directory.knows(channel)
    }

    /// Takes a slash command or a press. Nothing runs in a channel whose rules are not known.
    pub(super) fn interaction(&self, interaction: Interaction) {
        let event = convert::interaction(interaction, &self.history.directory);
        let Some(event) = event else { return };
        match event {
            ChatEvent::Command {
                place, interaction, ..
            }
            | ChatEvent::Press {
                place, interaction, ..
            } if !self.is_known(place.channel, place.guild.is_some()) => {
                let channel = place.channel;
                tracing::warn!(%channel, "Discord does not say what this channel is, so nothing runs there");
                self.outbox.send(ChatOp::Reply {
                    channel,
                    interaction,
                    reply: InteractionReply::Private(messages::place_unknown()),
                });
            }
            event => self.send(event),
        }
    }
}

/// Whether somebody wrote the message, other than Discord itself.
pub(super) fn is_said(message: &Message) -> bool {
    matches!(
        message.kind,
        MessageType::Regular | MessageType::InlineReply
    )
}
