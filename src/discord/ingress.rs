//! Turns what Discord delivers into events for the core.
//!
//! Nothing is awaited between the arrival of an event and its place in a queue, so that the order is kept.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use serenity::all::{
    self as discord, ChannelType, GuildChannel, Message, MessageUpdateEvent, TypingStartEvent,
};
use tokio::sync::{mpsc, watch};

use super::{
    backfill::{Backfill, HoldId},
    convert,
    form::AnyInteraction,
    history::{History, is_said},
    shard::Shard,
};
use crate::{
    channel::{LiveSettings, intake::Ignored, messages},
    chat::{
        ChannelChange, ChatEvent, ChatMessage, ChatOp, Delivery, InteractionKind, InteractionReply,
        Outbox, Place,
    },
    snowflake::ChannelId,
};

pub(super) struct Ingress {
    pub(super) events: mpsc::UnboundedSender<ChatEvent>,
    pub(super) outbox: Outbox,
    pub(super) settings: LiveSettings,
    pub(super) history: History,
    pub(super) backfill: Arc<Backfill>,
    pub(super) stopped: watch::Receiver<bool>,
    /// Whether the warning about empty messages has been logged.
    pub(super) warned: AtomicBool,
}

impl Ingress {
    /// Runs a task until the bot stops. What it holds, such as the registry, must be free then.
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let mut stopped = self.stopped.clone();
        tokio::spawn(async move {
            tokio::select! {
                () = task => {}
                _ = stopped.wait_for(|stopped| *stopped) => {}
            }
        });
    }

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
            let (channel, message) = (message.channel_id.into(), message.id.into());
            if self.backfill.take_own(channel, message) {
                self.send(ChatEvent::OwnMessage { channel, message });
            }
            return;
        }
        let channel = message.channel_id.into();
        if message.guild_id.is_none() && !self.history.directory.knows(channel) {
            self.history.directory.learn(&Place::channel(channel));
        }
        let (message, hold) = self.backfill.take(message);
        if let Some(hold) = hold {
            self.spawn(Arc::clone(self).look_up(channel, hold));
        }
        if let Some((message, delivery)) = message {
            self.deliver(message, delivery);
        }
    }

    /// Waits until a channel is known, and delivers the messages that wait for that.
    pub(super) async fn look_up(self: Arc<Self>, channel: ChannelId, hold: HoldId) {
        self.backfill.wait_until_known(channel).await;
        self.release(channel, hold);
    }

    /// Delivers the messages that wait in a channel.
    pub(super) fn release(&self, channel: ChannelId, hold: HoldId) {
        self.backfill.release(channel, hold, |message, delivery| {
            self.deliver(message, delivery);
        });
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
        let settings = self.settings.now();
        let requested = settings.intake.message(&message, Delivery::Live, bot);
        if !matches!(requested, Err(Ignored::Refused(_))) {
            self.backfill.mark_served(channel, requested.is_ok());
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

    /// Takes the state of a connection.
    pub(super) fn connected(&self, shard: Shard, is_connected: bool) {
        if self.backfill.connected(shard, is_connected) {
            self.send(ChatEvent::Disconnected);
        }
    }

    pub(super) fn edited(&self, event: MessageUpdateEvent) {
        let bot = self.history.bot();
        let is_own = event
            .author
            .as_ref()
            .is_some_and(|author| author.id.get() == bot.0);
        // A message that waits to be delivered takes over the edit itself.
        if is_own || self.backfill.edit(&event) {
            return;
        }
        if self.is_known(event.channel_id.into(), event.guild_id.is_some()) {
            let edit = convert::edit(event, bot, &self.history.directory);
            self.send(ChatEvent::MessageEdited(Box::new(edit)));
        }
    }

    pub(super) fn deleted(
        &self,
        channel: discord::ChannelId,
        guild: Option<discord::GuildId>,
        messages: &[discord::MessageId],
    ) {
        let place = convert::place(&self.history.directory, channel, guild);
        let messages: Vec<_> = messages.iter().map(|id| (*id).into()).collect();
        self.backfill.forget(place.channel, &messages);
        self.send(ChatEvent::MessagesDeleted { place, messages });
    }

    pub(super) fn typing(&self, event: &TypingStartEvent) {
        let (channel, guild) = (event.channel_id, event.guild_id);
        if self.is_known(channel.into(), guild.is_some()) {
            let place = convert::place(&self.history.directory, channel, guild);
            let author = convert::typist(event);
            self.send(ChatEvent::Typing { place, author });
        }
    }

    /// Takes an interaction. Nothing runs in a channel whose rules are not known.
    pub(super) fn interaction(&self, interaction: AnyInteraction) {
        let event = convert::interaction(interaction, self.history.bot(), &self.history.directory);
        let Some(ChatEvent::Interaction {
            place,
            author,
            interaction,
            kind,
        }) = event
        else {
            return;
        };
        let channel = place.channel;
        if self.is_known(channel, place.guild.is_some()) {
            return self.send(ChatEvent::Interaction {
                place,
                author,
                interaction,
                kind,
            });
        }
        tracing::warn!(%channel, "Discord does not say what this channel is, so nothing runs there");
        self.outbox.send(ChatOp::Reply {
            channel,
            interaction,
            reply: match kind {
                InteractionKind::Autocomplete { .. } => InteractionReply::Suggest(Vec::new()),
                _ => InteractionReply::Private(messages::PLACE_UNKNOWN.into()),
            },
        });
    }

    /// Remembers a channel or thread, and tells the core what happened to it.
    pub(super) fn channel(&self, channel: &GuildChannel, change: ChannelChange) {
        convert::learn(&self.history.directory, channel);
        let (id, guild) = (channel.id, channel.guild_id);
        let thread = channel.thread_metadata.as_ref();
        let change = match change {
            ChannelChange::Changed if thread.is_some_and(|thread| thread.archived) => {
                ChannelChange::Archived
            }
            change => change,
        };
        if channel.kind != ChannelType::Category {
            self.changed(id, guild, change);
        }
        let is_open = thread.is_none_or(|thread| !thread.locked);
        if change == ChannelChange::Changed && is_open {
            // Discord does not say what has changed. A thread may have been unlocked.
            self.permissions(guild, Some(id));
        }
    }

    pub(super) fn changed(
        &self,
        channel: discord::ChannelId,
        guild: discord::GuildId,
        change: ChannelChange,
    ) {
        let place = convert::place(&self.history.directory, channel, Some(guild));
        self.send(ChatEvent::Channel { place, change });
    }

    pub(super) fn permissions(&self, guild: discord::GuildId, channel: Option<discord::ChannelId>) {
        self.send(ChatEvent::PermissionsChanged {
            guild: guild.into(),
            channel: channel.map(Into::into),
        });
    }
}
