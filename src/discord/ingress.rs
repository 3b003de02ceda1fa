//! The way in: turns what Discord delivers into events and hands them to the core.
//!
//! Nothing is awaited here between the arrival of an event and its place in a queue, so that the order is kept.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use serenity::all::{
    ChannelType, CommandInteraction, ComponentInteraction, GuildChannel, Message, MessageType,
    MessageUpdateEvent, ModalInteraction, PartialChannel, TypingStartEvent,
};
use tokio::sync::{mpsc, watch};

use super::{backfill::Backfill, convert};
use crate::{
    channel::{
        intake::{Ignored, Intake},
        messages,
    },
    chat::{
        ChannelChange, ChatEvent, ChatMessage, ChatOp, Delivery, Directory, InteractionReply,
        Outbox,
    },
    snowflake::{ChannelId, GuildId, MessageId, UserId},
};

/// Shared by everything that brings something.
pub(super) struct Ingress {
    pub(super) events: mpsc::UnboundedSender<ChatEvent>,
    pub(super) outbox: Outbox,
    pub(super) intake: Intake,
    pub(super) directory: Directory,
    pub(super) backfill: Arc<Backfill>,
    pub(super) bot: Arc<AtomicU64>,
    pub(super) stopped: watch::Receiver<bool>,
    /// Whether the warning about empty messages has been given.
    pub(super) warned: AtomicBool,
}

impl Ingress {
    pub(super) fn bot(&self) -> UserId {
        UserId(self.bot.load(Ordering::Relaxed))
    }

    /// Hands an event to the core.
    pub(super) fn send(&self, event: ChatEvent) {
        if *self.stopped.borrow() {
            return;
        }
        if self.events.send(event).is_err() {
            tracing::debug!("the bot is shutting down; an event is left to its next start");
        }
    }

    /// A message, live.
    pub(super) fn message(self: &Arc<Self>, message: Message) {
        if message.author.id.get() == self.bot().0 {
            return;
        }
        if let Some((message, delivery)) = self.backfill.take(message, self) {
            self.deliver(message, delivery);
        }
    }

    /// Hands a message to the core, unless it is none that the bot could answer.
    pub(super) fn deliver(&self, message: Message, delivery: Delivery) {
        if let Some((message, _)) = self.receive(message) {
            let message = Box::new(message);
            self.send(ChatEvent::Message { message, delivery });
        }
    }

