//! What comes in, by whichever way: sorted out, and handed to the channels.
//!
//! Nothing here is awaited between the arrival of an event and its place in a queue, so that the order is kept. What
//! has to be fetched first, because a button was pressed, was out of order anyway.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering},
};

use serenity::all::{
    CommandInteraction, ComponentInteraction, Message, MessageType, PartialChannel,
};
use tokio::sync::watch;

use super::{
    again,
    convert::{self, delivered, presser, used},
    gateway::Gateway,
    intake::Passed,
    missed::Missed,
    outbox::Reception,
    rest::Rest,
};
use crate::{
    channel::{Inbound, Origin, Utterance, Via, words},
    snowflake::{ChannelId, GuildId, MessageId, UserId},
};

/// The way in, shared by all that brings something.
pub(super) struct Entrance {
    pub(super) gateway: Arc<Gateway>,
    pub(super) rest: Rest,
    pub(super) missed: Arc<Missed>,
    pub(super) bot: Arc<AtomicU64>,
    pub(super) stopped: watch::Receiver<bool>,
    /// Whether the warning about empty messages has been given.
    pub(super) warned: AtomicBool,
}

impl Entrance {
    fn bot(&self) -> UserId {
        UserId(self.bot.load(Ordering::Relaxed))
    }

    /// A message, live.
    pub(super) fn take_message(self: &Arc<Self>, message: Message) {
        if message.author.id.get() == self.bot().0 {
            return;
        }
        let Some((message, via)) = self.missed.take(message, self) else {
            return;
        };
        if let Some(mut inbound) = self.admit(message) {
            inbound.item.via = via;
            self.pass_on(inbound);
        }
    }

    /// What a message wants, if it is one that the bot answers.
    pub(super) fn admit(&self, message: Message) -> Option<Inbound> {
        let bot = self.bot();
        let wanted = matches!(
            message.kind,
            MessageType::Regular | MessageType::InlineReply
        );
        if *self.stopped.borrow() || !wanted || message.author.id.get() == bot.0 {
            return None;
        }
        let (id, channel) = (message.id, message.channel_id);
        if !self.is_known(ChannelId(channel.get()), message.guild_id.is_some()) {
            tracing::debug!(%channel, %id, "message of an unknown channel passed over");
            return None;
        }
        let taken = self.gateway.intake.message(delivered(message, bot), bot);
        if !matches!(taken, Err(Passed::Refused(_))) {
            self.missed.serves(ChannelId(channel.get()), taken.is_ok());
        }
        match taken {
            Ok(inbound) => return Some(inbound),
            Err(Passed::NoContent) if !self.warned.swap(true, Ordering::Relaxed) => tracing::warn!(
                "messages arrive empty: the message content intent is off (Developer Portal: your \
                 application, \"Bot\", \"Privileged Gateway Intents\")"
            ),
            Err(passed) => tracing::debug!(%channel, %id, ?passed, "message passed over"),
        }
        None
    }

    /// Whether it is known whose rules hold in a channel. In a direct message there are none but the general ones.
    fn is_known(&self, channel: ChannelId, is_in_guild: bool) -> bool {
        !is_in_guild || self.gateway.intake.threads.knows(channel)
    }

    /// Learns from an interaction what its channel is, and says whether that is known now.
    fn knows_place(
        &self,
        channel: ChannelId,
        told: Option<&PartialChannel>,
        is_in_guild: bool,
    ) -> bool {
        if let Some(told) = told.filter(|told| told.id.get() == channel.0) {
            convert::learn_partial(&self.gateway.intake.threads, told);
        }
        let is_known = self.is_known(channel, is_in_guild);
        if !is_known {
            tracing::warn!(%channel, "Discord does not tell what this channel is, so nothing is run there");
        }
        is_known
    }