    /// A message as the core gets it, and whether it requests something. `None` for one that the bot could not answer:
    /// its own, one of Discord's own notices, or one of a channel that is not known.
    pub(super) fn receive(&self, message: Message) -> Option<(ChatMessage, bool)> {
        let bot = self.bot();
        let is_regular = matches!(
            message.kind,
            MessageType::Regular | MessageType::InlineReply
        );
        if *self.stopped.borrow() || !is_regular || message.author.id.get() == bot.0 {
            return None;
        }
        let (id, channel) = (message.id, ChannelId(message.channel_id.get()));
        if !self.is_known(channel, message.guild_id.is_some()) {
            tracing::debug!(%channel, %id, "ignored a message of an unknown channel");
            return None;
        }
        let message = convert::message(message, bot, &self.directory);
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

    /// Whether it is known whose rules hold in a channel. In a direct message there are only the general ones.
    fn is_known(&self, channel: ChannelId, is_in_guild: bool) -> bool {
        !is_in_guild || self.directory.knows(channel)
    }

    /// A message was edited.
    pub(super) fn edited(&self, event: MessageUpdateEvent) {
        let is_own = event
            .author
            .as_ref()
            .is_some_and(|author| author.id.get() == self.bot().0);
        let channel = ChannelId(event.channel_id.get());
        if !is_own && self.is_known(channel, event.guild_id.is_some()) {
            let edit = convert::edit(event, self.bot(), &self.directory);
            self.send(ChatEvent::MessageEdited(Box::new(edit)));
        }
    }

    /// Messages were deleted.
    pub(super) fn deleted(
        &self,
        channel: serenity::all::ChannelId,
        guild: Option<serenity::all::GuildId>,
        messages: &[serenity::all::MessageId],
    ) {
        let messages = messages.iter().map(|id| MessageId(id.get())).collect();
        let place = convert::place(&self.directory, ChannelId(channel.get()), guild);
        self.send(ChatEvent::MessagesDeleted { place, messages });
    }

    /// Somebody is typing.
    pub(super) fn typing(&self, event: &TypingStartEvent) {
        let channel = ChannelId(event.channel_id.get());
        if self.is_known(channel, event.guild_id.is_some()) {
            self.send(ChatEvent::Typing {
                place: convert::place(&self.directory, channel, event.guild_id),
                user: UserId(event.user_id.get()),
            });
        }
    }

    /// A slash command.
    pub(super) fn command(&self, command: &CommandInteraction) {
        self.learn_partial(command.channel.as_ref(), command.guild_id);
        self.interaction(convert::command(command, &self.directory));
    }

    /// A slash command that is being typed.
    pub(super) fn autocomplete(&self, command: &CommandInteraction) {
        self.learn_partial(command.channel.as_ref(), command.guild_id);
        if let Some(event) = convert::autocomplete(command, &self.directory) {
            self.interaction(event);
        }
    }

    /// A press of a button, or a choice from a menu.
    pub(super) fn press(&self, press: &ComponentInteraction) {
        self.learn_partial(press.channel.as_ref(), press.guild_id);
        self.interaction(convert::press(press, &self.directory));
    }

    /// A submitted form.
    pub(super) fn form(&self, form: &ModalInteraction) {
        self.learn_partial(form.channel.as_ref(), form.guild_id);
        self.interaction(convert::form(form, &self.directory));
    }

    fn learn_partial(
        &self,
        channel: Option<&PartialChannel>,
        guild: Option<serenity::all::GuildId>,
    ) {
        if let Some(channel) = channel {
            convert::learn_partial(&self.directory, channel, guild);
        }
    }

    /// Nothing runs in a channel of which it is not known whose rules hold there.
    fn interaction(&self, event: ChatEvent) {
        let place = event.place();
        let unknown = place.filter(|place| !self.is_known(place.channel, place.guild.is_some()));
        let Some(channel) = unknown.map(|place| place.channel) else {
            return self.send(event);
        };
        tracing::warn!(%channel, "Discord does not tell what this channel is, so nothing is run there");
        if let Some(interaction) = event.interaction() {
            self.outbox.send(ChatOp::Reply {
                interaction: interaction.clone(),
                reply: InteractionReply::Private(messages::place_unknown()),
            });
        }
    }

    /// A channel or a thread was created, changed, or is told of for the first time.
    pub(super) fn channel(&self, channel: &GuildChannel, change: ChannelChange) {
        convert::learn(&self.directory, channel);
        let metadata = channel.thread_metadata.as_ref();
        let change = match change {
            ChannelChange::Changed if metadata.is_some_and(|metadata| metadata.archived) => {
                ChannelChange::Archived
            }
            change => change,
        };
        let id = ChannelId(channel.id.get());
        if channel.kind != ChannelType::Category {
            let place = convert::place(&self.directory, id, Some(channel.guild_id));
            self.send(ChatEvent::Channel { place, change });
        }
        if change == ChannelChange::Changed && metadata.is_none() {
            // Discord does not say what has changed; it may be who may do what.
            self.permissions(channel.guild_id, Some(id));
        }
    }

    /// A channel or a thread was deleted.
    pub(super) fn channel_deleted(
        &self,
        channel: serenity::all::ChannelId,
        guild: serenity::all::GuildId,
    ) {
        let place = convert::place(&self.directory, ChannelId(channel.get()), Some(guild));
        let change = ChannelChange::Deleted;
        self.send(ChatEvent::Channel { place, change });
    }

    /// What the bot may do may have changed.
    pub(super) fn permissions(&self, guild: serenity::all::GuildId, channel: Option<ChannelId>) {
        let guild = GuildId(guild.get());
        self.send(ChatEvent::PermissionsChanged { channel, guild });
    }
}