    /// A slash command.
    pub(super) fn take_command(&self, command: &CommandInteraction) {
        if *self.stopped.borrow() {
            return;
        }
        let (id, token) = (command.id.get(), command.token.clone());
        let (channel, told) = (ChannelId(command.channel_id.get()), &command.channel);
        if !self.knows_place(channel, told.as_ref(), command.guild_id.is_some()) {
            self.gateway.outbox.receive(id, token, Reception::Refused);
            return;
        }
        match self.gateway.intake.slash(used(command)) {
            Ok(inbound) => {
                self.gateway.outbox.receive(id, token, Reception::Thinking);
                self.pass_on(inbound);
            }
            Err(passed) => {
                tracing::debug!(channel = %command.channel_id, ?passed, "slash command refused");
                self.gateway.outbox.receive(id, token, Reception::Refused);
            }
        }
    }

    /// A button.
    pub(super) fn take_press(self: &Arc<Self>, press: &ComponentInteraction) {
        let Some(message) = again::pressed(&press.data.custom_id) else {
            tracing::debug!(channel = %press.channel_id, "a button of another kind");
            return;
        };
        if *self.stopped.borrow() {
            return;
        }
        let (id, token) = (press.id.get(), press.token.clone());
        let channel = ChannelId(press.channel_id.get());
        let guild = press.guild_id.map(|guild| GuildId(guild.get()));
        if !self.knows_place(channel, press.channel.as_ref(), guild.is_some()) {
            self.gateway.outbox.receive(id, token, Reception::Refused);
            return;
        }
        let presser = match self.gateway.intake.admit(presser(press), channel, guild) {
            Ok(presser) => presser,
            Err(passed) => {
                tracing::debug!(%channel, ?passed, "button refused");
                self.gateway.outbox.receive(id, token, Reception::Refused);
                return;
            }
        };
        // Discord waits three seconds for this, so it goes by what is on record. The channel is the judge.
        let record = self.gateway.registry.view().get(channel);
        let cut_off = record.and_then(|record| {
            let mut cut_off = record.state.cut_off.into_iter();
            cut_off.find(|cut| cut.message == message)
        });
        let reception = match cut_off {
            None => Reception::Served,
            Some(cut) if cut.author != presser.id && !presser.role.is_admin() => {
                Reception::NotYours
            }
            Some(_) => Reception::Pressed,
        };
        self.gateway.outbox.receive(id, token, reception);
        let notice = MessageId(press.message.id.get());
        match reception {
            Reception::Pressed => {
                let via = Via::Again { press: id, notice };
                tokio::spawn(Arc::clone(self).again(channel, message, via, notice));
            }
            Reception::Served => self.unbutton(channel, notice),
            Reception::Thinking | Reception::Refused | Reception::NotYours => {}
        }
    }

    /// Fetches a message that was cut off, and has it run again as its author's.
    async fn again(
        self: Arc<Self>,
        channel: ChannelId,
        message: MessageId,
        via: Via,
        notice: MessageId,
    ) {
        let fetched = self.missed.fetch(channel, message).await;
        let inbound = match fetched {
            Ok(found) => self.admit(found),
            Err(failed) if failed.status == Some(404) => None,
            Err(failed) => {
                tracing::warn!(%channel, reason = failed.reason, "a message that was cut off could not be fetched");
                self.say(channel, words::message_unread());
                return;
            }
        };
        match inbound {
            Some(mut inbound) if inbound.item.origin == Origin::Message(message) => {
                inbound.item.via = via;
                self.pass_on(inbound);
            }
            _ => {
                self.say(channel, words::message_gone());
                self.unbutton(channel, notice);
            }
        }
    }

    fn unbutton(&self, channel: ChannelId, notice: MessageId) {
        self.gateway
            .outbox
            .utter(Utterance::Unbutton { channel, notice });
    }

    /// Hands something to its channel.
    pub(super) fn pass_on(&self, inbound: Inbound) {
        if self.gateway.inbound.send(inbound).is_err() {
            tracing::debug!("the bot is going down; a message is left to its next start");
        }
    }

    /// Says something of the bot's own accord.
    pub(super) fn say(&self, channel: ChannelId, text: String) {
        self.gateway.outbox.utter(Utterance::Say {
            channel,
            to: None,
            text,
        });
    }
}
